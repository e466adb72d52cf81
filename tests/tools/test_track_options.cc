#include <glib.h>

#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "io/test_helpers.h"
#include "track_options.h"

namespace {

using sam2::TrackOptions;
using Arguments = std::vector<std::string>;

TrackOptions parsed(Arguments arguments) {
  arguments.insert(arguments.begin(), "sam2-track");
  std::vector<char *> pointers;
  for (std::string &argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  int argc = static_cast<int>(arguments.size());
  char **argv = pointers.data();
  return sam2::parse_track_options(&argc, &argv);
}

START_TEST(test_defaults_are_the_tracker_s_own) {
  const TrackOptions options =
      parsed({"clip.mp4", "--model", "a.pt", "--prompt", "1:box=1,2,3,4"});
  assert_text_eq(options.input, "clip.mp4");
  assert_text_eq(options.model.model_file, "a.pt");
  assert_text_eq(options.model.device, "auto");
  assert_text_eq(options.model.model_type, "auto");
  ck_assert(options.model.precision == sam2::Precision::kAuto);
  ck_assert_int_eq(options.model.input_size_px, 0);
  assert_text_eq(options.tracker.memory_policy, "recent");
  assert_text_eq(options.prompt_text, "1:box=1,2,3,4");
  assert_text_eq(options.output_file, "");
  assert_text_eq(options.label_folder, "");
  assert_text_eq(options.load_state, "");
  assert_text_eq(options.save_state, "");
  ck_assert_int_eq(options.max_frames, 0);
  ck_assert_int_eq(options.ahead.batch_size, 1);
  ck_assert_int_eq(options.ahead.frames_ahead, 0);
}
END_TEST

START_TEST(test_every_option_is_read) {
  const TrackOptions options = parsed(
      {"--model=a.pt", "--mask=m.png", "--device=cuda:1", "--model-type=tiny",
       "--precision=bf16", "--input-size=512", "--memory-policy=samurai",
       "--max-frames=7", "--output=o.ndjson", "--label-png=labels",
       "--fps=12.5", "--batch-size=4", "--lookahead=8", "--load-state=old",
       "--save-state=new", "frames"});
  assert_text_eq(options.input, "frames");
  assert_text_eq(options.mask_file, "m.png");
  assert_text_eq(options.model.device, "cuda:1");
  assert_text_eq(options.model.model_type, "tiny");
  ck_assert(options.model.precision == sam2::Precision::kBf16);
  ck_assert_int_eq(options.model.input_size_px, 512);
  assert_text_eq(options.tracker.memory_policy, "samurai");
  ck_assert_int_eq(options.max_frames, 7);
  assert_text_eq(options.output_file, "o.ndjson");
  assert_text_eq(options.label_folder, "labels");
  assert_text_eq(options.load_state, "old");
  assert_text_eq(options.save_state, "new");
  ck_assert_double_eq(options.fps, 12.5);
  ck_assert_int_eq(options.ahead.batch_size, 4);
  ck_assert_int_eq(options.ahead.frames_ahead, 8);
}
END_TEST

std::string numbers_of(const sam2::TrackerSettings &s) {
  std::ostringstream text;
  text << s.num_maskmem << " " << s.max_obj_ptrs << " " << s.max_cond_frames
       << " " << s.memory_stride << " " << s.fill_hole_area_px << " "
       << s.non_overlap_masks << " " << s.mask_threshold;
  return text.str();
}

START_TEST(test_tracker_option_is_read_as_itself) {
  const std::pair<const char *, const char *> kCases[] = {
      {"--prompt=a", "7 16 4 1 8 0 0"},
      {"--num-maskmem=3", "3 16 4 1 8 0 0"},
      {"--max-obj-ptrs=5", "7 5 4 1 8 0 0"},
      {"--max-cond-frames=-1", "7 16 -1 1 8 0 0"},
      {"--memory-stride=2", "7 16 4 2 8 0 0"},
      {"--fill-hole-area=0", "7 16 4 1 0 0 0"},
      {"--non-overlap-masks", "7 16 4 1 8 1 0"},
      {"--mask-threshold=-1.5", "7 16 4 1 8 0 -1.5"},
  };
  for (const auto &[option, wanted] : kCases)
    assert_text_eq(
        numbers_of(parsed({"c", "--model=a", "--prompt=b", option}).tracker),
        wanted);
}
END_TEST

std::string skipping_of(const TrackOptions &options) {
  const sam2::TrackerSettings &s = options.tracker;
  std::ostringstream text;
  text << options.inference_interval << " "
       << sam2::skipped_frames_rows().at(int(s.skipped_frames)).name << " "
       << s.max_coast_frames << " " << s.camera_motion;
  return text.str();
}

START_TEST(test_skipping_option_is_read_as_itself) {
  const std::pair<const char *, const char *> kCases[] = {
      {"--prompt=a", "1 motion 30 0"},
      {"--inference-interval=4", "4 motion 30 0"},
      {"--skipped-frames=hold", "1 hold 30 0"},
      {"--skipped-frames=none", "1 none 30 0"},
      {"--max-coast-frames=0", "1 motion 0 0"},
      {"--camera-motion", "1 motion 30 1"},
  };
  for (const auto &[option, wanted] : kCases)
    assert_text_eq(
        skipping_of(parsed({"c", "--model=a", "--prompt=b", option})), wanted);
}
END_TEST

START_TEST(test_offload_state_is_read_by_its_name) {
  for (const sam2::OffloadStateRow &row : sam2::offload_state_rows()) {
    const std::string option = std::string("--offload-state=") + row.name;
    const TrackOptions options =
        parsed({"c", "--model=a", "--prompt=b", option.c_str()});
    ck_assert(options.tracker.offload_state == row.value);
  }
}
END_TEST

struct WrongUse {
  Arguments arguments;
  const char *sentence;
};

const WrongUse kWrongUses[] = {
    {{"--model=a", "--prompt=b"},
     "Give one video file or one folder of pictures."},
    {{"--model=a", "--prompt=b", "c", "d"},
     "Give one video file or one folder of pictures."},
    {{"--model=a", "c"},
     "Give --prompt, --mask or --load-state to say what to track."},
    {{"--model=a", "--prompt=b", "c", "--precision=fp8"},
     "There is no precision \"fp8\". Give --precision auto, fp32, tf32, "
     "bf16 or fp16."},
    {{"--model=a", "--prompt=b", "c", "--input-size=-1"},
     "The input size -1 is negative. Give --input-size in pixels."},
    {{"--model=a", "--prompt=b", "c", "--max-frames=-1"},
     "The number of frames -1 is negative. Give --max-frames above 0."},
    {{"--model=a", "--prompt=b", "c", "--inference-interval=0"},
     "The inference interval is 0. Give --inference-interval 1 or more "
     "frames."},
    {{"--model=a", "--prompt=b", "c", "--skipped-frames=repeat"},
     "Skipped frames cannot be treated by \"repeat\". Set skipped-frames to "
     "one of: hold, motion, none."},
    {{"--model=a", "--prompt=b", "c", "--offload-state=often"},
     "Memories cannot be offloaded \"often\". Set offload-state to one of: "
     "never, auto, always."},
    {{"--model=a", "--prompt=b", "c", "--fps=nan"},
     "The frame rate is not between 0 and 1000000. Give --fps in frames a "
     "second."},
    {{"--model=a", "--prompt=b", "c", "--memory-limit=-1"},
     "The memory limit -1 is negative. Give --memory-limit in bytes."},
    {{"--model=a", "--prompt=b", "c", "--batch-size=0"},
     "--batch-size is 0. Give it from 1 to 64."},
    {{"--model=a", "--prompt=b", "c", "--lookahead=65"},
     "--lookahead is 65. Give it from 0 to 64."},
    {{"--nonsense"}, "Unknown option --nonsense."},
};

START_TEST(test_wrong_use_is_refused_with_its_own_sentence) {
  const WrongUse &use = kWrongUses[_i];
  assert_text_eq(sam2::test::error_of([&use] { parsed(use.arguments); }),
                 use.sentence);
}
END_TEST

START_TEST(test_memory_options_are_read_and_the_environment_gives_defaults) {
  g_setenv("SAM_GPU_MEMORY_FRACTION", "0.5", TRUE);
  g_setenv("SAM_MEMORY_WARNING_THRESHOLD", "2", TRUE);
  const auto options =
      parsed({"c", "--model=a", "--prompt=b", "--memory-limit=123456789012",
              "--memory-report"});
  ck_assert_uint_eq(options.model.memory.limit_bytes, 123456789012);
  ck_assert_double_eq(options.model.memory.fraction, 0.5);
  ck_assert(options.reports_memory);
  ck_assert_uint_eq(options.warnings.size(), 1);
  g_unsetenv("SAM_GPU_MEMORY_FRACTION");
  g_unsetenv("SAM_MEMORY_WARNING_THRESHOLD");
  ck_assert(!parsed({"c", "--model=a", "--prompt=b"}).reports_memory);
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("track_options");
  tcase_add_test(tests, test_defaults_are_the_tracker_s_own);
  tcase_add_test(tests, test_every_option_is_read);
  tcase_add_test(tests, test_tracker_option_is_read_as_itself);
  tcase_add_test(tests, test_skipping_option_is_read_as_itself);
  tcase_add_test(tests, test_offload_state_is_read_by_its_name);
  tcase_add_test(
      tests, test_memory_options_are_read_and_the_environment_gives_defaults);
  tcase_add_loop_test(tests, test_wrong_use_is_refused_with_its_own_sentence, 0,
                      std::size(kWrongUses));
  return sam2::test::run("tools_track_options", tests);
}
