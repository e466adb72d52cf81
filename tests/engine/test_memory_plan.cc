// What is foreseen, against what the allocator counts.
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <vector>

#include "engine/memory_plan.h"
#include "engine/stream_tracker.h"
#include "gpu/cpu_allocator.h"
#include "support/generated_model.h"
// Last: Check's macros get in the way of C++ headers.
#include "refusal.h"
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

constexpr uint64_t kMiB = 1 << 20;
constexpr int kFrames = 20;  // more than the rings hold
constexpr double kTolerance = 0.1;

// `input_size_px` 0 = the model's own.
std::shared_ptr<const FrameEncoder> encoder_of(const char *variant,
                                               at::ScalarType type,
                                               int64_t input_size_px = 0) {
  install_cpu_allocator();
  const auto model =
      generated_model(config_named(variant), "small_adjust.json", type);
  return std::make_shared<const FrameEncoder>(
      std::make_shared<const Sam2Model>(model->network(), input_size_px));
}

std::vector<ImageView> pictures(SizePx size, int count) {
  static std::vector<uint8_t> pixels;
  pixels.resize(size_t{3} * size.width * size.height, 90);
  return std::vector<ImageView>(
      static_cast<size_t>(count),
      ImageView{pixels.data(), size.width, size.height, 3 * size.width});
}

Prompt click_on(int64_t object_id, SizePx size) {
  Prompt prompt;
  prompt.object_id = object_id;
  prompt.points = {{size.width / 2.0F, size.height / 2.0F, true}};
  return prompt;
}

// A stream with as much as the demand allows: every object is prompted until it
// has all of its conditioning frames.
void run_stream(const std::shared_ptr<const FrameEncoder> &encoder,
                const MemoryDemand &demand, int frames) {
  StreamTrackerImpl tracker(encoder, demand.tracker);
  const auto batch = pictures(demand.frame_size, demand.batch_size);
  for (int frame = 0; frame < frames; frame += demand.batch_size)
    for (const auto &image : encoder->encode(batch)) {
      if (frame < 5)
        for (int id = 1; id <= demand.objects; ++id)
          tracker.add_prompt(click_on(id, demand.frame_size));
      tracker.track(image);
    }
}

struct Case {
  const char *variant;
  at::ScalarType type;
  MemoryDemand demand;
  int64_t input_size_px = 0;
};

MemoryDemand demand_of(int objects, int batch, SizePx size) {
  MemoryDemand demand;
  demand.objects = objects;
  demand.batch_size = batch;
  demand.frame_size = size;
  demand.tracker.objects_per_pass = 1;
  return demand;
}

// The encoder decides, then the memories, then the masks.
const std::vector<Case> &cases() {
  static const std::vector<Case> rows = {
      {"sam2.1-micro", at::kFloat, demand_of(1, 1, {320, 240})},
      {"sam2.1-micro", at::kFloat, demand_of(3, 4, {320, 240})},
      {"sam2.1-micro", at::kBFloat16, demand_of(2, 2, {320, 240})},
      {"sam2.1-micro", at::kFloat, demand_of(6, 1, {1280, 720})},
      {"edgetam-micro", at::kFloat, demand_of(1, 1, {320, 240})},
      {"edgetam-micro", at::kBFloat16, demand_of(2, 1, {320, 240})},
      {"efficienttam-micro", at::kFloat, demand_of(1, 1, {320, 240})},
      {"efficienttam-micro-1", at::kFloat, demand_of(3, 4, {320, 240})},
      {"efficienttam-micro-2", at::kBFloat16, demand_of(2, 2, {320, 240})},
      {"sam2.1-nano", at::kFloat, demand_of(1, 1, {640, 480})},
      {"sam2.1-nano", at::kFloat, demand_of(4, 2, {640, 480})},
      {"sam2.1-nano", at::kFloat, demand_of(5, 1, {1920, 1080})},
      {"sam2.1-nano", at::kBFloat16, demand_of(2, 1, {640, 480})},
      // Small inputs, where windows are filled up.
      {"sam2.1-micro", at::kFloat, demand_of(1, 1, {96, 64}), 64},
      {"sam2.1-micro", at::kFloat, demand_of(16, 1, {96, 64}), 64},
      {"sam2.1-micro", at::kBFloat16, demand_of(16, 1, {96, 64}), 64},
      {"sam2.1-micro", at::kFloat, demand_of(16, 1, {96, 64}), 128},
      {"sam2.1-nano", at::kFloat, demand_of(1, 1, {96, 64}), 64},
      {"sam2.1-nano", at::kBFloat16, demand_of(16, 1, {96, 64}), 64},
  };
  return rows;
}

