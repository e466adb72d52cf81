// prompt-file and dlc-likelihood of sam2track.
#include <cstdlib>
#include <fstream>

#include "prompt_run.h"

namespace {

using sam2::objects_on;
using sam2::TrackRun;

class PromptFile {
 public:
  PromptFile(const char *name, const std::string &bytes)
      : path_(folder_.path(name)) {
    std::ofstream(path_, std::ios::binary) << bytes;
  }
  std::string property() const {
    return "prompt=\"\" prompt-file=\"" + path_ + "\" ";
  }
  const std::string &path() const { return path_; }

 private:
  sam2::ScratchFolder folder_;
  std::string path_;
};

// What sam2jsonenc writes of the frames that sam2track makes of `properties`.
std::string recorded(const std::string &properties, int frames) {
  const auto info = sam2::video_info(GST_VIDEO_FORMAT_RGB, 64, 48);
  const auto track = sam2::video_harness(
      "sam2track model-file=fake.pt " + properties + " ! sam2jsonenc", info);
  std::string lines;
  for (int i = 0; i < frames; ++i) {
    const auto line =
        sam2::push_and_pull(track.get(), sam2::video_buffer(info, 9, i));
    const sam2::BufferMap map(line.get(), GST_MAP_READ);
    lines.append(reinterpret_cast<const char *>(map.data()), map.size_bytes());
  }
  return lines;
}

GST_START_TEST(test_lines_of_sam2jsonenc_prompt_their_frames) {
  // Object 2 comes with frame 1.
  const std::string lines =
      recorded("prompt=\"1:box=10,12,6,5; @0.04s 2:box=20,12,6,5\"", 2);
  const PromptFile file("objects.ndjson", lines);
  const TrackRun run(file.property());
  const auto before = objects_on(run, 0);
  fail_unless_equals_int(before.size(), 1);
  // The fake engine shows masks as they were given, the frame for a box.
  fail_unless_equals_int(before[0].mask.pixels.at(12 * 64 + 10), 0);
  fail_unless_equals_int(before[0].mask.pixels.at(12 * 64 + 11), 255);
  fail_unless_equals_int(objects_on(run, 1).size(), 2);
}
GST_END_TEST

// A grey PNG of 64 x 48 pixels: 7 in the lower right quarter, else 0.
constexpr unsigned char kLabelMap[] = {
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d,
    0x49, 0x48, 0x44, 0x52, 0x00, 0x00, 0x00, 0x40, 0x00, 0x00, 0x00, 0x30,
    0x08, 0x00, 0x00, 0x00, 0x00, 0x84, 0x20, 0x23, 0xc3, 0x00, 0x00, 0x00,
    0x24, 0x49, 0x44, 0x41, 0x54, 0x78, 0xda, 0xed, 0xcc, 0x31, 0x0d, 0x00,
    0x00, 0x08, 0x03, 0xb0, 0x7d, 0xf8, 0x77, 0x8c, 0x84, 0x85, 0x97, 0xb4,
    0x02, 0x9a, 0x00, 0xc0, 0xc1, 0x14, 0x02, 0x81, 0x40, 0x20, 0x78, 0x15,
    0x2c, 0xbb, 0xd2, 0x15, 0x01, 0x69, 0xe6, 0x92, 0x0d, 0x00, 0x00, 0x00,
    0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82};

GST_START_TEST(test_a_label_map_prompts_the_first_frame) {
  const PromptFile file(
      "labels.png",
      std::string(reinterpret_cast<const char *>(kLabelMap), sizeof kLabelMap));
  const TrackRun run(file.property());
  const auto objects = objects_on(run, 0);
  fail_unless_equals_int(objects.size(), 1);
  fail_unless_equals_int64(*objects[0].object_id, 7);
  fail_unless_equals_int(objects[0].mask.pixels.at(23 * 64 + 32), 0);
  fail_unless_equals_int(objects[0].mask.pixels.at(24 * 64 + 32), 255);
}
GST_END_TEST

constexpr const char *kDlc =
    "scorer,net,net,net,net,net,net\n"
    "bodyparts,nose,nose,nose,tail,tail,tail\n"
    "coords,x,y,likelihood,x,y,likelihood\n"
    "0,20,20,0.5,40,20,0.9\n"
    "1,22,20,0.8,40,20,0.9\n";

GST_START_TEST(test_body_parts_come_where_they_are_likely_enough) {
  const PromptFile file("dlc.csv", kDlc);
  const TrackRun run(file.property());
  const auto before = objects_on(run, 0);
  fail_unless_equals_int(before.size(), 1);
  fail_unless_equals_string(before[0].label.c_str(), "tail");
  const auto after = objects_on(run, 1);
  fail_unless_equals_int(after.size(), 2);
  fail_unless_equals_string(after[1].label.c_str(), "nose");
  fail_unless_equals_float(after[1].box.x, 18);
}
GST_END_TEST

GST_START_TEST(test_dlc_likelihood_is_the_limit) {
  const PromptFile file("dlc.csv", kDlc);
  const TrackRun run(file.property() + "dlc-likelihood=0.4");
  fail_unless_equals_int(objects_on(run, 0).size(), 2);
}
GST_END_TEST

GST_START_TEST(test_frames_are_counted_anew_after_a_flush) {
  const PromptFile file("dlc.csv", kDlc);
  const TrackRun run(file.property());
  objects_on(run, 0);
  objects_on(run, 1);
  run.send(gst_event_new_flush_start());
  run.send(gst_event_new_flush_stop(TRUE));
  run.send_segment();
  fail_unless_equals_int(objects_on(run, 0).size(), 1);
  fail_unless_equals_int(objects_on(run, 1).size(), 2);
}
GST_END_TEST

GST_START_TEST(test_prompts_of_file_and_text_come_together) {
  const PromptFile file("dlc.csv", kDlc);
  const TrackRun run(file.property());
  objects_on(run, 0);
  g_object_set(run.element(), "prompt", "9:box=1,1,4,4", nullptr);
  const auto objects = objects_on(run, 1);
  fail_unless_equals_int(objects.size(), 3);
  fail_unless_equals_int64(sam2::add_box(run, -1, {1, 1, 4, 4}), 10);
}
GST_END_TEST

GST_START_TEST(test_a_file_that_is_missing_is_an_error_at_the_start) {
  const auto errors = sam2::errors_at_start(
      "sam2track model-file=a.pt prompt-file=/nowhere/prompts.ndjson");
  fail_unless_equals_int(errors.size(), 1);
  fail_unless_equals_int(errors[0].code, GST_RESOURCE_ERROR_NOT_FOUND);
  fail_unless(errors[0].text.find("/nowhere/prompts.ndjson") !=
              std::string::npos);
}
GST_END_TEST

Suite *prompt_file_property_suite() {
  Suite *suite = suite_create("prompt_file_property");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_lines_of_sam2jsonenc_prompt_their_frames);
  tcase_add_test(cases, test_a_label_map_prompts_the_first_frame);
  tcase_add_test(cases, test_body_parts_come_where_they_are_likely_enough);
  tcase_add_test(cases, test_dlc_likelihood_is_the_limit);
  tcase_add_test(cases, test_frames_are_counted_anew_after_a_flush);
  tcase_add_test(cases, test_prompts_of_file_and_text_come_together);
  tcase_add_test(cases, test_a_file_that_is_missing_is_an_error_at_the_start);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(prompt_file_property)
