// Training steps on the micro variant: small enough to run forty of them.
#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/zeros.h>

#include <filesystem>

#include "initial_weights.h"
#include "io/checkpoint.h"
#include "model/model_loader.h"
#include "run_folder.h"
#include "trainer.h"
// Last: Check's macros get in the way of C++ headers.
#include "support/refusal.h"
#include "support/run_tests.h"

using namespace sam2;
using namespace sam2::train;

namespace {

const PictureLibrary &no_pictures() {
  static const PictureLibrary library = PictureLibrary::load("");
  return library;
}

BatchSettings small_batches(int frames) {
  BatchSettings settings;
  settings.composer.side = 64;
  settings.composer.frames = frames;
  settings.composer.max_objects = 2;
  settings.clips = 2;
  settings.seed = 5;
  return settings;
}

TrainerSettings short_run() {
  TrainerSettings settings;
  settings.iterations = 40;
  settings.warmup = 5;
  settings.is_mixed = false;
  return settings;
}

Trainer make_trainer(const TrainerSettings &settings = short_run()) {
  Sam2Network network(*find_config("sam2.1-micro"));
  initialise(network, settings.seed);
  return Trainer(std::move(network), settings, at::kCPU);
}

std::vector<double> losses(Trainer &trainer, int64_t until, int workers) {
  BatchQueue batches(no_pictures(), small_batches(3), trainer.iteration(),
                     workers);
  std::vector<double> out;
  while (trainer.iteration() < until)
    out.push_back(trainer.step(batches.next()).loss);
  return out;
}

std::string empty_folder(const char *name) {
  const std::string folder = std::string(TEST_OUTPUT_FOLDER) + "/" + name;
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

START_TEST(test_interrupted_run_goes_on_to_the_same_losses_and_weights) {
  Trainer whole = make_trainer();
  std::vector<double> expected = losses(whole, 40, 1);

  const std::string folder = empty_folder("resume");
  Trainer first = make_trainer();
  std::vector<double> found = losses(first, 17, 2);
  save_checkpoint(folder, first, "run");
  Trainer second = make_trainer();
  ck_assert(resume(folder, second, "run"));
  for (double loss : losses(second, 40, 3)) found.push_back(loss);

  ck_assert_uint_eq(found.size(), expected.size());
  for (size_t i = 0; i < found.size(); ++i)
    ck_assert_msg(found[i] == expected[i], "iteration %zu: %.17g, not %.17g", i,
                  found[i], expected[i]);
  const NamedTensors a = whole.state(), b = second.state();
  for (const auto &[name, tensor] : a)
    ck_assert_msg(at::equal(tensor, b.at(name)), "%s differs", name.c_str());
}
END_TEST

START_TEST(test_loss_of_one_batch_falls_when_it_is_learnt) {
  TrainerSettings settings = short_run();
  settings.learning_rate = 2e-3;
  settings.step.prompts = {1, 0, 0, 0};
  Trainer trainer = make_trainer(settings);
  const ClipBatch batch = compose_batch(no_pictures(), small_batches(1), 0);
  const double before = trainer.step(batch).loss;
  double after = before;
  for (int i = 0; i < 39; ++i) after = trainer.step(batch).loss;
  ck_assert_msg(after < 0.7 * before, "%.3f after %.3f", after, before);
}
END_TEST

// Of the three candidates only the best one learns its mask: one that never is
// learns nothing.
bool is_of_ambiguous_mask(const std::string &name) {
  const std::string part = "output_hypernetworks_mlps.";
  const size_t at = name.find(part);
  return at != std::string::npos && name[at + part.size()] != '0';
}

void assert_what_is_trained_moves(TrainerSettings settings) {
  settings.step.prompts.late_correction = 1;
  settings.weight_decay = 0;
  Trainer trainer = make_trainer(settings);
  const NamedTensors before = trainer.state();
  losses(trainer, 12, 1);
  const NamedTensors after = trainer.state();
  for (const auto &[name, tensor] : before) {
    if (name.rfind("weight/", 0) != 0 || is_of_ambiguous_mask(name)) continue;
    const bool has_moved = !at::equal(tensor, after.at(name));
    ck_assert_msg(has_moved == is_trained(name), "%s", name.c_str());
  }
}

START_TEST(test_every_trained_weight_moves_and_the_constants_do_not) {
  assert_what_is_trained_moves(short_run());
}
END_TEST

START_TEST(test_burn_in_leaves_no_converted_weight_without_gradient) {
  TrainerSettings settings = short_run();
  settings.is_mixed = true;
  settings.step.burn_in = 1;
  assert_what_is_trained_moves(settings);
}
END_TEST

START_TEST(test_clips_without_end_of_the_memory_ring_are_learnt_from) {
  Trainer trainer = make_trainer();
  const StepReport report =
      trainer.step(compose_batch(no_pictures(), small_batches(8), 3));
  ck_assert_double_gt(report.loss, 0);
}
END_TEST

double loss_with_burn_in(const ClipBatch &batch) {
  TrainerSettings settings = short_run();
  settings.step.burn_in = 3;
  return make_trainer(settings).step(batch).loss;
}

START_TEST(test_burn_in_is_seen_but_not_learnt_from) {
  const ClipBatch batch = compose_batch(no_pictures(), small_batches(6), 3);
  const double loss = loss_with_burn_in(batch);
  ClipBatch other = batch;
  other.masks = batch.masks.clone();
  other.masks.slice(0, 1, 4).zero_();
  ck_assert_double_eq(loss_with_burn_in(other), loss);
  other.masks.slice(0, 4).zero_();
  ck_assert_double_ne(loss_with_burn_in(other), loss);
  other = batch;
  other.frames = batch.frames.clone();
  other.frames.slice(0, 1, 4).zero_();
  ck_assert_double_ne(loss_with_burn_in(other), loss);
}
END_TEST

START_TEST(test_rate_rises_then_falls_to_a_hundredth) {
  TrainerSettings settings;
  settings.learning_rate = 1;
  settings.warmup = 10;
  settings.iterations = 110;
  ck_assert_double_eq_tol(learning_rate(settings, 0), 0.1, 1e-9);
  ck_assert_double_eq_tol(learning_rate(settings, 9), 1, 1e-9);
  ck_assert_double_eq_tol(learning_rate(settings, 10), 1, 1e-9);
  ck_assert_double_eq_tol(learning_rate(settings, 60), 0.505, 1e-9);
  ck_assert_double_eq_tol(learning_rate(settings, 110), 0.01, 1e-9);
}
END_TEST

START_TEST(test_checkpoint_of_another_run_is_refused) {
  const std::string folder = empty_folder("another");
  Trainer trainer = make_trainer();
  ck_assert(!resume(folder, trainer, "a"));
  save_checkpoint(folder, trainer, "a");
  assert_refused(resume(folder, trainer, "b"), ErrorCode::kSetting,
                 "The checkpoint in " + folder +
                     " is of another run (a; now: b). Use its options, or "
                     "another --output folder.");
}
END_TEST

START_TEST(test_model_file_loads_with_its_config) {
  const std::string folder = empty_folder("model");
  save_model(folder, make_trainer());
  const Checkpoint file = read_checkpoint(folder + "/model.safetensors");
  const ModelConfig config = detect_config(file);
  ck_assert_str_eq(config.name.c_str(), "sam2.1-micro");
  load_network(config, file, at::kCPU, at::kFloat);
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("trainer");
  tcase_add_test(tests,
                 test_interrupted_run_goes_on_to_the_same_losses_and_weights);
  tcase_add_test(tests, test_loss_of_one_batch_falls_when_it_is_learnt);
  tcase_add_test(tests,
                 test_every_trained_weight_moves_and_the_constants_do_not);
  tcase_add_test(tests,
                 test_clips_without_end_of_the_memory_ring_are_learnt_from);
  tcase_add_test(tests,
                 test_burn_in_leaves_no_converted_weight_without_gradient);
  tcase_add_test(tests, test_burn_in_is_seen_but_not_learnt_from);
  tcase_add_test(tests, test_rate_rises_then_falls_to_a_hundredth);
  tcase_add_test(tests, test_checkpoint_of_another_run_is_refused);
  tcase_add_test(tests, test_model_file_loads_with_its_config);
  return test::run_case("trainer", tests);
}
