// States that a tracker refuses: of another tracker, and damaged ones. None of
// them makes it read where there is nothing.
#include <ATen/TensorOperators.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <fstream>
#include <functional>
#include <limits>

#include "io/safetensors.h"
#include "model/generated_checkpoint.h"
#include "model/model_loader.h"
#include "track/saved_tracker.h"
// Last: Check's macros get in the way of C++ headers.
#include "refusal.h"
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

constexpr int64_t kEnd = 28;
const std::string kOutput = TEST_OUTPUT_FOLDER "/test_damaged_state_";

TrackerOptions options() {
  TrackerOptions options;
  options.memory_policy = "distractor";
  return options;
}

Tracker fresh() { return Tracker(micro_model(), options()); }

// Of two objects, with every slot of the rings in use.
const std::string &state_file() {
  static const std::string path = [] {
    Tracker tracker = fresh();
    tracker.prompt(0, encoded_frame(0), 1, click(132, 60));
    tracker.prompt(0, encoded_frame(0), 2, click(252, 180));
    for (int64_t frame = 0; frame < kEnd; ++frame)
      tracker.track(frame, encoded_frame(frame));
    save(tracker, kOutput + "whole.safetensors");
    return kOutput + "whole.safetensors";
  }();
  return path;
}

const Safetensors &state() {
  static const Safetensors whole = read_safetensors(state_file());
  return whole;
}

std::string write_damaged(const Safetensors &state) {
  const std::string path = kOutput + "damaged.safetensors";
  write_safetensors(path, state.tensors, state.metadata);
  return path;
}

std::string refusal_of_state(const Safetensors &damaged) {
  const std::string path = write_damaged(damaged);
  return refusal_of([&] {
    Tracker tracker = fresh();
    restore(tracker, path);
  });
}

std::string damage(const std::string &reason) {
  return refusal(ErrorCode::kUnreadable,
                 "Could not restore the tracker from \"" + kOutput +
                     "damaged.safetensors\": " + reason +
                     ". Save the state again or start without it.");
}

// ---- of another tracker -----------------------------------------------------

std::string refusal_by(std::shared_ptr<const Sam2Model> model,
                       const TrackerOptions &options) {
  return refusal_of([&] {
    Tracker tracker(std::move(model), options);
    restore(tracker, state_file());
  });
}

std::string other_setting(const std::string &differences) {
  return refusal(ErrorCode::kSetting,
                 "The tracker state \"" + state_file() + "\" was saved with " +
                     differences +
                     ". Use the same model and settings, or start without it.");
}

START_TEST(test_state_of_another_input_size_is_refused) {
  auto model = std::make_shared<Sam2Model>(micro_model()->network(), 128);
  assert_texts_equal(refusal_by(model, options()),
                     other_setting("input-size \"256\" (here \"128\")"));
}
END_TEST

START_TEST(test_state_of_another_variant_is_refused) {
  const std::string text = refusal_by(
      generated_model(config_named("sam2.0-micro"), "small_adjust.json"),
      options());
  ck_assert_msg(text.find("model \"sam2.1-micro\" (here \"sam2.0-micro\"), "
                          "weights \"") != std::string::npos,
                "%s", text.c_str());
}
END_TEST

// A small step of one tensor, in any part of the network.
START_TEST(test_state_of_a_model_trained_on_is_refused) {
  const ModelConfig config = config_named("sam2.1-micro");
  const char *const names[] = {"no_mem_embed", "obj_ptr_proj.layers.0.bias",
                               "memory_encoder.out_proj.bias"};
  Checkpoint weights = generated_checkpoint(config);
  at::Tensor &changed = weights.tensors.at(names[_i]);
  changed = changed + 1e-4;
  const std::string text =
      refusal_by(std::make_shared<Sam2Model>(
                     load_network(config, weights, at::kCPU, at::kFloat), 0),
                 options());
  ck_assert_msg(text.find("was saved with weights \"") != std::string::npos,
                "%s", text.c_str());
}
END_TEST

