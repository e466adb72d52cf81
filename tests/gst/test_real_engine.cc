// The elements on the real tracker library, found as a user's is, and the
// smallest model. Every test is a process of its own (Check forks), so each
// one loads the library anew.
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "analytics_meta.h"
#include "io/result_json.h"
#include "support/gst_test.h"
#include "support/malformed_files.h"

namespace {

constexpr int kWidth = 160;
constexpr int kHeight = 96;
constexpr int kFrames = 6;

std::string from_environment(const char *name) {
  const char *value = std::getenv(name);
  fail_unless(value != nullptr, "%s is not set", name);
  return value;
}

std::string model() { return from_environment("SAM2_MICRO_MODEL"); }
std::string data(const std::string &name) {
  return from_environment("SAM2_MALFORMED_FILES") + "/" + name;
}

// A tracker that is refused and may be started again, with its bus.
class Track {
 public:
  Track()
      : element_(GST_ELEMENT(gst_object_ref_sink(
            gst_element_factory_make("sam2track", nullptr)))),
        bus_(gst_bus_new()) {
    gst_element_set_bus(element_.get(), bus_.get());
  }
  ~Track() {
    gst_element_set_state(element_.get(), GST_STATE_NULL);
    gst_element_set_bus(element_.get(), nullptr);
  }
  GstElement *get() const { return element_.get(); }

  // Goes up to PAUSED with this model and device, and what it says about it.
  std::vector<sam2::PostedError> errors_with(const std::string &model_file,
                                             const char *device = "cpu") {
    g_object_set(get(), "model-file",
                 model_file.empty() ? nullptr : model_file.c_str(), "device",
                 device, nullptr);
    state_ = gst_element_set_state(get(), GST_STATE_PAUSED);
    return sam2::posted_errors(bus_.get());
  }
  bool is_paused() const { return state_ == GST_STATE_CHANGE_SUCCESS; }
  void to_null() { gst_element_set_state(get(), GST_STATE_NULL); }

 private:
  sam2::ElementPtr element_;
  sam2::BusPtr bus_;
  GstStateChangeReturn state_ = GST_STATE_CHANGE_FAILURE;
};

// Refuses with this one error, and works when its cause is gone.
#define ASSERT_REFUSED_ONCE(model_file, device, code, text)              \
  do {                                                                   \
    Track track;                                                         \
    ASSERT_ONE_ERROR(track.errors_with(model_file, device),              \
                     GST_RESOURCE_ERROR, code, text);                    \
    fail_if(track.is_paused());                                          \
    track.to_null();                                                     \
    fail_unless(track.errors_with(model()).empty() && track.is_paused(), \
                "does not start after \"%s\"",                           \
                std::string(model_file).c_str());                        \
  } while (false)

GST_START_TEST(test_without_model_file_the_bundled_model_is_used) {
  Track track;
  const auto errors = track.errors_with("");
  fail_unless(errors.empty() && track.is_paused());
}
GST_END_TEST

std::string refusal(const std::string &path, const std::string &reason) {
  return "Could not read the checkpoint \"" + path + "\": " + reason +
         ". Set model-file to a SAM 2 .pt or .safetensors file.";
}

GST_START_TEST(test_a_malformed_model_is_one_error_and_the_next_one_loads) {
  for (const auto &file : sam2::test::kMalformedFiles) {
    const std::string path = data(file.name);
    ASSERT_REFUSED_ONCE(path, "cpu", GST_RESOURCE_ERROR_READ,
                        refusal(path, file.reason));
  }
}
GST_END_TEST

GST_START_TEST(test_a_file_of_other_tensors_is_one_error) {
  struct {
    const char *name;
    int count;
  } const files[] = {{"ok_tiny.safetensors", 1},
                     {"transposed_view.pt", 2},
                     {"half_few_keys.pt", 3}};
  for (const auto &file : files)
    ASSERT_REFUSED_ONCE(
        data(file.name), "cpu", GST_RESOURCE_ERROR_READ,
        "The model file holds no SAM 2 model: there is no tensor "
        "\"image_encoder.trunk.patch_embed.proj.weight\" of 4 dimensions "
        "among its " +
            std::to_string(file.count) +
            ". Set model-file to a SAM 2 .pt or .safetensors file.");
}
GST_END_TEST

GST_START_TEST(test_a_missing_file_and_a_folder_are_one_error_each) {
  const sam2::ScratchFolder folder;
  ASSERT_REFUSED_ONCE(
      folder.path("nothing.pt"), "cpu", GST_RESOURCE_ERROR_NOT_FOUND,
      "Could not find the checkpoint \"" + folder.path("nothing.pt") +
          "\". Set model-file to a SAM 2 .pt or .safetensors "
          "file.");
  ASSERT_REFUSED_ONCE(folder.path("."), "cpu", GST_RESOURCE_ERROR_READ,
                      refusal(folder.path("."), "it is a folder"));
}
GST_END_TEST

GST_START_TEST(test_a_device_that_is_not_there_is_one_error) {
  ASSERT_REFUSED_ONCE(model(), "tpu", GST_RESOURCE_ERROR_SETTINGS,
                      "There is no kind of device named \"tpu\". Set device to "
                      "auto, cpu, cuda or cuda:N.");
}
GST_END_TEST

// How many GPUs there are is the affair of the machine.
GST_START_TEST(test_a_gpu_that_is_not_there_is_one_error) {
  Track track;
  const auto errors = track.errors_with(model(), "cuda:120");
  fail_unless_equals_int(errors.size(), 1);
  const std::string text = errors[0].text;
  const size_t digits = text.find_first_of("0123456789", text.find("sees"));
  ASSERT_ONE_ERROR(errors, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND,
                   "The device \"cuda:120\" is not there: LibTorch sees " +
                       std::to_string(std::atoi(text.c_str() + digits)) +
                       " CUDA GPUs. Set device to auto or cpu.");
}
GST_END_TEST

// ---- what loading the library does to the process ----

bool is_mapped(const std::string &library) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);)
    if (line.find(library) != std::string::npos) return true;
  return false;
}