START_TEST(test_need_is_within_a_tenth_of_the_peak) {
  const Case &row = cases()[_i];
  const c10::InferenceMode guard;
  const auto encoder = encoder_of(row.variant, row.type, row.input_size_px);
  const double need = double(memory_need(encoder, row.demand).sum());
  const size_t before = cpu_memory().used_bytes;
  reset_cpu_memory_peak();
  run_stream(encoder, row.demand, kFrames);
  const double peak = double(cpu_memory().peak_bytes - before);
  ck_assert_msg(std::abs(need / peak - 1) <= kTolerance,
                "%s: %.2f MiB foreseen, %.2f MiB taken", row.variant,
                need / kMiB, peak / kMiB);
}
END_TEST

START_TEST(test_objects_that_go_together_take_no_more_than_foreseen) {
  const Case &row = cases()[_i];
  const c10::InferenceMode guard;
  const auto encoder = encoder_of(row.variant, row.type, row.input_size_px);
  MemoryDemand demand = row.demand;
  demand.tracker.objects_per_pass = 4;
  const double need = double(memory_need(encoder, demand).sum());
  const size_t before = cpu_memory().used_bytes;
  reset_cpu_memory_peak();
  run_stream(encoder, demand, kFrames);
  const double peak = double(cpu_memory().peak_bytes - before);
  ck_assert_msg(need / peak >= 1 - kTolerance && need / peak <= 2,
                "%s: %.2f MiB foreseen, %.2f MiB taken", row.variant,
                need / kMiB, peak / kMiB);
}
END_TEST

START_TEST(test_bank_is_never_larger_than_foreseen) {
  const auto encoder = encoder_of("sam2.1-micro", at::kFloat);
  MemoryDemand demand = demand_of(1, 1, {64, 64});
  for (const char *policy : {"recent", "samurai", "distractor"}) {
    demand.tracker.memory_policy = policy;
    StreamTrackerImpl tracker(encoder, demand.tracker);
    const auto image = encoder->encode(pictures({64, 64}, 1)).front();
    for (int frame = 0; frame < 36; ++frame) {
      if (frame < 15 && frame % 3 == 0)
        tracker.add_prompt(click_on(1, {64, 64}));
      tracker.track(image);
      ck_assert_int_le(tracker.bank_bytes(), tracker.most_bank_bytes());
    }
    // The others keep frames by what is on them.
    if (demand.tracker.memory_policy == "recent")
      ck_assert_int_ge(tracker.bank_bytes(),
                       tracker.most_bank_bytes() * 9 / 10);
  }
}
END_TEST

START_TEST(test_batch_is_halved_until_it_fits) {
  const auto encoder = encoder_of("sam2.1-micro", at::kFloat);
  const MemoryDemand eight = demand_of(1, 8, {64, 64});
  const uint64_t two =
      memory_need(encoder, demand_of(1, 2, {64, 64})).sum() + 5 * kMiB;
  const MemoryPlan plan = plan_memory(encoder, eight, {5 * kMiB, two});
  ck_assert_int_eq(plan.batch_size, 2);
  ck_assert_uint_eq(plan.peak_bytes, two);
  ck_assert_msg(plan.warning.find("2 of 8 frames") != std::string::npos &&
                    plan.warning.find("memory-limit") != std::string::npos,
                "%s", plan.warning.c_str());
  ck_assert_int_eq(plan_memory(encoder, eight, {5 * kMiB, two - 1}).batch_size,
                   1);
}
END_TEST

START_TEST(test_passes_are_halved_when_the_batch_is_one) {
  const auto encoder = encoder_of("sam2.1-micro", at::kFloat);
  MemoryDemand demand = demand_of(8, 1, {64, 64});
  demand.tracker.objects_per_pass = 2;
  const uint64_t two = memory_need(encoder, demand).sum();
  demand.tracker.objects_per_pass = 8;
  const MemoryPlan plan = plan_memory(encoder, demand, {0, two});
  ck_assert_int_eq(plan.objects_per_pass, 2);
  ck_assert_msg(plan.warning.find("2 objects at a time") != std::string::npos,
                "%s", plan.warning.c_str());
}
END_TEST