START_TEST(test_state_of_another_precision_is_refused) {
  const std::string text =
      refusal_by(generated_model(config_named("sam2.1-micro"),
                                 "small_adjust.json", at::kBFloat16),
                 options());
  ck_assert_msg(
      text.find("precision \"fp32\" (here \"bf16\")") != std::string::npos,
      "%s", text.c_str());
}
END_TEST

struct SettingCase {
  std::function<void(TrackerOptions &)> change;
  const char *difference;
};

const std::vector<SettingCase> &setting_cases() {
  static const std::vector<SettingCase> cases = {
      {[](auto &o) { o.memory_policy = "recent"; },
       "memory-policy \"distractor\" (here \"recent\")"},
      {[](auto &o) { o.limits.num_maskmem = 3; },
       "num-maskmem \"7\" (here \"3\")"},
      {[](auto &o) { o.limits.max_obj_ptrs = 4; },
       "max-obj-ptrs \"16\" (here \"4\")"},
      {[](auto &o) { o.limits.max_cond_frames = -1; },
       "max-cond-frames \"4\" (here \"-1\")"},
      {[](auto &o) { o.limits.memory_stride = 2; },
       "memory-stride \"1\" (here \"2\")"},
      {[](auto &o) { o.limits.extra_history = 5; },
       "frames-held \"0\" (here \"5\")"},
      {[](auto &o) { o.limits.keep_first_cond_frame = false; },
       "first prompt kept \"yes\" (here \"no\")"},
      {[](auto &o) { o.memory_type = at::kFloat; },
       "memory precision \"bf16\" (here \"fp32\")"},
      {[](auto &o) { o.max_cond_frames_in_attn = 2; },
       "conditioning frames attended to \"-1\" (here \"2\")"},
      {[](auto &o) { o.corrections_are_conditioning = false; },
       "corrections conditioning \"yes\" (here \"no\")"},
      {[](auto &o) { o.keeps_corrections = true; },
       "corrections kept \"no\" (here \"yes\")"},
      {[](auto &o) { o.min_object_score = -1.5; },
       "min-obj-score \"0\" (here \"-1.5\")"},
      {[](auto &o) { o.memory_thresholds.predicted_iou = 0.1; },
       "memory-iou-threshold \"0.5\" (here \"0.1\")"},
      {[](auto &o) { o.memory_thresholds.object_score = 1; },
       "memory-obj-score-threshold \"0\" (here \"1\")"},
      {[](auto &o) { o.memory_thresholds.kf_score = 1; },
       "memory-kf-score-threshold \"0\" (here \"1\")"},
      {[](auto &o) { o.motion.kf_score_weight = 0; },
       "kf-score-weight \"0.25\" (here \"0\")"},
      {[](auto &o) { o.motion.stable_frames = 2; },
       "stable-frames-threshold \"15\" (here \"2\")"},
      {[](auto &o) { o.motion.stable_iou = 0.30000000000000004; },
       "stable-iou-threshold \"0.3\" (here \"0.30000000000000004\")"},
  };
  return cases;
}

START_TEST(test_state_of_another_setting_is_refused) {
  for (const SettingCase &each : setting_cases()) {
    TrackerOptions changed = options();
    each.change(changed);
    assert_texts_equal(refusal_by(micro_model(), changed),
                       other_setting(each.difference));
  }
}
END_TEST

START_TEST(test_all_differences_are_in_one_text) {
  TrackerOptions changed = options();
  changed.limits.memory_stride = 3;
  changed.limits.num_maskmem = 2;
  assert_texts_equal(refusal_by(micro_model(), changed),
                     other_setting("num-maskmem \"7\" (here \"2\"), "
                                   "memory-stride \"1\" (here \"3\")"));
}
END_TEST

START_TEST(test_number_of_objects_in_a_pass_may_differ) {
  TrackerOptions changed = options();
  changed.objects_per_pass = 2;
  assert_texts_equal(refusal_by(micro_model(), changed), "no refusal");
}
END_TEST

// ---- no state, another version ----------------------------------------------

