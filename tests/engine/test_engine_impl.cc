// Opening models, and what is refused, through the table of functions.
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>

#include <cstdio>
#include <fstream>
#include <future>
#include <thread>

#include "engine/encoder_group.h"
#include "engine/engine.h"
#include "engine/frame_encoder.h"
#include "engine/stream_tracker.h"
#include "io/safetensors.h"
#include "model/generated_checkpoint.h"
#include "track/micro_clip.h"
// Last: Check's macros get in the way of C++ headers.
#include "refusal.h"
#include "run_tests.h"

extern "C" const sam2::EngineApi *sam2_engine_api(void);

using namespace sam2;
using namespace sam2::test;

namespace {

const std::string kOutput = TEST_OUTPUT_FOLDER "/test_engine_";

std::map<std::string, at::Tensor> micro_weights() {
  return generated_checkpoint(config_named("sam2.1-micro")).tensors;
}

// A model file with its config, written once.
const std::string &model_file() {
  static const std::string path = [] {
    const std::string name = kOutput + "micro.safetensors";
    write_safetensors(
        name, micro_weights(),
        {{"config", config_to_json(config_named("sam2.1-micro"))}});
    return name;
  }();
  return path;
}

ModelSettings settings_of(const std::string &file) {
  ModelSettings settings;
  settings.model_file = file;
  settings.device = "cpu";
  settings.precision = Precision::kFp32;
  return settings;
}

std::shared_ptr<const Engine> open(const ModelSettings &settings) {
  return sam2_engine_api()->open(settings);
}

Prompt click_on(int64_t object_id) {
  Prompt prompt;
  prompt.object_id = object_id;
  prompt.points = {{110, 30, true}};
  return prompt;
}

void assert_same_results(const FrameResult &a, const FrameResult &b) {
  ck_assert_int_eq(a.frame_index, b.frame_index);
  ck_assert_uint_eq(a.objects.size(), b.objects.size());
  for (size_t i = 0; i < a.objects.size(); ++i) {
    ck_assert(a.objects[i].mask.pixels == b.objects[i].mask.pixels);
    ck_assert_float_eq(a.objects[i].box.x, b.objects[i].box.x);
    ck_assert_float_eq(a.objects[i].box.y, b.objects[i].box.y);
    ck_assert_float_eq(a.objects[i].object_score, b.objects[i].object_score);
  }
}

std::vector<FrameResult> tracked(StreamTracker &tracker, int frames) {
  std::vector<FrameResult> results;
  tracker.add_prompt(click_on(1));
  for (int frame = 0; frame < frames; ++frame)
    results.push_back(tracker.track(clip_frame(frame)));
  return results;
}

START_TEST(test_table_of_functions_is_complete) {
  const EngineApi *api = sam2_engine_api();
  ck_assert_int_eq(api->abi, kEngineAbi);
  ck_assert(api->open != nullptr);
  ck_assert(api->slow_matmul_warning != nullptr);
  const std::string text = api->slow_matmul_warning();
  ck_assert(text.empty() ||
            text.find("libopenblas0-openmp") != std::string::npos);
}
END_TEST

START_TEST(test_model_of_another_type_than_asked_for_is_refused) {
  ModelSettings settings = settings_of(model_file());
  settings.model_type = "micro";
  assert_texts_equal(open(settings)->info().variant, "sam2.1-micro");
  settings.model_type = "edgetam";
  assert_refused(
      open(settings), ErrorCode::kSetting,
      "The model file holds sam2.1-micro, and model-type is edgetam. "
      "Set model-type to auto or micro, or model-file to another "
      "file.");
}
END_TEST

START_TEST(test_info_describes_the_model) {
  const ModelInfo info = open(settings_of(model_file()))->info();
  assert_texts_equal(info.variant, "sam2.1-micro");
  assert_texts_equal(info.device, "cpu");
  assert_texts_equal(info.precision, "fp32");
  ck_assert_int_eq(info.input_size_px, 256);
  ck_assert_int_eq(info.parameter_count, micro_model()->parameter_count());
}
END_TEST

struct PrecisionCase {
  Precision precision;
  const char *name;
};
constexpr PrecisionCase kPrecisions[] = {{Precision::kFp32, "fp32"},
                                         {Precision::kBf16, "bf16"},
                                         {Precision::kFp16, "fp16"}};

START_TEST(test_model_runs_in_the_precision_asked_for) {
  ModelSettings settings = settings_of(model_file());
  settings.precision = kPrecisions[_i].precision;
  const auto engine = open(settings);
  assert_texts_equal(engine->info().precision, kPrecisions[_i].name);
  const auto tracker = engine->create_tracker({});
  ck_assert_uint_eq(tracked(*tracker, 3).back().objects.size(), 1);
}
END_TEST

START_TEST(test_precision_that_the_cpu_lacks_is_refused) {
  ModelSettings settings = settings_of(model_file());
  settings.device = "cpu";
  settings.precision = Precision::kTf32;
  assert_refused(open(settings), ErrorCode::kSetting,
                 "The device cpu has no tf32 arithmetic. Set precision to "
                 "auto, fp32 or bf16, or device to a CUDA GPU.");
}
END_TEST

START_TEST(test_automatic_precision_is_float32_or_bfloat16) {
  ModelSettings settings = settings_of(model_file());
  settings.precision = Precision::kAuto;
  const std::string name = open(settings)->info().precision;
  ck_assert_msg(name == "fp32" || name == "bf16", "%s", name.c_str());
}
END_TEST

START_TEST(test_input_size_asked_for_is_used) {
  ModelSettings settings = settings_of(model_file());
  settings.input_size_px = 128;
  ck_assert_int_eq(open(settings)->info().input_size_px, 128);
  settings.input_size_px = 100;
  assert_refused(open(settings), ErrorCode::kSetting,
                 "The input size 100 cannot be used. Set input-size to 0 (the "
                 "model's own) or to a multiple of 32 from 64 to 2048.");
}
END_TEST

START_TEST(test_tracker_of_the_engine_gives_the_models_results) {
  StreamTrackerImpl direct(micro_model(), {});
  const auto wanted = tracked(direct, 6);
  const auto tracker = open(settings_of(model_file()))->create_tracker({});
  const auto found = tracked(*tracker, 6);
  for (size_t i = 0; i < wanted.size(); ++i)
    assert_same_results(found[i], wanted[i]);
}
END_TEST

START_TEST(test_frames_encoded_by_the_engine_are_tracked_and_counted) {
  const auto engine = open(settings_of(model_file()));
  const auto wanted = tracked(*engine->create_tracker({}), 4);
  ck_assert_int_eq(engine->encoded_frames(), 4);
  const auto images = engine->encode(
      {clip_frame(0), clip_frame(1), clip_frame(2), clip_frame(3)});
  ck_assert_int_eq(engine->encoded_frames(), 8);
  ck_assert(images[2]->frame_size() == (SizePx{kClipWidth, kClipHeight}));
  const auto tracker = engine->create_tracker({});
  tracker->add_prompt(click_on(1));
  for (int i = 0; i < 4; ++i)
    assert_same_results(tracker->track(images[i]), wanted[i]);
  ck_assert_int_eq(engine->encoded_frames(), 8);
}
END_TEST

START_TEST(test_frame_of_another_model_is_refused) {
  const auto images = open(settings_of(model_file()))->encode({clip_frame(0)});
  ModelSettings settings = settings_of(model_file());
  settings.input_size_px = 128;
  const auto tracker = open(settings)->create_tracker({});
  assert_refused(tracker->track(images[0]), ErrorCode::kSetting,
                 "The frame was encoded by another engine (sam2.1-micro at "
                 "256 px; this one is sam2.1-micro at 128 px). Encode it with "
                 "the engine that made the tracker.");
}
END_TEST

bool is_equal(const std::shared_ptr<const EncodedImage> &a,
              const std::shared_ptr<const EncodedImage> &b) {
  const auto &x = dynamic_cast<const EncodedImageImpl &>(*a).features();
  const auto &y = dynamic_cast<const EncodedImageImpl &>(*b).features();
  return at::equal(x.pix_feat, y.pix_feat) && at::equal(x.s0, y.s0) &&
         at::equal(x.s1, y.s1);
}

// With Hiera to the bit: see test_frame_encoder.cc.
START_TEST(test_one_frame_of_four_streams_each_equals_a_batch_of_four) {
  const auto engine = open(settings_of(model_file()));
  const auto batch = engine->encode(
      {clip_frame(0), clip_frame(1), clip_frame(2), clip_frame(3)});
  std::vector<EncoderSeat> seats(4);
  for (EncoderSeat &seat : seats) seat.join(encoder_group("a", engine));
  std::vector<std::future<EncoderGroup::Images>> threads;
  for (int i = 0; i < 4; ++i)
    threads.push_back(std::async(std::launch::async, [&, i] {
      return *seats[i].encode({clip_frame(i)},
                              {1, 4, EncoderTurns::Time::max()},
                              [] { return false; });
    }));
  for (int i = 0; i < 4; ++i)
    ck_assert(is_equal(threads[i].get().at(0), batch[i]));
}
END_TEST

START_TEST(test_file_without_config_is_recognised) {
  const std::string path = kOutput + "no_config.safetensors";
  write_safetensors(path, micro_weights());
  assert_texts_equal(open(settings_of(path))->info().variant, "sam2.1-micro");
}
END_TEST

START_TEST(test_file_may_vanish_after_loading) {
  const std::string path = kOutput + "vanishing.safetensors";
  write_safetensors(path, micro_weights());
  const auto engine = open(settings_of(path));
  std::ofstream(path, std::ios::trunc).close();
  std::remove(path.c_str());
  ck_assert_uint_eq(
      tracked(*engine->create_tracker({}), 2).back().objects.size(), 1);
}
END_TEST

START_TEST(test_trackers_keep_the_model_alive) {
  std::unique_ptr<StreamTracker> tracker =
      open(settings_of(model_file()))->create_tracker({});
  ck_assert_uint_eq(tracked(*tracker, 2).back().objects.size(), 1);
}
END_TEST

START_TEST(test_trackers_of_one_engine_run_in_threads_of_their_own) {
  const auto engine = open(settings_of(model_file()));
  const auto wanted = tracked(*engine->create_tracker({}), 8);
  std::vector<std::vector<FrameResult>> found(2);
  std::vector<std::thread> threads;
  for (auto &results : found)
    threads.emplace_back(
        [&] { results = tracked(*engine->create_tracker({}), 8); });
  for (std::thread &thread : threads) thread.join();
  for (const auto &results : found)
    for (size_t i = 0; i < wanted.size(); ++i)
      assert_same_results(results[i], wanted[i]);
}
END_TEST

START_TEST(test_missing_file_is_refused) {
  const std::string path = kOutput + "missing.pt";
  assert_refused(open(settings_of(path)), ErrorCode::kNotFound,
                 "Could not find the checkpoint \"" + path +
                     "\". Set model-file to a SAM 2 .pt or .safetensors file.");
}
END_TEST

START_TEST(test_folder_is_refused) {
  const std::string path = TEST_OUTPUT_FOLDER;
  assert_refused(
      open(settings_of(path)), ErrorCode::kUnreadable,
      "Could not read the checkpoint \"" + path +
          "\": it is a folder. Set model-file to a SAM 2 .pt or .safetensors "
          "file.");
}
END_TEST

START_TEST(test_file_of_another_kind_is_refused) {
  const std::string path = kOutput + "text.pt";
  std::ofstream(path) << "This is not a model, but it is long enough.";
  assert_refused(
      open(settings_of(path)), ErrorCode::kUnreadable,
      "Could not read the checkpoint \"" + path +
          "\": it is neither a zip file of torch.save nor safetensors. Set "
          "model-file to a SAM 2 .pt or .safetensors file.");
}
END_TEST

START_TEST(test_model_of_another_family_is_refused) {
  assert_refused(
      open(settings_of(TEST_DATA_FOLDER "/malformed/ok_tiny.safetensors")),
      ErrorCode::kUnreadable,
      "The model file holds no SAM 2 model: there is no tensor "
      "\"image_encoder.trunk.patch_embed.proj.weight\" of 4 dimensions among "
      "its 1. Set model-file to a SAM 2 .pt or .safetensors file.");
}
END_TEST

START_TEST(test_incomplete_model_is_refused) {
  auto weights = micro_weights();
  weights.erase("memory_encoder.out_proj.bias");
  const std::string path = kOutput + "incomplete.safetensors";
  write_safetensors(path, weights);
  assert_refused(open(settings_of(path)), ErrorCode::kUnreadable,
                 "The model file does not fit the variant sam2.1-micro (1 "
                 "missing: memory_encoder.out_proj.bias). Set model-file to an "
                 "unmodified SAM 2 checkpoint.");
}
END_TEST

START_TEST(test_unknown_device_is_refused_before_the_file_is_read) {
  ModelSettings settings = settings_of(kOutput + "missing.pt");
  settings.device = "tpu";
  assert_refused(open(settings), ErrorCode::kSetting,
                 "There is no kind of device named \"tpu\". Set device to "
                 "auto, cpu, cuda or cuda:N.");
}
END_TEST

START_TEST(test_unknown_memory_policy_is_refused) {
  const auto engine = open(settings_of(model_file()));
  TrackerSettings settings;
  settings.memory_policy = "best";
  assert_refused(engine->create_tracker(settings), ErrorCode::kSetting,
                 "There is no memory policy \"best\". Set memory-policy to one "
                 "of: recent, samurai, distractor.");
}
END_TEST

START_TEST(test_limits_out_of_range_are_refused) {
  const auto engine = open(settings_of(model_file()));
  TrackerSettings settings;
  settings.num_maskmem = 9;
  assert_refused(engine->create_tracker(settings), ErrorCode::kSetting,
                 "num-maskmem is 9. Set it to 1...7.");
}
END_TEST

START_TEST(test_refusals_of_a_tracker_pass_the_front) {
  const auto tracker = open(settings_of(model_file()))->create_tracker({});
  Prompt empty;
  empty.object_id = 4;
  assert_refused(tracker->add_prompt(empty), ErrorCode::kSetting,
                 "The prompt for object 4 is empty. Give points, a box or a "
                 "mask.");
  ck_assert(!tracker->remove_object(4));
}
END_TEST

START_TEST(test_report_adds_up_and_follows_the_objects) {
  const auto engine = open(settings_of(model_file()));
  const MemoryReport idle = engine->memory();
  ck_assert_uint_ge(idle.weights_bytes,
                    uint64_t(4 * micro_model()->parameter_count()));
  ck_assert_uint_le(idle.weights_bytes, idle.in_use_bytes);
  ck_assert_uint_eq(idle.bank_bytes, 0);
  const auto tracker = engine->create_tracker({});
  tracked(*tracker, 2);
  const MemoryReport busy = engine->memory();
  ck_assert_uint_eq(busy.bank_bytes, uint64_t(tracker->bank_bytes()));
  ck_assert_uint_gt(busy.bank_bytes, 0);
  ck_assert_uint_eq(busy.weights_bytes + busy.bank_bytes + busy.frame_bytes +
                        busy.other_bytes,
                    busy.in_use_bytes);
  ck_assert_uint_gt(busy.process_bytes, busy.weights_bytes);
  tracker->remove_object(1);
  ck_assert_uint_eq(engine->memory().bank_bytes, 0);
}
END_TEST

START_TEST(test_encoded_frames_are_counted_while_they_are_held) {
  const auto engine = open(settings_of(model_file()));
  const uint64_t before = engine->memory().frame_bytes;
  auto images = engine->encode({clip_frame(0), clip_frame(1)});
  const uint64_t both = engine->memory().frame_bytes - before;
  ck_assert_uint_gt(both, 0);
  images.pop_back();
  ck_assert_uint_eq(engine->memory().frame_bytes - before, both / 2);
}
END_TEST

START_TEST(test_pressure_is_by_the_thresholds_of_the_settings) {
  ModelSettings settings = settings_of(model_file());
  const auto roomy = open(settings);
  ck_assert(roomy->memory_pressure() == PressureLevel::kNormal);
  const MemoryReport report = roomy->memory();
  ck_assert_uint_eq(report.limit_bytes, uint64_t(0.9 * report.device_bytes));
  settings.memory.warning = 1e-9;
  settings.memory.critical = 1;
  ck_assert(open(settings)->memory().pressure == PressureLevel::kWarning);
  ck_assert(roomy->memory_pressure() == PressureLevel::kNormal);
}
END_TEST

START_TEST(test_memory_is_taken_at_the_start_only_without_growth) {
  ModelSettings settings = settings_of(model_file());
  MemoryDemand demand;
  const auto cached_after_prepare = [&] {
    const auto engine = open(settings);
    const uint64_t before = engine->memory().cached_bytes;
    engine->prepare(demand);
    return engine->memory().cached_bytes - before;
  };
  demand.frame_size = {320, 240};
  ck_assert_uint_eq(cached_after_prepare(), 0);
  settings.memory.growth = false;
  ck_assert_uint_gt(cached_after_prepare(), 2000000);
  demand.frame_size = {};  // not known yet
  ck_assert_uint_eq(cached_after_prepare(), 0);
}
END_TEST

START_TEST(test_demand_beyond_the_limit_is_refused_by_name) {
  ModelSettings settings = settings_of(model_file());
  settings.memory.limit_bytes = 20000000;
  const auto engine = open(settings);
  MemoryDemand demand;
  demand.objects = 10;
  const MemoryPlan plan = engine->prepare(demand);
  ck_assert_uint_gt(plan.peak_bytes, engine->memory().in_use_bytes);
  ck_assert_uint_le(plan.peak_bytes, settings.memory.limit_bytes);
  demand.objects = 1000;
  const std::string text = refusal_of([&] { engine->prepare(demand); });
  ck_assert_msg(
      text.find("Track fewer objects (max-objects), lower "
                "input-size, or raise memory-limit.") != std::string::npos,
      "%s", text.c_str());
}
END_TEST

// It is given back before long, and who runs out of memory meanwhile takes
// smaller steps.
START_TEST(test_what_others_compute_with_is_no_reason_to_refuse) {
  ModelSettings settings = settings_of(model_file());
  settings.memory.limit_bytes = 20000000;
  const auto engine = open(settings);
  MemoryDemand demand;
  demand.objects = 10;
  const uint64_t peak = engine->prepare(demand).peak_bytes;
  const auto room = static_cast<int64_t>(settings.memory.limit_bytes -
                                         engine->memory().in_use_bytes);
  const at::Tensor work = at::empty({room / 2}, at::kByte);
  ck_assert_uint_eq(engine->prepare(demand).peak_bytes, peak);
}
END_TEST

START_TEST(test_a_streams_own_memories_are_foreseen_once) {
  const auto engine = open(settings_of(model_file()));
  MemoryDemand demand;
  demand.objects = 2;
  const uint64_t peak = engine->prepare(demand).peak_bytes;
  {
    const auto tracker = engine->create_tracker(demand.tracker);
    for (int i = 0; i < 3; ++i) {
      if (i == 0) tracker->add_prompt(click_on(1));
      tracker->track(clip_frame(i));
    }
    ck_assert_int_gt(tracker->bank_bytes(), 0);
    ck_assert_uint_eq(engine->prepare(demand).peak_bytes, peak);
    const auto other = open(settings_of(model_file()));
    ck_assert_uint_eq(other->prepare(demand).peak_bytes,
                      peak + tracker->bank_bytes());
  }
  ck_assert_uint_eq(engine->prepare(demand).peak_bytes, peak);
}
END_TEST

START_TEST(test_model_larger_than_the_limit_is_refused_by_name) {
  ModelSettings settings = settings_of(model_file());
  settings.memory.limit_bytes = 1000000;
  const std::string text = refusal_of([&] { open(settings); });
  ck_assert_msg(text.find("memory-limit") != std::string::npos, "%s",
                text.c_str());
  settings.memory.limit_bytes = 0;
  open(settings);
}
END_TEST

TCase *opening_tests() {
  TCase *tests = tcase_create("engine_impl");
  tcase_add_test(tests, test_table_of_functions_is_complete);
  tcase_add_test(tests, test_info_describes_the_model);
  tcase_add_test(tests, test_model_of_another_type_than_asked_for_is_refused);
  tcase_add_loop_test(tests, test_model_runs_in_the_precision_asked_for, 0,
                      sizeof kPrecisions / sizeof *kPrecisions);
  tcase_add_test(tests, test_precision_that_the_cpu_lacks_is_refused);
  tcase_add_test(tests, test_automatic_precision_is_float32_or_bfloat16);
  tcase_add_test(tests, test_input_size_asked_for_is_used);
  tcase_add_test(tests, test_tracker_of_the_engine_gives_the_models_results);
  tcase_add_test(tests,
                 test_frames_encoded_by_the_engine_are_tracked_and_counted);
  tcase_add_test(tests, test_frame_of_another_model_is_refused);
  tcase_add_test(tests,
                 test_one_frame_of_four_streams_each_equals_a_batch_of_four);
  tcase_add_test(tests, test_report_adds_up_and_follows_the_objects);
  tcase_add_test(tests, test_encoded_frames_are_counted_while_they_are_held);
  tcase_add_test(tests, test_pressure_is_by_the_thresholds_of_the_settings);
  tcase_add_test(tests, test_memory_is_taken_at_the_start_only_without_growth);
  tcase_add_test(tests, test_demand_beyond_the_limit_is_refused_by_name);
  tcase_add_test(tests, test_what_others_compute_with_is_no_reason_to_refuse);
  tcase_add_test(tests, test_a_streams_own_memories_are_foreseen_once);
  tcase_add_test(tests, test_model_larger_than_the_limit_is_refused_by_name);
  tcase_add_test(tests, test_file_without_config_is_recognised);
  tcase_add_test(tests, test_file_may_vanish_after_loading);
  tcase_add_test(tests, test_trackers_keep_the_model_alive);
  tcase_add_test(tests,
                 test_trackers_of_one_engine_run_in_threads_of_their_own);
  return tests;
}

void add_refusal_tests(TCase *tests) {
  tcase_add_test(tests, test_missing_file_is_refused);
  tcase_add_test(tests, test_folder_is_refused);
  tcase_add_test(tests, test_file_of_another_kind_is_refused);
  tcase_add_test(tests, test_model_of_another_family_is_refused);
  tcase_add_test(tests, test_incomplete_model_is_refused);
  tcase_add_test(tests, test_unknown_device_is_refused_before_the_file_is_read);
  tcase_add_test(tests, test_unknown_memory_policy_is_refused);
  tcase_add_test(tests, test_limits_out_of_range_are_refused);
  tcase_add_test(tests, test_refusals_of_a_tracker_pass_the_front);
}

}  // namespace

int main() {
  TCase *tests = opening_tests();
  add_refusal_tests(tests);
  return run_case("engine", tests);
}
