// Which engines share weights, and when they go.
#include <filesystem>
#include <fstream>
#include <future>
#include <vector>

#include "engine/engine.h"
#include "engine/shared_model.h"
#include "gpu/cpu_allocator.h"
#include "io/safetensors.h"
#include "model/generated_checkpoint.h"
#include "track/micro_clip.h"
// Last: Check's macros get in the way of C++ headers.
#include "refusal.h"
#include "run_tests.h"

extern "C" const sam2::EngineApi *sam2_engine_api(void);

using namespace sam2;
using namespace sam2::test;
namespace fs = std::filesystem;

namespace {

using EnginePtr = std::shared_ptr<const Engine>;

const std::string kFolder = TEST_OUTPUT_FOLDER "/test_shared_model/";

// A model file of that name, new for every test.
std::string new_file(const std::string &name = "model.safetensors") {
  static const auto weights =
      generated_checkpoint(config_named("sam2.1-micro")).tensors;
  fs::create_directories(kFolder);
  fs::remove(kFolder + name);
  write_safetensors(kFolder + name, weights);
  return kFolder + name;
}

EnginePtr open(const std::string &file, Precision precision = Precision::kFp32,
               int input_size_px = 0) {
  ModelSettings settings;
  settings.model_file = file;
  settings.device = "cpu";
  settings.precision = precision;
  settings.input_size_px = input_size_px;
  return sam2_engine_api()->open(settings);
}

bool shares(const EnginePtr &a, const EnginePtr &b) {
  return a->info().load_number == b->info().load_number;
}

START_TEST(test_engines_of_one_file_share_its_weights) {
  const std::string file = new_file();
  const EnginePtr first = open(file);
  const size_t bytes = cpu_memory().used_bytes;
  const EnginePtr second = open(file);
  ck_assert(shares(first, second));
  ck_assert_uint_eq(cpu_memory().used_bytes, bytes);
}
END_TEST

START_TEST(test_file_is_known_by_another_way_to_it) {
  const std::string file = new_file();
  const std::string link = kFolder + "link";
  fs::remove(link);
  fs::create_symlink(file, link);
  const EnginePtr first = open(file);
  ck_assert(shares(first, open(link)));
  ck_assert(shares(first, open(kFolder + "../test_shared_model/./link")));
}
END_TEST

START_TEST(test_copy_of_the_file_is_another_model) {
  const EnginePtr first = open(new_file("a.safetensors"));
  ck_assert(!shares(first, open(new_file("b.safetensors"))));
}
END_TEST

START_TEST(test_touched_file_is_another_model) {
  const std::string file = new_file();
  const EnginePtr before = open(file);
  fs::last_write_time(file, fs::last_write_time(file) + std::chrono::hours(1));
  const EnginePtr after = open(file);
  ck_assert(!shares(before, after));
  ck_assert(shares(after, open(file)));
}
END_TEST

START_TEST(test_replaced_file_is_another_model) {
  const std::string file = new_file();
  const EnginePtr before = open(file);
  const auto time = fs::last_write_time(file);
  fs::rename(new_file("b.safetensors"), file);
  fs::last_write_time(file, time);
  ck_assert(!shares(before, open(file)));
}
END_TEST

START_TEST(test_other_precision_has_weights_of_its_own) {
  const std::string file = new_file();
  const EnginePtr first = open(file);
  const EnginePtr second = open(file, Precision::kBf16);
  ck_assert(!shares(first, second));
  assert_texts_equal(second->info().precision, "bf16");
}
END_TEST

START_TEST(test_automatic_precision_shares_with_the_one_it_chooses) {
  const std::string file = new_file();
  const EnginePtr chosen = open(file, Precision::kAuto);
  ck_assert(shares(chosen, open(file, chosen->info().precision == "bf16"
                                          ? Precision::kBf16
                                          : Precision::kFp32)));
}
END_TEST

START_TEST(test_other_input_size_shares_the_weights_alone) {
  const std::string file = new_file();
  const EnginePtr own = open(file);
  const EnginePtr small = open(file, Precision::kFp32, 128);
  ck_assert(shares(own, small));
  ck_assert_int_eq(small->info().input_size_px, 128);
  const auto model = shared_model(file, c10::kCPU, c10::kFloat, 256);
  const auto other = shared_model(file, c10::kCPU, c10::kFloat, 128);
  ck_assert(model == shared_model(file, c10::kCPU, c10::kFloat, 0));
  ck_assert(model != other);
  ck_assert_ptr_eq(model->model.network().maskmem_tpos_enc.data_ptr(),
                   other->model.network().maskmem_tpos_enc.data_ptr());
}
END_TEST

START_TEST(test_other_variant_of_the_same_tensors_shares_the_weights_alone) {
  const std::string file = kFolder + "efficienttam_micro_2.safetensors";
  fs::create_directories(kFolder);
  write_safetensors(
      file, generated_checkpoint(config_named("efficienttam-micro-2")).tensors);
  const auto variant = [&](const char *type) {
    return shared_model(file, c10::kCPU, c10::kFloat, 0, type);
  };
  const auto by_name = variant("auto"), plain = variant("efficienttam-micro");
  ck_assert(by_name == variant("efficienttam-micro-2") && by_name != plain);
  const auto pooling_of = [](const auto &shared) {
    return shared->model.network().memory_attention.pooling;
  };
  ck_assert(pooling_of(by_name) == MemoryPooling::kShifted);
  ck_assert(pooling_of(plain) == MemoryPooling::kNone);
  ck_assert(by_name->weights == plain->weights);
}
END_TEST

START_TEST(test_config_in_a_file_wins_over_its_name_and_the_type) {
  const std::string file = kFolder + "efficienttam_micro_1.safetensors";
  const ModelConfig own = config_named("efficienttam-micro-2");
  fs::create_directories(kFolder);
  write_safetensors(file, generated_checkpoint(own).tensors,
                    {{"config", config_to_json(own)}});
  for (const char *type : {"auto", "efficienttam-micro"}) {
    const auto model = shared_model(file, c10::kCPU, c10::kFloat, 0, type);
    assert_texts_equal(model->model.config().name, own.name);
  }
}
END_TEST

START_TEST(test_tracker_takes_what_an_engine_of_the_same_model_encoded) {
  const std::string file = new_file();
  const auto tracker = open(file)->create_tracker({});
  Prompt click;
  click.object_id = 1;
  click.points = {{110, 30, true}};
  tracker->add_prompt(click);
  const auto images = open(file)->encode({clip_frame(0)});
  ck_assert_uint_eq(tracker->track(images[0]).objects.size(), 1);
}
END_TEST

START_TEST(test_weights_go_with_their_last_user) {
  const std::string file = new_file();
  const ImageView frame = clip_frame(0);
  std::weak_ptr<const SharedModel> watch;
  const size_t bytes = cpu_memory().used_bytes;
  {
    const EnginePtr first = open(file);
    EnginePtr second = open(file);
    const auto tracker = second->create_tracker({});
    watch = shared_model(file, c10::kCPU, c10::kFloat, 0);
    tracker->track(frame);
    second.reset();
    ck_assert(!watch.expired());
    ck_assert_uint_gt(cpu_memory().used_bytes, bytes);
  }
  ck_assert(watch.expired());
  ck_assert_uint_eq(cpu_memory().used_bytes, bytes);
  ck_assert_uint_eq(cpu_memory().cached_bytes, 0);
}
END_TEST

START_TEST(test_twenty_that_start_at_once_load_once) {
  const std::string file = new_file();
  const int64_t before = open(new_file("a.safetensors"))->info().load_number;
  std::vector<std::future<EnginePtr>> threads;
  for (int i = 0; i < 20; ++i)
    threads.push_back(
        std::async(std::launch::async, [&] { return open(file); }));
  std::vector<EnginePtr> engines;
  for (auto &thread : threads) engines.push_back(thread.get());
  for (const EnginePtr &engine : engines)
    ck_assert_int_eq(engine->info().load_number, before + 1);
}
END_TEST

// What a frame's encoding says when the device is lost.
std::string loss_on(const EnginePtr &engine) {
  inject_cpu_faults({1, false, 0, true});
  const std::string refused =
      refusal_of([&] { engine->encode({clip_frame(0)}); });
  inject_cpu_faults({});
  return refused;
}

START_TEST(test_model_is_loaded_anew_when_its_device_was_lost) {
  const std::string file = new_file();
  const EnginePtr first = open(file);
  const EnginePtr small = open(file, Precision::kFp32, 128);
  assert_texts_equal(
      loss_on(first),
      refusal(ErrorCode::kDeviceLost,
              "The device has failed, and this process cannot use it any more. "
              "Start the application again, or set device=auto to go on on the "
              "CPU."));
  const EnginePtr second = open(file);
  ck_assert(!shares(first, second));
  ck_assert(shares(first, small));
  ck_assert(shares(second, open(file, Precision::kFp32, 128)));
}
END_TEST

START_TEST(test_loss_that_others_hear_of_later_leaves_the_new_model) {
  const std::string file = new_file();
  const EnginePtr first = open(file), other = open(file);
  loss_on(first);
  const EnginePtr second = open(file);
  loss_on(other);
  ck_assert(shares(second, open(file)));
}
END_TEST

START_TEST(test_tracker_that_lost_its_device_is_reason_enough) {
  const std::string file = new_file();
  const EnginePtr first = open(file);
  const auto tracker = first->create_tracker({});
  Prompt click;
  click.object_id = 1;
  click.points = {{110, 30, true}};
  tracker->add_prompt(click);
  inject_cpu_faults({1, false, 0, true});
  ck_assert_int_ne(refusal_of([&] { tracker->track(clip_frame(0)); })[0], 'n');
  inject_cpu_faults({});
  ck_assert(!shares(first, open(file)));
}
END_TEST

START_TEST(test_memory_that_ran_out_is_no_reason_to_load_anew) {
  const std::string file = new_file();
  const EnginePtr first = open(file);
  inject_cpu_faults({1, false, 0});
  ck_assert_int_ne(refusal_of([&] { first->encode({clip_frame(0)}); })[0], 'n');
  inject_cpu_faults({});
  ck_assert(shares(first, open(file)));
}
END_TEST

START_TEST(test_file_that_failed_is_read_again) {
  const std::string file = new_file();
  const std::string whole = kFolder + "whole.safetensors";
  fs::rename(file, whole);
  assert_refused(open(file), ErrorCode::kNotFound,
                 "Could not find the checkpoint \"" + file +
                     "\". Set model-file to a SAM 2 .pt or .safetensors file.");
  std::ofstream(file) << "not a model";
  ck_assert_int_eq(refusal_of([&] { open(file); })[0], '1');
  fs::rename(whole, file);
  assert_texts_equal(open(file)->info().variant, "sam2.1-micro");
}
END_TEST

START_TEST(test_refused_input_size_leaves_the_weights_to_the_others) {
  const std::string file = new_file();
  const EnginePtr first = open(file);
  ck_assert_int_eq(refusal_of([&] { open(file, Precision::kFp32, 100); })[0],
                   '2');
  ck_assert(shares(first, open(file)));
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("shared_model");
  tcase_add_test(tests, test_engines_of_one_file_share_its_weights);
  tcase_add_test(tests, test_file_is_known_by_another_way_to_it);
  tcase_add_test(tests, test_copy_of_the_file_is_another_model);
  tcase_add_test(tests, test_touched_file_is_another_model);
  tcase_add_test(tests, test_replaced_file_is_another_model);
  tcase_add_test(tests, test_other_precision_has_weights_of_its_own);
  tcase_add_test(tests,
                 test_automatic_precision_shares_with_the_one_it_chooses);
  tcase_add_test(tests, test_other_input_size_shares_the_weights_alone);
  tcase_add_test(tests,
                 test_tracker_takes_what_an_engine_of_the_same_model_encoded);
  tcase_add_test(
      tests, test_other_variant_of_the_same_tensors_shares_the_weights_alone);
  tcase_add_test(tests, test_config_in_a_file_wins_over_its_name_and_the_type);
  tcase_add_test(tests, test_weights_go_with_their_last_user);
  tcase_add_test(tests, test_twenty_that_start_at_once_load_once);
  tcase_add_test(tests, test_model_is_loaded_anew_when_its_device_was_lost);
  tcase_add_test(tests,
                 test_loss_that_others_hear_of_later_leaves_the_new_model);
  tcase_add_test(tests, test_tracker_that_lost_its_device_is_reason_enough);
  tcase_add_test(tests, test_memory_that_ran_out_is_no_reason_to_load_anew);
  tcase_add_test(tests, test_file_that_failed_is_read_again);
  tcase_add_test(tests,
                 test_refused_input_size_leaves_the_weights_to_the_others);
  return run_case("engine", tests);
}