START_TEST(test_state_of_another_version_is_refused) {
  Safetensors damaged = state();
  damaged.metadata["sam2_tracker_state"] = "1";
  assert_texts_equal(
      refusal_of_state(damaged),
      damage("it is of version \"1\", and version \"3\" can be read here"));
}
END_TEST

START_TEST(test_safetensors_file_of_another_kind_is_refused) {
  Safetensors damaged = state();
  damaged.metadata.clear();
  assert_texts_equal(refusal_of_state(damaged),
                     damage("it holds no tracker state"));
}
END_TEST

START_TEST(test_state_that_hides_a_setting_is_refused) {
  Safetensors damaged = state();
  damaged.metadata.erase("memory-stride");
  assert_texts_equal(refusal_of_state(damaged),
                     damage("it does not say its memory-stride"));
}
END_TEST

START_TEST(test_missing_file_is_refused) {
  const std::string path = kOutput + "missing.safetensors";
  Tracker tracker = fresh();
  assert_refused(restore(tracker, path), ErrorCode::kNotFound,
                 "Could not find the tracker state \"" + path +
                     "\". Give a file that a tracker's state was saved to.");
}
END_TEST

START_TEST(test_truncated_file_is_refused) {
  const std::string whole(MappedFile::open(state_file())->bytes());
  const std::string path = kOutput + "damaged.safetensors";
  for (size_t size : {size_t{0}, size_t{5}, size_t{300}, whole.size() / 2,
                      whole.size() - 1}) {
    std::ofstream(path, std::ios::binary | std::ios::trunc)
        .write(whole.data(), static_cast<std::streamsize>(size));
    Tracker tracker = fresh();
    assert_texts_equal(refusal_of([&] { restore(tracker, path); }),
                       damage("it is no whole .safetensors file"));
  }
}
END_TEST

START_TEST(test_state_that_cannot_be_written_is_an_error) {
  const std::string path = kOutput + "no_such_folder/state.safetensors";
  assert_refused(save(fresh(), path), ErrorCode::kSetting,
                 "Could not write \"" + path +
                     "\". Choose a folder that exists, may be written to and "
                     "has room.");
}
END_TEST

// ---- damaged tensors --------------------------------------------------------

at::Tensor whole_numbers(const std::vector<int64_t> &numbers) {
  return at::tensor(numbers, at::kLong);
}

// The tensor with its first number replaced.
template <class Number>
at::Tensor with_first(const std::string &name, Number number) {
  at::Tensor changed = state().tensors.at(name).clone();
  *changed.mutable_data_ptr<Number>() = number;
  return changed;
}

struct DamageCase {
  const char *name;
  std::function<at::Tensor()> tensor;
  const char *what;
};

const std::vector<DamageCase> &damage_cases() {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  static const std::vector<DamageCase> cases = {
      {"objects.0.bank.pointers.3", [] { return at::zeros({31}); },
       "is Float [31], not Float [32]"},
      {"objects.1.bank.memories.0",
       [] {
         return at::zeros({256, 8});
       },
       "is Float [256, 8], not BFloat16 [256, 8]"},
      {"objects.0.first_frame",
       [] {
         return whole_numbers({1, 2});
       },
       "is Long [2], not Long [1]"},
      {"objects.0.first_frame", [] { return whole_numbers({-1}); },
       "holds -1, which is not in 0...9007199254740992"},
      {"objects.0.bank.memory_ring.frames",
       [] {
         return with_first<int64_t>("objects.0.bank.memory_ring.frames", 1);
       },
       "has a frame in the wrong slot"},
      {"objects.0.bank.pointer_ring.frames",
       [] {
         return with_first<int64_t>("objects.0.bank.pointer_ring.frames", -2);
       },
       "holds -2, which is not in -1...9007199254740992"},
      {"objects.0.bank.mask_ring.scores",
       [] {
         return with_first<double>("objects.0.bank.mask_ring.scores", kNan);
       },
       "holds no finite number"},
      {"objects.0.bank.kept_memories.turns",
       [] {
         return whole_numbers({500, -1, -1});
       },
       "holds 500, which is not in -1...-1"},
      {"objects.0.bank.conditioning.count", [] { return whole_numbers({5}); },
       "holds 5, which is not in 0...4"},
      {"objects.0.motion.stable_frames", [] { return whole_numbers({16}); },
       "holds 16, which is not in 0...15"},
      {"objects.1.id", [] { return whole_numbers({1}); },
       "is that of another object"},
      {"objects.count", [] { return whole_numbers({1}); }, nullptr},
      {"objects.more", [] { return whole_numbers({1}); },
       "does not belong there"},
  };
  return cases;
}