START_TEST(test_what_fits_is_granted_as_asked) {
  const auto encoder = encoder_of("sam2.1-micro", at::kFloat);
  MemoryDemand demand = demand_of(3, 4, {64, 64});
  demand.tracker.objects_per_pass = 0;
  for (const uint64_t limit : {uint64_t{0}, 4000 * kMiB}) {
    const MemoryPlan plan = plan_memory(encoder, demand, {kMiB, limit});
    ck_assert_int_eq(plan.batch_size, 4);
    ck_assert_int_eq(plan.objects_per_pass, 0);
    ck_assert_str_eq(plan.warning.c_str(), "");
  }
}
END_TEST

START_TEST(test_refusal_says_by_how_much_and_what_to_change) {
  const auto encoder = encoder_of("sam2.1-micro", at::kFloat);
  const MemoryDemand demand = demand_of(100, 1, {64, 64});
  const uint64_t need = memory_need(encoder, demand).sum();
  const uint64_t in_use = 20 * kMiB - need % kMiB;  // whole MiB together
  const auto whole = [](uint64_t bytes) {
    return std::to_string(bytes / kMiB) + " MiB";
  };
  assert_refused(
      plan_memory(encoder, demand,
                  {in_use, in_use + need - 3 * kMiB, "memory-fraction"}),
      ErrorCode::kNoMemory,
      "Up to 100 objects take about " + whole(in_use + need) +
          ", 3 MiB more than the limit of " + whole(in_use + need - 3 * kMiB) +
          ". Track fewer objects (max-objects), lower input-size, or raise "
          "memory-fraction.");
}
END_TEST

START_TEST(test_frames_that_wait_and_encoding_beside_the_tracking_count) {
  const auto encoder = encoder_of("sam2.1-micro", at::kFloat);
  MemoryDemand demand = demand_of(2, 4, {64, 64});
  const MemoryNeed plain = memory_need(encoder, demand);
  demand.frames_waiting = 3;
  const MemoryNeed waiting = memory_need(encoder, demand);
  demand.encodes_beside = true;
  const MemoryNeed beside = memory_need(encoder, demand);
  demand.frames_waiting = 0;
  demand.tracker.frames_held = 3;
  const MemoryNeed held = memory_need(encoder, demand);
  ck_assert_uint_eq(plain.frames, 0);
  ck_assert_uint_gt(waiting.frames, 0);
  ck_assert_uint_eq(waiting.frames, held.frames);
  ck_assert_uint_eq(waiting.work, plain.work);
  ck_assert_uint_gt(beside.work, plain.work);
  ck_assert_uint_le(beside.work, 2 * plain.work);
}
END_TEST

START_TEST(test_reserved_memory_is_enough_for_the_stream) {
  const auto encoder = encoder_of("sam2.1-nano", at::kFloat);
  const c10::InferenceMode guard;
  MemoryDemand demand = demand_of(3, 2, {320, 240});
  demand.tracker.objects_per_pass = 3;
  release_cached_cpu_memory();
  reserve_memory(encoder, demand, plan_memory(encoder, demand, {}));
  const auto reserved = [] {
    const CpuMemory now = cpu_memory();
    return now.used_bytes + now.cached_bytes;
  };
  const size_t before = reserved();
  ck_assert_uint_ge(before - cpu_memory().used_bytes,
                    memory_need(encoder, demand).work * 8 / 10);
  run_stream(encoder, demand, kFrames);
  // Tensors that are too small to be kept come and go.
  ck_assert_msg(reserved() <= before + before / 20,
                "grew from %.2f to %.2f MiB", double(before) / kMiB,
                double(reserved()) / kMiB);
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("memory_plan");
  tcase_add_loop_test(tests, test_need_is_within_a_tenth_of_the_peak, 0,
                      static_cast<int>(cases().size()));
  tcase_add_loop_test(tests,
                      test_objects_that_go_together_take_no_more_than_foreseen,
                      0, static_cast<int>(cases().size()));
  tcase_add_test(tests, test_bank_is_never_larger_than_foreseen);
  tcase_add_test(tests, test_batch_is_halved_until_it_fits);
  tcase_add_test(tests, test_passes_are_halved_when_the_batch_is_one);
  tcase_add_test(tests, test_what_fits_is_granted_as_asked);
  tcase_add_test(tests, test_refusal_says_by_how_much_and_what_to_change);
  tcase_add_test(tests,
                 test_frames_that_wait_and_encoding_beside_the_tracking_count);
  tcase_add_test(tests, test_reserved_memory_is_enough_for_the_stream);
  return run_case("engine", tests);
}
