#include "soak_driver.h"

#include <gst/video/gstvideometa.h>
#include <gst/video/navigation.h>

#include <algorithm>

#include "moving_scene.h"

namespace sam2 {
namespace {

constexpr const char *kRoundProperties[SoakDriver::kRounds] = {
    "inference-interval=1 mask-resolution=frame drop-policy=none "
    "camera-motion=false batch-size=1",
    "inference-interval=1 mask-resolution=frame drop-policy=oldest "
    "camera-motion=true batch-size=1",
    "inference-interval=3 mask-resolution=model drop-policy=none "
    "camera-motion=false batch-size=1",
    "inference-interval=1 mask-resolution=frame drop-policy=oldest "
    "camera-motion=false batch-size=2"};
constexpr struct {
  GstVideoFormat format;
  int width, height;
} kFormats[] = {{GST_VIDEO_FORMAT_RGB, 160, 96},
                {GST_VIDEO_FORMAT_I420, 192, 108},
                {GST_VIDEO_FORMAT_NV12, 128, 128},
                {GST_VIDEO_FORMAT_BGRx, 96, 160},
                {GST_VIDEO_FORMAT_GRAY8, 64, 48}};
// As many frames as are under way when nobody is in a hurry.
constexpr int64_t kUnderWay = 3;

}  // namespace

const SoakDriver::Operation SoakDriver::kTable[] = {
    {"boxes", 30, &SoakDriver::box_in_sight},
    {"clicks on new objects", 15, &SoakDriver::click_new},
    {"corrections", 30, &SoakDriver::correct},
    {"masks", 8, &SoakDriver::paint_mask},
    {"prompts for later frames", 8, &SoakDriver::prompt_later},
    {"prompt events", 8, &SoakDriver::prompt_event},
    {"clicks in the window", 8, &SoakDriver::click_in_window},
    {"prompt properties", 3, &SoakDriver::set_prompt},
    {"detections", 40, &SoakDriver::detect},
    {"removals", 15, &SoakDriver::remove},
    {"clears", 2, &SoakDriver::clear},
    {"resets", 2, &SoakDriver::reset},
    {"caps changes", 5, &SoakDriver::change_caps},
    {"flushes", 3, &SoakDriver::flush},
    {"gaps", 5, &SoakDriver::gap},
    {"complaints about lateness", 3, &SoakDriver::complain},
    {"hurries", 5, &SoakDriver::hurry},
};

void SoakDriver::start() {
  if (starts_ > 0) pipeline_.stop();
  pipeline_.start(kRoundProperties[starts_++ % kRounds]);
}

void SoakDriver::step() {
  int dice = pick(1000);
  for (size_t i = 0; i < kOperations && dice >= 0; ++i) {
    dice -= kTable[i].per_mille;
    if (dice >= 0) continue;
    (this->*kTable[i].act)();
    ++counts_[i];
  }
  bring_frame();
  if (hurried_ > 0)
    --hurried_;
  else
    pipeline_.await_room(kUnderWay);
}

// Prompts that wait for a later frame, and detections, would begin anew.
void SoakDriver::rest() {
  g_object_set(pipeline_.track(), "prompt", "", nullptr);
  clear();
  reset();
  detects_ = false;
  bring_frame();
  pipeline_.settle();
}

std::string SoakDriver::counts() const {
  std::string text;
  for (size_t i = 0; i < kOperations; ++i)
    text +=
        std::string(kTable[i].name) + " " + std::to_string(counts_[i]) + ", ";
  return text + "objects lost " + std::to_string(pipeline_.messages().lost) +
         ", found again " + std::to_string(pipeline_.messages().found) +
         ", warnings " + std::to_string(pipeline_.messages().warnings) +
         ", starts " + std::to_string(starts_);
}

std::vector<std::string> SoakDriver::faults() const {
  std::vector<std::string> faults;
  const auto expect = [&](bool has_happened, const std::string &name) {
    if (!has_happened)
      faults.push_back("There were no " + name + ". Let it run for longer.");
  };
  for (size_t i = 0; i < kOperations; ++i)
    expect(counts_[i] > 0, kTable[i].name);
  expect(pipeline_.messages().lost > 0, "losses");
  expect(pipeline_.messages().found > 0, "objects found again");
  expect(pipeline_.frames_dropped() > 0, "dropped frames");
  expect(starts_ > kRounds, "starts with all properties");
  return faults;
}

SizePx SoakDriver::size() const {
  return {GST_VIDEO_INFO_WIDTH(&pipeline_.format()),
          GST_VIDEO_INFO_HEIGHT(&pipeline_.format())};
}

// Of an object in sight, if there is one.
BoxPx SoakDriver::some_box() {
  for (int tries = 0; tries < kSceneObjects; ++tries) {
    const BoxPx box = scene_box(pick(kSceneObjects), position_, size());
    if (!box.is_empty()) return box;
  }
  return {1, 1, 20, 20};
}

std::string SoakDriver::point_inside(const BoxPx &box, const char *sign) {
  const auto x = static_cast<int>(box.x + box.width * (0.3 + 0.1 * pick(5)));
  const auto y = static_cast<int>(box.y + box.height * (0.3 + 0.1 * pick(5)));
  return std::to_string(x) + "," + std::to_string(y) + "," + sign;
}

void SoakDriver::add_points(gint64 id, const std::string &points,
                            GstClockTime time) {
  gint64 given = 0;
  g_signal_emit_by_name(pipeline_.track(), "add-points", id, points.c_str(),
                        "thing", time, &given);
}

void SoakDriver::bring_frame() {
  BufferPtr frame = pipeline_.new_frame(
      next_time(),
      [this](GstVideoFrame *picture) { draw_scene(picture, position_); });
  if (detects_) {
    const BoxPx box = some_box();
    gst_buffer_add_video_region_of_interest_meta(
        frame.get(), "seen", static_cast<guint>(box.x),
        static_cast<guint>(box.y), static_cast<guint>(box.width),
        static_cast<guint>(box.height));
    detects_ = false;
  }
  pipeline_.push(std::move(frame));
  ++position_;
}

void SoakDriver::box_in_sight() {
  const BoxPx box = some_box();
  gint64 given = 0;
  g_signal_emit_by_name(pipeline_.track(), "add-box", some_id(), gdouble{box.x},
                        gdouble{box.y}, gdouble{box.width}, gdouble{box.height},
                        "thing", GST_CLOCK_TIME_NONE, &given);
}

void SoakDriver::click_new() {
  add_points(-1, point_inside(some_box(), "+"), GST_CLOCK_TIME_NONE);
}

void SoakDriver::correct() {
  const BoxPx box = some_box();
  add_points(some_id(),
             point_inside(box, "+") + " " + point_inside(some_box(), "-"),
             GST_CLOCK_TIME_NONE);
}

void SoakDriver::paint_mask() {
  const SizePx side = size();
  const GstVideoInfo info =
      video_info(GST_VIDEO_FORMAT_GRAY8, side.width, side.height);
  const BufferPtr picture = video_buffer(info, 0);
  {
    VideoFrameMap map(info, picture.get(), GST_MAP_WRITE);
    const BoxPx box = some_box();
    auto *rows =
        static_cast<uint8_t *>(GST_VIDEO_FRAME_PLANE_DATA(map.get(), 0));
    const int stride = GST_VIDEO_FRAME_PLANE_STRIDE(map.get(), 0);
    for (int y = 0; y < static_cast<int>(box.height); ++y)
      std::fill_n(rows + (static_cast<int>(box.y) + y) * stride +
                      static_cast<int>(box.x),
                  static_cast<int>(box.width), uint8_t{255});
  }
  const CapsPtr caps(gst_video_info_to_caps(&info));
  const std::unique_ptr<GstSample, MiniObjectUnref> sample(
      gst_sample_new(picture.get(), caps.get(), nullptr, nullptr));
  gint64 given = 0;
  g_signal_emit_by_name(pipeline_.track(), "add-mask", some_id(), sample.get(),
                        "thing", GST_CLOCK_TIME_NONE, &given);
}

void SoakDriver::prompt_later() {
  add_points(some_id(), point_inside(some_box(), "+"),
             next_time() + 200 * GST_MSECOND);
}

void SoakDriver::prompt_event() {
  const std::string text =
      std::to_string(some_id()) + ":points=" + point_inside(some_box(), "+");
  pipeline_.send(gst_event_new_custom(
      GST_EVENT_CUSTOM_DOWNSTREAM,
      gst_structure_new("sam2-prompt", "text", G_TYPE_STRING, text.c_str(),
                        nullptr)));
}

void SoakDriver::click_in_window() {
  const BoxPx box = some_box();
  const double x = box.x + box.width / 2, y = box.y + box.height / 2;
  const int button = pick(3) == 0 ? 3 : 1;  // right, left
  if (pick(4) == 0)
    pipeline_.send_back(
        gst_navigation_event_new_key_press("n", GST_NAVIGATION_MODIFIER_NONE));
  pipeline_.send_back(gst_navigation_event_new_mouse_button_press(
      button, x, y, GST_NAVIGATION_MODIFIER_NONE));
  pipeline_.send_back(gst_navigation_event_new_mouse_button_release(
      button, x, y, GST_NAVIGATION_MODIFIER_NONE));
}

// It is taken up again after a flush, when frames may be smaller.
void SoakDriver::set_prompt() {
  const std::string place = std::to_string(20 + pick(60)) + "%";
  const std::string prompt =
      pick(2) ? "" : "9:points=" + place + "," + place + ",+";
  g_object_set(pipeline_.track(), "prompt", prompt.c_str(), nullptr);
}

void SoakDriver::remove() {
  gboolean is_done = FALSE;
  g_signal_emit_by_name(pipeline_.track(), "remove-object", some_id(),
                        &is_done);
}

void SoakDriver::clear() {
  gboolean is_done = FALSE;
  g_signal_emit_by_name(pipeline_.track(), "clear-prompts", &is_done);
}

void SoakDriver::reset() {
  gboolean is_done = FALSE;
  g_signal_emit_by_name(pipeline_.track(), "reset", &is_done);
}

void SoakDriver::change_caps() {
  const auto &row = kFormats[pick(std::size(kFormats))];
  pipeline_.change_format(video_info(row.format, row.width, row.height));
}

void SoakDriver::flush() {
  pipeline_.flush();
  position_ = 250 * pick(40);  // as after a seek
}

void SoakDriver::gap() {
  pipeline_.send(gst_event_new_gap(next_time(), 40 * GST_MSECOND));
  ++position_;
}

void SoakDriver::complain() {
  pipeline_.complain(gst_event_new_qos(
      GST_QOS_TYPE_UNDERFLOW, 2,
      static_cast<GstClockTimeDiff>(pick(8)) * 40 * GST_MSECOND, next_time()));
}

}  // namespace sam2