GST_START_TEST(test_the_library_is_opened_by_the_element_and_not_the_plugin) {
  const Track track;
  fail_unless(is_mapped("libgstsam2"));
  fail_if(is_mapped("libsam2.so"));
  fail_if(is_mapped("libtorch"));
  gst_element_set_state(track.get(), GST_STATE_READY);
  fail_unless(is_mapped("libsam2.so"));
  fail_unless(is_mapped("libtorch"));
}
GST_END_TEST

void ours(int) {}

GST_START_TEST(test_signal_handlers_are_the_programs_own_after_loading) {
  const int signals[] = {SIGHUP, SIGSEGV, SIGBUS, SIGFPE, SIGILL};
  // Two kinds of owner: a program without a handler and one with its own.
  signal(SIGBUS, ours);
  signal(SIGILL, SIG_IGN);
  struct sigaction before[5], after[5];
  for (int i = 0; i < 5; ++i) sigaction(signals[i], nullptr, &before[i]);
  Track track;
  fail_unless(track.errors_with(model()).empty());
  for (int i = 0; i < 5; ++i) {
    sigaction(signals[i], nullptr, &after[i]);
    fail_unless(before[i].sa_handler == after[i].sa_handler, "signal %d",
                signals[i]);
    // Only this flag: sigaction() adds one of its own when it sets handlers.
    fail_unless_equals_int(before[i].sa_flags & SA_SIGINFO,
                           after[i].sa_flags & SA_SIGINFO);
  }
}
GST_END_TEST

// ---- frames ----

// Grey noise with a bright disc that moves to the right, in every plane alike.
sam2::BufferPtr drawn_frame(const GstVideoInfo &info, int index) {
  auto buffer = sam2::video_buffer(info, 0, index);
  sam2::VideoFrameMap frame(info, buffer.get(), GST_MAP_WRITE);
  for (guint c = 0; c < GST_VIDEO_FRAME_N_COMPONENTS(frame.get()); ++c) {
    auto *plane =
        static_cast<uint8_t *>(GST_VIDEO_FRAME_COMP_DATA(frame.get(), c));
    const int height = GST_VIDEO_FRAME_COMP_HEIGHT(frame.get(), c);
    const int width = GST_VIDEO_FRAME_COMP_WIDTH(frame.get(), c);
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x) {
        const int dx = x * kWidth / width - 60 - 4 * index;
        const int dy = y * kHeight / height - 48;
        plane[y * GST_VIDEO_FRAME_COMP_STRIDE(frame.get(), c) +
              x * GST_VIDEO_FRAME_COMP_PSTRIDE(frame.get(), c)] =
            static_cast<uint8_t>(
                dx * dx + dy * dy < 400 ? 220 : 60 + (x * 7 + y * 13) % 32);
      }
  }
  return buffer;
}