START_TEST(test_damaged_tensor_is_refused) {
  const DamageCase &chosen = damage_cases()[_i];
  Safetensors damaged = state();
  damaged.tensors[chosen.name] = chosen.tensor();
  const std::string found = refusal_of_state(damaged);
  if (chosen.what)
    assert_texts_equal(
        found, damage("the tensor \"" + std::string(chosen.name) + "\" " +
                      chosen.what));
  else
    assert_texts_equal(found.substr(0, 2), "1:");
}
END_TEST

START_TEST(test_every_tensor_is_missed) {
  ck_assert_uint_gt(state().tensors.size(), 100);
  for (const auto &[name, tensor] : state().tensors) {
    Safetensors damaged = state();
    damaged.tensors.erase(name);
    const std::string text = refusal_of_state(damaged);
    ck_assert_msg(text.find("is missing") != std::string::npos, "%s: %s",
                  name.c_str(), text.c_str());
  }
}
END_TEST

// Whatever its numbers say, a state is refused or tracked on with.
START_TEST(test_no_number_leads_out_of_bounds) {
  constexpr int64_t kExtremes[] = {
      std::numeric_limits<int64_t>::min(), -1, 0, 26, int64_t{1} << 53,
      std::numeric_limits<int64_t>::max()};
  int accepted = 0;
  for (const auto &[name, tensor] : state().tensors) {
    if (tensor.scalar_type() != at::kLong) continue;
    for (int64_t extreme : kExtremes) {
      Safetensors damaged = state();
      damaged.tensors[name] = at::full_like(tensor, extreme);
      const std::string path = write_damaged(damaged);
      Tracker tracker = fresh();
      const std::string text = refusal_of([&] { restore(tracker, path); });
      ck_assert_msg(text == "no refusal" || text.substr(0, 2) == "1:", "%s",
                    text.c_str());
      if (text != "no refusal") continue;
      ++accepted;
      for (int64_t frame = kEnd; frame < kEnd + 2; ++frame)
        ck_assert_uint_ge(tracker.track(frame, encoded_frame(frame)).size(), 1);
    }
  }
  ck_assert_int_gt(accepted, 0);
}
END_TEST

TCase *damage_tests() {
  TCase *tests = tcase_create("damaged_state");
  tcase_add_test(tests, test_state_of_another_input_size_is_refused);
  tcase_add_test(tests, test_state_of_another_variant_is_refused);
  tcase_add_loop_test(tests, test_state_of_a_model_trained_on_is_refused, 0, 3);
  tcase_add_test(tests, test_state_of_another_precision_is_refused);
  tcase_add_test(tests, test_state_of_another_setting_is_refused);
  tcase_add_test(tests, test_all_differences_are_in_one_text);
  tcase_add_test(tests, test_number_of_objects_in_a_pass_may_differ);
  tcase_add_test(tests, test_state_of_another_version_is_refused);
  tcase_add_test(tests, test_safetensors_file_of_another_kind_is_refused);
  tcase_add_test(tests, test_state_that_hides_a_setting_is_refused);
  tcase_add_test(tests, test_missing_file_is_refused);
  tcase_add_test(tests, test_truncated_file_is_refused);
  tcase_add_test(tests, test_state_that_cannot_be_written_is_an_error);
  tcase_add_loop_test(tests, test_damaged_tensor_is_refused, 0,
                      static_cast<int>(damage_cases().size()));
  tcase_add_test(tests, test_every_tensor_is_missed);
  tcase_add_test(tests, test_no_number_leads_out_of_bounds);
  return tests;
}

}  // namespace

int main() { return run_case("track", damage_tests()); }
