// Memory runs out at any allocation of a run: the tracker stays as it was, and
// the same call made again gives what it would have given. SAM2_FAULT_STRIDE=1
// fails every allocation (half an hour), else every 211th.
#include <c10/util/Exception.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/stream_tracker.h"
#include "gpu/cpu_allocator.h"
#include "track/micro_clip.h"
// Last: Check's macros get in the way of C++ headers.
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

constexpr int kSide = 64;
constexpr size_t kOften = 211;
const char *const kPolicies[] = {"recent", "samurai", "distractor"};

size_t fault_stride() {
  const char *text = std::getenv("SAM2_FAULT_STRIDE");
  return text ? std::max(1, std::atoi(text)) : kOften;
}

std::string text(const ObjectResult &object) {
  const auto &pixels = object.mask.pixels;
  const std::string_view bytes(reinterpret_cast<const char *>(pixels.data()),
                               pixels.size());
  char out[200];
  std::snprintf(out, sizeof out, " [%d %a %a %g,%g %dx%d %zx %d%d %d-%d]",
                static_cast<int>(object.object_id), object.predicted_iou,
                object.object_score, object.box.x, object.box.y,
                object.mask.width, object.mask.height,
                std::hash<std::string_view>()(bytes), object.is_lost,
                object.is_coasted, static_cast<int>(object.first_seen),
                static_cast<int>(object.last_seen));
  return out;
}

// All numbers to the bit, masks as their hash.
std::string text(const FrameResult &result) {
  std::string out = std::to_string(result.frame_index);
  for (const ObjectResult &object : result.objects) out += text(object);
  return out;
}

Prompt click(int64_t id, float x_px, float y_px, bool is_positive = true) {
  Prompt prompt;
  prompt.object_id = id;
  prompt.points = {{x_px, y_px, is_positive}};
  return prompt;
}

// What happens to a tracker, one call each; says what it answered.
using Call = std::function<std::string(StreamTracker &)>;

Call tracked(int frame) {
  return [frame](StreamTracker &t) { return text(t.track(clip_frame(frame))); };
}

// Six tracked frames with three objects: a click, a box and a mask, a
// correction, one of a frame that is held, and a skipped frame.
std::vector<Call> calls() {
  const auto prompted = [](const Prompt &prompt) -> Call {
    return [prompt](StreamTracker &t) {
      t.add_prompt(prompt);
      return std::string();
    };
  };
  Prompt box;
  box.object_id = 2;
  box.box = BoxPx{180, 50, 30, 40};
  Prompt mask;
  mask.object_id = 3;
  mask.mask = MaskImage{kClipWidth, kClipHeight,
                        std::vector<uint8_t>(kClipWidth * kClipHeight, 255)};
  const Call late = [](StreamTracker &t) {
    std::string out;
    for (const auto &result : t.prompt_at(3, click(2, 190, 60)))
      out += text(result);
    return out;
  };
  const Call skipped = [](StreamTracker &t) {
    return text(t.skip(clip_frame(5)));
  };
  return {prompted(click(1, 110, 28)),
          prompted(box),
          tracked(0),
          prompted(mask),
          tracked(1),
          tracked(2),
          prompted(click(1, 90, 30, false)),
          tracked(3),
          tracked(4),
          late,
          skipped,
          tracked(6)};
}

TrackerSettings settings_of(const std::string &policy) {
  TrackerSettings settings;
  settings.memory_policy = policy;
  settings.frames_held = 2;
  settings.camera_motion = true;
  settings.samurai.stable_frames_threshold = 1;
  return settings;
}

std::shared_ptr<const Sam2Model> small_model() {
  static const auto model =
      std::make_shared<Sam2Model>(micro_model()->network(), kSide);
  return model;
}

// A failed call is made again; `first_fault` is forgotten by then.
std::string made(const Call &call, StreamTracker &tracker, bool &has_failed) {
  try {
    return call(tracker);
  } catch (const c10::OutOfMemoryError &) {
    has_failed = true;
  }
  // Whatever comes after the first failure fails too.
  try {
    const std::string answer = call(tracker);
    return answer;
  } catch (const c10::OutOfMemoryError &) {
    inject_cpu_faults({});
  }
  return call(tracker);
}

struct Run {
  std::vector<std::string> answers;
  bool has_failed = false;
};

Run run(const std::string &policy, const CpuFaults &faults) {
  StreamTrackerImpl tracker(small_model(), settings_of(policy));
  Run run;
  inject_cpu_faults(faults);
  for (const Call &call : calls())
    run.answers.push_back(made(call, tracker, run.has_failed));
  inject_cpu_faults({});
  return run;
}

void check(const std::string &policy, const CpuFaults &faults, const Run &found,
           const Run &wanted) {
  for (size_t i = 0; i < wanted.answers.size(); ++i)
    ck_assert_msg(found.answers[i] == wanted.answers[i],
                  "%s, allocation %zu%s, call %zu: %s, not %s", policy.c_str(),
                  faults.first_failing, faults.goes_on ? " and on" : "", i,
                  found.answers[i].c_str(), wanted.answers[i].c_str());
}

START_TEST(test_run_goes_on_to_the_bit_after_any_allocation_has_failed) {
  install_cpu_allocator();
  const std::string policy = kPolicies[_i];
  const Run wanted = run(policy, {});
  const size_t held_bytes = cpu_memory().used_bytes;
  size_t runs = 0;
  bool has_failed = true;
  for (size_t n = 1; has_failed; n += fault_stride()) {
    // Once, or until somebody has given up.
    const CpuFaults faults = {n, ++runs % 2 == 0, 0};
    const Run found = run(policy, faults);
    has_failed = found.has_failed;
    check(policy, faults, found, wanted);
    ck_assert_uint_eq(cpu_memory().used_bytes, held_bytes);
  }
  std::printf("%s: %zu runs\n", policy.c_str(), runs);
  ck_assert_uint_gt(runs, 2);
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("out_of_memory");
  tcase_set_timeout(tests, 0);
  tcase_add_loop_test(
      tests, test_run_goes_on_to_the_bit_after_any_allocation_has_failed, 0,
      sizeof kPolicies / sizeof *kPolicies);
  return run_case("engine", tests);
}