std::vector<uint8_t> bytes(GstBuffer *buffer) {
  std::vector<uint8_t> all(gst_buffer_get_size(buffer));
  gst_buffer_extract(buffer, 0, all.data(), all.size());
  return all;
}

void assert_inside_frame(const sam2::BoxPx &box) {
  fail_unless(box.x >= 0 && box.y >= 0);
  fail_unless(box.width > 0 && box.x + box.width <= kWidth);
  fail_unless(box.height > 0 && box.y + box.height <= kHeight);
}

// Both objects are there: seen, with a mask, or as lost.
void assert_objects(GstBuffer *buffer) {
  const auto objects = sam2::read_objects(buffer);
  fail_unless_equals_int(objects.size(), 2);
  for (size_t i = 0; i < 2; ++i) {
    fail_unless_equals_int64(*objects[i].object_id, i == 0 ? 3 : 8);
    fail_unless(objects[i].object_score.has_value());
    fail_unless(objects[i].is_lost == objects[i].mask.is_empty());
    if (objects[i].is_lost) continue;
    assert_inside_frame(objects[i].box);
    assert_inside_frame(objects[i].mask_box);
  }
}

void assert_line(GstBuffer *line, int frame) {
  const auto text = bytes(line);
  fail_unless_equals_int(text.back(), '\n');
  const auto read = sam2::result_from_json(
      {reinterpret_cast<const char *>(text.data()), text.size() - 1});
  fail_unless_equals_int64(read.result.frame_index, frame);
  fail_unless_equals_int64(*read.pts_ns, frame * 40 * GST_MSECOND);
  fail_unless_equals_int(read.result.objects.size(), 2);
}

void track_and_write(GstVideoFormat format) {
  const GstVideoInfo info = sam2::video_info(format, kWidth, kHeight);
  const auto track = sam2::video_harness(
      "sam2track device=cpu precision=fp32 model-file=\"" + model() +
          "\" prompt=\"3:box=40,28,40,40; 8:points=120,20,+\"",
      info);
  const auto write = sam2::video_harness("sam2jsonenc", info);
  for (int frame = 0; frame < kFrames; ++frame) {
    auto buffer = drawn_frame(info, frame);
    const auto before = bytes(buffer.get());
    auto tracked = sam2::push_and_pull(track.get(), std::move(buffer));
    fail_unless(bytes(tracked.get()) == before);
    assert_objects(tracked.get());
    const auto line = sam2::push_and_pull(write.get(), std::move(tracked));
    assert_line(line.get(), frame);
  }
  fail_unless_equals_int(gst_harness_buffers_in_queue(write.get()), 0);
}

GST_START_TEST(test_every_frame_gets_both_objects_and_keeps_its_pixels) {
  track_and_write(GST_VIDEO_FORMAT_RGB);
  track_and_write(GST_VIDEO_FORMAT_I420);
}
GST_END_TEST

// Whether the object is the disc as it is on a frame, within `slack_px`.
bool is_disc(const sam2::AnalyticsObject &object, int frame, float slack_px) {
  const sam2::BoxPx &box = object.box;
  const auto is_near = [slack_px](float found, float wanted) {
    return std::abs(found - wanted) <= slack_px;
  };
  return is_near(box.x, 40 + 4 * frame) && is_near(box.y, 28) &&
         is_near(box.width, 40) && is_near(box.height, 40);
}

// The bundled model is a small one: a sixteenth of the picture's height.
constexpr float kSlackPx = 6;

GST_START_TEST(test_what_a_detector_finds_is_segmented_and_tracked) {
  const GstVideoInfo info =
      sam2::video_info(GST_VIDEO_FORMAT_RGB, kWidth, kHeight);
  const auto track = sam2::video_harness("sam2track device=cpu", info);
  for (int frame = 0; frame < kFrames; ++frame) {
    auto buffer = drawn_frame(info, frame);
    if (frame == 1)
      gst_buffer_add_video_region_of_interest_meta(buffer.get(), "ball", 43, 27,
                                                   42, 42);
    const auto out = sam2::push_and_pull(track.get(), std::move(buffer));
    if (frame == 0)
      fail_unless(sam2::read_objects(out.get()).empty());
    else
      fail_unless(
          is_disc(sam2::read_objects(out.get()).at(0), frame, kSlackPx));
  }
}
GST_END_TEST

GST_START_TEST(test_what_stands_out_is_found_without_a_prompt) {
  const GstVideoInfo info =
      sam2::video_info(GST_VIDEO_FORMAT_RGB, kWidth, kHeight);
  const auto track =
      sam2::video_harness("sam2track device=cpu auto-prompt=everything", info);
  const auto out = sam2::push_and_pull(track.get(), drawn_frame(info, 0));
  const auto objects = sam2::read_objects(out.get());
  fail_unless(std::any_of(
      objects.begin(), objects.end(),
      [](const auto &object) { return is_disc(object, 0, kSlackPx); }));
}
GST_END_TEST

// The label maps of sam2mask of the disc, which a box shows.
std::vector<std::vector<uint8_t>> label_maps(const std::string &properties) {
  const GstVideoInfo info =
      sam2::video_info(GST_VIDEO_FORMAT_RGB, kWidth, kHeight);
  const auto track = sam2::video_harness(
      "sam2track device=cpu precision=fp32 fill-hole-area=0 "
      "prompt=\"1:box=40,28,40,40\" " +
          properties,
      info);
  const auto map = sam2::video_harness("sam2mask", info);
  std::vector<std::vector<uint8_t>> maps;
  for (int frame = 0; frame < 3; ++frame) {
    auto tracked = sam2::push_and_pull(track.get(), drawn_frame(info, frame));
    maps.push_back(
        bytes(sam2::push_and_pull(map.get(), std::move(tracked)).get()));
  }
  return maps;
}

// Whether the map has an edge less than a pixel of the model's masks away;
// these are 96 x 96.
bool is_rim(const std::vector<uint8_t> &map, int x, int y) {
  const auto at = [&](int u, int v) {
    return map[std::clamp(v, 0, kHeight - 1) * kWidth +
               std::clamp(u, 0, kWidth - 1)];
  };
  for (int dy = -1; dy <= 1; ++dy)
    for (int dx = -2; dx <= 2; ++dx)
      if (at(x + dx, y + dy) != at(x, y)) return true;
  return false;
}

GST_START_TEST(test_masks_of_the_model_differ_by_a_rim_of_their_pixels) {
  const auto fine = label_maps("mask-resolution=frame");
  const auto coarse = label_maps("mask-resolution=model");
  for (size_t i = 0; i < fine.size(); ++i) {
    fail_unless_equals_int(fine[i].size(), kWidth * kHeight);
    fail_unless_equals_int(coarse[i].size(), kWidth * kHeight);
    int differing = 0;
    for (int y = 0; y < kHeight; ++y)
      for (int x = 0; x < kWidth; ++x) {
        if (fine[i][y * kWidth + x] == coarse[i][y * kWidth + x]) continue;
        fail_unless(is_rim(fine[i], x, y), "frame %zu at %d,%d", i, x, y);
        ++differing;
      }
    fail_unless(differing > 0);
  }
}
GST_END_TEST

GST_START_TEST(test_a_model_of_another_type_is_one_error) {
  Track track;
  g_object_set(track.get(), "model-type", "large", nullptr);
  ASSERT_ONE_ERROR(
      track.errors_with(model()), GST_RESOURCE_ERROR,
      GST_RESOURCE_ERROR_SETTINGS,
      "The model file holds sam2.1-micro, and model-type is large. "
      "Set model-type to auto or micro, or model-file to another "
      "file.");
  track.to_null();
  g_object_set(track.get(), "model-type", "micro", nullptr);
  fail_unless(track.errors_with(model()).empty() && track.is_paused());
}
GST_END_TEST

// What sam2jsonenc writes of the disc on each frame.
std::vector<sam2::ObjectResult> written_discs(const std::string &properties) {
  const GstVideoInfo info =
      sam2::video_info(GST_VIDEO_FORMAT_RGB, kWidth, kHeight);
  const auto track = sam2::video_harness(
      "sam2track device=cpu prompt=\"1:box=40,28,40,40\" " + properties, info);
  const auto write = sam2::video_harness("sam2jsonenc", info);
  std::vector<sam2::ObjectResult> written;
  for (int frame = 0; frame < kFrames; ++frame) {
    auto tracked = sam2::push_and_pull(track.get(), drawn_frame(info, frame));
    const auto line =
        bytes(sam2::push_and_pull(write.get(), std::move(tracked)).get());
    written.push_back(
        sam2::result_from_json(
            {reinterpret_cast<const char *>(line.data()), line.size()})
            .result.objects.at(0));
  }
  return written;
}

GST_START_TEST(test_scores_of_the_motion_are_written_with_samurai_only) {
  const auto frames =
      written_discs("memory-policy=samurai stable-frames-threshold=2");
  fail_unless(!frames[0].kf_score);
  for (int frame = 0; frame < kFrames; ++frame)
    fail_unless_equals_int(*frames[frame].stable_frames, std::min(frame, 2));
  for (int frame = 3; frame < kFrames; ++frame)
    fail_unless(*frames[frame].kf_score > 0.5f && *frames[frame].kf_score <= 1);
  for (const sam2::ObjectResult &object : written_discs(""))
    fail_unless(!object.kf_score && !object.stable_frames);
}
GST_END_TEST

GST_START_TEST(test_masks_of_the_model_come_back_from_a_file_as_they_are) {
  const GstVideoInfo info =
      sam2::video_info(GST_VIDEO_FORMAT_RGB, kWidth, kHeight);
  const auto track = sam2::video_harness(
      "sam2track device=cpu mask-resolution=model "
      "prompt=\"1:box=40,28,40,40\"",
      info);
  const auto write = sam2::video_harness("sam2jsonenc", info);
  auto tracked = sam2::push_and_pull(track.get(), drawn_frame(info, 0));
  const auto wanted =
      sam2::read_objects(tracked.get(), {kWidth, kHeight}).at(0);
  fail_unless(wanted.mask_covers_frame);
  fail_unless(wanted.mask.width == 96 && wanted.mask.height == 96);
  const auto line =
      bytes(sam2::push_and_pull(write.get(), std::move(tracked)).get());
  const auto found =
      sam2::result_from_json(
          {reinterpret_cast<const char *>(line.data()), line.size()})
          .result.objects.at(0);
  fail_unless(found.mask_covers_frame);
  fail_unless(found.mask.width == 96 && found.mask.height == 96);
  fail_unless(found.mask.pixels == wanted.mask.pixels);
  fail_unless(found.box.x == wanted.box.x && found.box.y == wanted.box.y);
  fail_unless(found.box.width == wanted.box.width);
  fail_unless(found.box.height == wanted.box.height);
}
GST_END_TEST

Suite *real_engine_suite() {
  Suite *suite = suite_create("real_engine");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases,
                 test_a_malformed_model_is_one_error_and_the_next_one_loads);
  tcase_add_test(cases, test_without_model_file_the_bundled_model_is_used);
  tcase_add_test(cases, test_a_file_of_other_tensors_is_one_error);
  tcase_add_test(cases, test_a_missing_file_and_a_folder_are_one_error_each);
  tcase_add_test(cases, test_a_device_that_is_not_there_is_one_error);
  tcase_add_test(cases, test_a_gpu_that_is_not_there_is_one_error);
  tcase_add_test(cases,
                 test_the_library_is_opened_by_the_element_and_not_the_plugin);
  tcase_add_test(cases,
                 test_signal_handlers_are_the_programs_own_after_loading);
  tcase_add_test(cases,
                 test_every_frame_gets_both_objects_and_keeps_its_pixels);
  tcase_add_test(cases, test_what_a_detector_finds_is_segmented_and_tracked);
  tcase_add_test(cases, test_what_stands_out_is_found_without_a_prompt);
  tcase_add_test(cases,
                 test_masks_of_the_model_differ_by_a_rim_of_their_pixels);
  tcase_add_test(cases, test_a_model_of_another_type_is_one_error);
  tcase_add_test(cases,
                 test_scores_of_the_motion_are_written_with_samurai_only);
  tcase_add_test(cases,
                 test_masks_of_the_model_come_back_from_a_file_as_they_are);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(real_engine)
