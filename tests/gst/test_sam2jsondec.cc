// What sam2jsondec attaches, from files as sam2jsonenc writes them.
#include <fstream>
#include <iostream>
#include <random>

#include "analytics_meta.h"
#include "io/prompt_file.h"
#include "io/result_json.h"
#include "support/gst_test.h"

namespace {

const GstVideoInfo kNv12 = sam2::video_info(GST_VIDEO_FORMAT_NV12, 64, 48);

void write_file(const std::string &path, const std::string &text) {
  std::ofstream(path, std::ios::binary) << text;
}

std::string contents(const std::string &path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// The line of frame `number` of a video like kNv12; its object's id and left
// edge are the number.
std::string line_of(int number, bool has_pts = true) {
  sam2::FrameResult result;
  result.frame_index = number;
  result.frame_size = {64, 48};
  result.objects.resize(1);
  sam2::ObjectResult &object = result.objects[0];
  object.object_id = number;
  object.label = "mouse";
  object.predicted_iou = 0.75f;
  object.object_score = 2.5f;
  object.box = {static_cast<float>(number), 40, 3, 2};
  object.mask = {3, 2, {0, 255, 255, 255, 255, 255}};
  std::optional<int64_t> pts_ns;
  if (has_pts) pts_ns = number * 40 * static_cast<int64_t>(GST_MSECOND);
  return sam2::json_from_result(result, pts_ns) + "\n";
}

std::string lines_to(int count, bool has_pts = true) {
  std::string lines;
  for (int i = 0; i < count; ++i) lines += line_of(i, has_pts);
  return lines;
}

// A harness around sam2jsondec on a file with `text`.
class Decoder {
 public:
  explicit Decoder(const std::string &text, const std::string &properties = "",
                   const GstVideoInfo &info = kNv12)
      : bus_(gst_bus_new()) {
    write_file(path(), text);
    harness_ = sam2::video_harness(
        "sam2jsondec name=decoder location=" + path() + " " + properties, info);
    gst_element_set_bus(harness_->element, bus_.get());
  }
  ~Decoder() { gst_element_set_bus(harness_->element, nullptr); }

  std::string path() const { return folder_.path("in.ndjson"); }
  GstHarness *harness() { return harness_.get(); }
  GstBus *bus() { return bus_.get(); }

  std::vector<sam2::AnalyticsObject> objects_on(sam2::BufferPtr buffer) {
    const auto out = sam2::push_and_pull(harness_.get(), std::move(buffer));
    fail_unless(out != nullptr);
    return sam2::read_objects(out.get());
  }

  // The id of the object on frame `number`, -1 without one.
  int64_t id_on(int number) {
    const auto objects = objects_on(sam2::video_buffer(kNv12, 0, number));
    return objects.empty() ? -1 : objects.at(0).object_id.value();
  }

  // As a flushing seek to frame `number` makes it.
  void flush_to(int number) {
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    segment.start = segment.time =
        static_cast<guint64>(number) * 40 * GST_MSECOND;
    flush(segment);
  }
  // The same, to be played from there to the beginning.
  void flush_backwards_from(int number) {
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    segment.rate = -1;
    segment.stop = static_cast<guint64>(number + 1) * 40 * GST_MSECOND;
    flush(segment);
  }

  std::vector<std::string> warnings() {
    std::vector<std::string> texts;
    while (const auto message =
               sam2::pop_message(bus_.get(), GST_MESSAGE_WARNING)) {
      GError *error = nullptr;
      gst_message_parse_warning(message.get(), &error, nullptr);
      fail_unless(
          g_error_matches(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ));
      texts.emplace_back(error->message);
      g_error_free(error);
    }
    return texts;
  }

 private:
  void flush(const GstSegment &segment) {
    gst_harness_push_event(harness_.get(), gst_event_new_flush_start());
    gst_harness_push_event(harness_.get(), gst_event_new_flush_stop(TRUE));
    gst_harness_push_event(harness_.get(), gst_event_new_segment(&segment));
  }

  sam2::ScratchFolder folder_;
  sam2::BusPtr bus_;
  sam2::HarnessPtr harness_;
};

GST_START_TEST(test_a_line_becomes_the_frames_metadata) {
  Decoder decoder(lines_to(3));
  const auto objects = decoder.objects_on(sam2::video_buffer(kNv12, 0, 2));
  fail_unless_equals_int(objects.size(), 1);
  const sam2::AnalyticsObject &object = objects[0];
  fail_unless_equals_int64(*object.object_id, 2);
  fail_unless_equals_string(object.label.c_str(), "mouse");
  fail_unless_equals_float(object.confidence, 0.75f);
  fail_unless_equals_float(*object.object_score, 2.5f);
  fail_unless(!object.is_lost);
  fail_unless_equals_float(object.box.x, 2);
  fail_unless_equals_float(object.mask_box.width, 3);
  fail_unless(object.mask.pixels ==
              std::vector<uint8_t>({0, 255, 255, 255, 255, 255}));
}
GST_END_TEST

GST_START_TEST(test_the_picture_stays_in_its_memory_with_its_times_and_flags) {
  Decoder decoder(lines_to(3));
  auto in = sam2::video_buffer(kNv12, 7, 1);
  GST_BUFFER_FLAG_SET(in.get(), GST_BUFFER_FLAG_GAP);
  GST_BUFFER_OFFSET(in.get()) = 17;
  GstMemory *memory = gst_buffer_peek_memory(in.get(), 0);
  const auto out = sam2::push_and_pull(decoder.harness(), std::move(in));
  fail_unless(gst_buffer_peek_memory(out.get(), 0) == memory);
  fail_unless_equals_int(gst_buffer_n_memory(out.get()), 1);
  fail_unless_equals_uint64(GST_BUFFER_PTS(out.get()), 40 * GST_MSECOND);
  fail_unless_equals_uint64(GST_BUFFER_DURATION(out.get()), 40 * GST_MSECOND);
  fail_unless_equals_uint64(GST_BUFFER_OFFSET(out.get()), 17);
  fail_unless(GST_BUFFER_FLAG_IS_SET(out.get(), GST_BUFFER_FLAG_GAP));
  fail_unless_equals_int(sam2::read_objects(out.get()).size(), 1);
}
GST_END_TEST

GST_START_TEST(test_a_frame_without_line_has_no_metadata) {
  Decoder decoder(line_of(1));
  fail_unless_equals_int64(decoder.id_on(0), -1);
  fail_unless_equals_int64(decoder.id_on(1), 1);
  fail_unless_equals_int64(decoder.id_on(2), -1);
  auto timeless = sam2::video_buffer(kNv12, 0);
  GST_BUFFER_PTS(timeless.get()) = GST_CLOCK_TIME_NONE;
  fail_unless(decoder.objects_on(std::move(timeless)).empty());
}
GST_END_TEST

GST_START_TEST(test_metadata_of_others_stays) {
  Decoder decoder(lines_to(1));
  sam2::FrameResult result;
  result.objects.resize(1);
  result.objects[0].object_id = 77;
  result.objects[0].box = {1, 1, 5, 5};
  auto in = sam2::video_buffer(kNv12, 0);
  sam2::attach_result(in.get(), result, {{}});
  const auto objects = decoder.objects_on(std::move(in));
  fail_unless_equals_int(objects.size(), 2);
  fail_unless_equals_int64(*objects[0].object_id, 77);
  fail_unless_equals_int64(*objects[1].object_id, 0);
}
GST_END_TEST

GST_START_TEST(test_times_of_objects_are_those_of_the_frames) {
  Decoder decoder(lines_to(1) +
                  line_of(0).replace(9, 1, "1").replace(
                      line_of(0).find("\"pts\":0") + 6, 1, "40000000"));
  decoder.objects_on(sam2::video_buffer(kNv12, 0, 0));
  const auto objects = decoder.objects_on(sam2::video_buffer(kNv12, 0, 1));
  fail_unless_equals_uint64(objects.at(0).seen.first_ns, 0);
  fail_unless_equals_uint64(objects.at(0).seen.last_ns, 40 * GST_MSECOND);
}
GST_END_TEST

// Frame 1 of 25 per second, moved by `offset_ns`.
sam2::BufferPtr moved_buffer(GstClockTimeDiff offset_ns) {
  auto buffer = sam2::video_buffer(kNv12, 0, 1);
  GST_BUFFER_PTS(buffer.get()) += offset_ns;
  return buffer;
}

GST_START_TEST(test_half_a_frame_is_the_default_tolerance) {
  const GstClockTimeDiff half_ns = 20 * GST_MSECOND;
  Decoder decoder(line_of(1));
  fail_unless(decoder.objects_on(moved_buffer(-half_ns - 1)).empty());
  fail_unless(!decoder.objects_on(moved_buffer(-half_ns)).empty());
  fail_unless(!decoder.objects_on(moved_buffer(half_ns)).empty());
  fail_unless(decoder.objects_on(moved_buffer(half_ns + 1)).empty());
}
GST_END_TEST

GST_START_TEST(test_without_frame_rate_half_the_duration_is_tolerated) {
  GstVideoInfo info = kNv12;
  info.fps_n = 0;
  Decoder decoder(line_of(1), "", info);
  auto near = moved_buffer(-15);
  GST_BUFFER_DURATION(near.get()) = 30;
  fail_unless(!decoder.objects_on(std::move(near)).empty());
  auto far = moved_buffer(16);
  GST_BUFFER_DURATION(far.get()) = 30;
  fail_unless(decoder.objects_on(std::move(far)).empty());
  auto endless = moved_buffer(17);
  GST_BUFFER_DURATION(endless.get()) = GST_CLOCK_TIME_NONE;
  fail_unless(decoder.objects_on(std::move(endless)).empty());
}
GST_END_TEST

GST_START_TEST(test_the_tolerance_may_change_while_playing) {
  Decoder decoder(line_of(1), "tolerance=0");
  fail_unless(decoder.objects_on(moved_buffer(-5)).empty());
  const sam2::ElementPtr element(
      gst_bin_get_by_name(GST_BIN(decoder.harness()->element), "decoder"));
  g_object_set(element.get(), "tolerance", guint64{5}, nullptr);
  fail_unless(!decoder.objects_on(moved_buffer(-5)).empty());
}
GST_END_TEST

GST_START_TEST(test_lines_without_time_count_frames) {
  Decoder decoder(lines_to(20, false));
  for (const int count : {0, 1, 2}) {
    auto buffer = sam2::video_buffer(kNv12, 0);
    GST_BUFFER_PTS(buffer.get()) = GST_CLOCK_TIME_NONE;
    const auto objects = decoder.objects_on(std::move(buffer));
    fail_unless_equals_int64(*objects.at(0).object_id, count);
  }
  decoder.flush_to(10);
  fail_unless_equals_int64(decoder.id_on(10), 10);
  fail_unless_equals_int64(decoder.id_on(11), 11);
  decoder.flush_to(1);
  fail_unless_equals_int64(decoder.id_on(1), 1);
}
GST_END_TEST

GST_START_TEST(test_a_flushing_seek_goes_along_in_the_file) {
  Decoder decoder(lines_to(60));
  for (const int number : {0, 1, 2, 50}) {
    fail_unless_equals_int64(decoder.id_on(number), number);
  }
  for (const int number : {3, 40, 0, 59}) {
    decoder.flush_to(number);
    fail_unless_equals_int64(decoder.id_on(number), number);
  }
}
GST_END_TEST

GST_START_TEST(test_backwards_every_frame_has_its_own_line) {
  for (const bool is_timed : {true, false}) {
    Decoder decoder(lines_to(60, is_timed));
    fail_unless_equals_int64(decoder.id_on(0), 0);
    decoder.flush_backwards_from(55);
    for (int number = 55; number >= 0; --number)
      fail_unless_equals_int64(decoder.id_on(number), number);
  }
}
GST_END_TEST

GST_START_TEST(test_a_segment_without_flush_may_go_back) {
  Decoder decoder(lines_to(60));
  fail_unless_equals_int64(decoder.id_on(59), 59);
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_harness_push_event(decoder.harness(), gst_event_new_segment(&segment));
  fail_unless_equals_int64(decoder.id_on(5), 5);
}
GST_END_TEST

GST_START_TEST(test_new_caps_scale_boxes_and_masks) {
  Decoder decoder(lines_to(3));
  fail_unless_equals_float(
      decoder.objects_on(sam2::video_buffer(kNv12, 0, 1)).at(0).box.x, 1);
  const auto large = sam2::video_info(GST_VIDEO_FORMAT_NV12, 128, 96);
  gst_harness_set_src_caps(decoder.harness(), gst_video_info_to_caps(&large));
  const auto objects = decoder.objects_on(sam2::video_buffer(large, 0, 2));
  fail_unless_equals_float(objects.at(0).box.x, 4);
  fail_unless_equals_float(objects.at(0).box.width, 6);
  fail_unless_equals_int(objects.at(0).mask.pixels.size(), 24);
  fail_unless_equals_int(objects.at(0).mask.pixels.at(1), 0);
  fail_unless_equals_int(objects.at(0).mask.pixels.at(2), 255);
}
GST_END_TEST

GST_START_TEST(test_a_bad_line_is_a_warning_and_frames_go_on) {
  Decoder decoder(line_of(0) + "{\"frame\":1,\"width\":\n" + line_of(2));
  fail_unless_equals_int64(decoder.id_on(0), 0);
  fail_unless_equals_int64(decoder.id_on(1), -1);
  fail_unless_equals_int64(decoder.id_on(2), 2);
  const auto warnings = decoder.warnings();
  fail_unless_equals_int(warnings.size(), 1);
  const std::string expected = "Could not read line 2 of \"" + decoder.path() +
                               "\", column 19: it is not JSON. Give NDJSON as "
                               "sam2jsonenc writes it.";
  fail_unless_equals_string(warnings[0].c_str(), expected.c_str());
  fail_unless(sam2::posted_errors(decoder.bus()).empty());
}
GST_END_TEST

GST_START_TEST(test_a_file_of_another_kind_ends_the_stream) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "\x01\xff\n";
  Decoder decoder(text);
  fail_unless_equals_int(
      gst_harness_push(decoder.harness(),
                       sam2::video_buffer(kNv12, 0).release()),
      GST_FLOW_ERROR);
  ASSERT_ONE_ERROR(sam2::posted_errors(decoder.bus()), GST_RESOURCE_ERROR,
                   GST_RESOURCE_ERROR_READ,
                   "Could not read line 1000 of \"" + decoder.path() +
                       "\", nor the 999 lines before it. Give NDJSON as "
                       "sam2jsonenc writes it.");
}
GST_END_TEST

GST_START_TEST(test_a_missing_file_is_an_error_at_start) {
  const sam2::ScratchFolder folder;
  const std::string path = folder.path("no.ndjson");
  ASSERT_ONE_ERROR(sam2::errors_at_start("sam2jsondec location=" + path),
                   GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND,
                   "Could not open \"" + path +
                       "\": No such file or directory. Set location to a file "
                       "of results that may be read.");
  ASSERT_ONE_ERROR(
      sam2::errors_at_start("sam2jsondec location=" + folder.path("")),
      GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ,
      "Could not open \"" + folder.path("") +
          "\": it is a folder. Set location to a file of results that may be "
          "read.");
  ASSERT_ONE_ERROR(sam2::errors_at_start("sam2jsondec"), GST_RESOURCE_ERROR,
                   GST_RESOURCE_ERROR_SETTINGS,
                   "There is no file of results. Set location to one.");
}
GST_END_TEST

GST_START_TEST(test_every_start_reads_the_file_from_its_beginning) {
  for (const bool has_pts : {true, false}) {
    Decoder decoder(lines_to(3, has_pts));
    for (int run = 0; run < 3; ++run) {
      for (int i = 0; i < 3; ++i) fail_unless_equals_int64(decoder.id_on(i), i);
      gst_element_set_state(decoder.harness()->element, GST_STATE_NULL);
      gst_element_set_state(decoder.harness()->element, GST_STATE_PLAYING);
      gst_harness_set_src_caps(decoder.harness(),
                               gst_video_info_to_caps(&kNv12));
    }
  }
}
GST_END_TEST

GST_START_TEST(test_labels_that_never_repeat_end_somewhere) {
  std::string text;
  for (int i = 0; i < 5; ++i) {
    sam2::FrameResult result;
    result.frame_index = i;
    result.frame_size = {64, 48};
    result.objects.resize(1024);
    for (int k = 0; k < 1024; ++k) {
      result.objects[k].object_id = k;
      result.objects[k].label = "label " + std::to_string(i * 1024 + k);
      result.objects[k].box = {1, 1, 1, 1};
    }
    text += sam2::json_from_result(result, std::nullopt) + "\n";
  }
  Decoder decoder(text);
  for (int i = 0; i < 5; ++i) {
    const auto out =
        sam2::push_and_pull(decoder.harness(), sam2::video_buffer(kNv12, 0, i));
    const GQuark label = g_quark_try_string(
        ("label " + std::to_string(i * 1024 + 1023)).c_str());
    fail_unless_equals_int(label != 0, i < 4);
  }
}
GST_END_TEST

sam2::ObjectResult random_object(std::mt19937 &random, int64_t id) {
  const auto below = [&random](int limit) {
    return static_cast<int>(random() % static_cast<unsigned>(limit));
  };
  sam2::ObjectResult object;
  object.object_id = below(5) ? id : sam2::kUntrackedId;
  object.is_lost = object.object_id >= 0 && below(5) == 0;
  object.object_score = object.object_id >= 0 ? below(1000) / 37.0f : 0.0f;
  if (object.object_id >= 0 && below(2)) object.kf_score = below(100) / 99.0f;
  if (object.object_id >= 0 && below(2)) object.stable_frames = below(20);
  if (object.is_lost) return object;
  object.label = below(2) ? "Ratte \"ä\"" : "object";
  object.predicted_iou = below(1000) / 999.0f;
  const int x = below(64), y = below(48);
  const int width = 1 + below(64 - x), height = 1 + below(48 - y);
  object.box = {static_cast<float>(x), static_cast<float>(y),
                static_cast<float>(width), static_cast<float>(height)};
  if (below(6) == 0) return object;  // a box alone
  object.mask = {width, height, {}};
  for (int i = 0; i < width * height; ++i)
    object.mask.pixels.push_back(below(2) ? 255 : 0);
  // So that the box is tight.
  object.mask.pixels.front() = object.mask.pixels.back() = 255;
  return object;
}

void assert_same(const sam2::AnalyticsObject &a,
                 const sam2::AnalyticsObject &b) {
  fail_unless(a.object_id == b.object_id);
  fail_unless_equals_string(a.label.c_str(), b.label.c_str());
  fail_unless(a.confidence == b.confidence);
  fail_unless(a.object_score == b.object_score);
  fail_unless(a.kf_score == b.kf_score);
  fail_unless(a.stable_frames == b.stable_frames);
  fail_unless(a.is_lost == b.is_lost);
  fail_unless(a.box.x == b.box.x && a.box.y == b.box.y);
  fail_unless(a.box.width == b.box.width && a.box.height == b.box.height);
  fail_unless(a.mask_box.x == b.mask_box.x && a.mask_box.y == b.mask_box.y);
  fail_unless(a.mask.width == b.mask.width);
  fail_unless(a.mask.pixels == b.mask.pixels);
}

// A mask of a size of its own, from corner to corner of the frame.
void cover_frame(std::mt19937 &random, sam2::ObjectResult &object) {
  sam2::MaskImage &mask = object.mask;
  mask.width = 2 + static_cast<int>(random() % 90);
  mask.height = 2 + static_cast<int>(random() % 90);
  mask.pixels.assign(size_t{1} * mask.width * mask.height, 0);
  for (uint8_t &pixel : mask.pixels) pixel = random() % 2 ? 255 : 0;
  mask.pixels.front() = mask.pixels.back() = 255;
  object.mask_covers_frame = true;
  object.box = {0, 0, 64, 48};
}

GST_START_TEST(test_what_sam2jsonenc_writes_comes_back_identical) {
  constexpr unsigned kSeed = 11;
  std::cout << "seed " << kSeed << std::endl;
  std::mt19937 random(kSeed);
  const auto encoder = sam2::video_harness("sam2jsonenc", kNv12);
  std::vector<sam2::BufferPtr> frames;
  std::string text;
  for (int i = 0; i < 200; ++i) {
    sam2::FrameResult result;
    result.frame_size = {64, 48};
    for (int k = 0; k < static_cast<int>(random() % 6); ++k)
      result.objects.push_back(random_object(random, 10 * k));
    for (sam2::ObjectResult &object : result.objects)
      if (!object.is_lost && random() % 3 == 0) cover_frame(random, object);
    frames.push_back(sam2::video_buffer(kNv12, 0, i));
    const std::vector<sam2::SeenTimes> times(result.objects.size());
    sam2::attach_result(frames.back().get(), result, times);
    const auto line = sam2::push_and_pull(
        encoder.get(), sam2::BufferPtr(gst_buffer_ref(frames.back().get())));
    const sam2::BufferMap map(line.get(), GST_MAP_READ);
    text.append(reinterpret_cast<char *>(map.data()), map.size_bytes());
  }
  Decoder decoder(text);
  for (int i = 0; i < 200; ++i) {
    const auto out =
        sam2::push_and_pull(decoder.harness(), sam2::video_buffer(kNv12, 0, i));
    const auto expected = sam2::read_objects(frames[i].get(), {64, 48});
    const auto found = sam2::read_objects(out.get(), {64, 48});
    fail_unless_equals_int(found.size(), expected.size());
    for (size_t k = 0; k < found.size(); ++k)
      assert_same(found[k], expected[k]);
  }
}
GST_END_TEST

void run(const std::string &launch) {
  const sam2::ElementPtr pipeline(GST_ELEMENT(
      gst_object_ref_sink(gst_parse_launch(launch.c_str(), nullptr))));
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  const sam2::BusPtr bus(gst_element_get_bus(pipeline.get()));
  const sam2::MessagePtr message(gst_bus_timed_pop_filtered(
      bus.get(), GST_CLOCK_TIME_NONE,
      static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR)));
  fail_unless_equals_string(GST_MESSAGE_TYPE_NAME(message.get()), "eos");
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
}

GST_START_TEST(test_the_file_of_a_replayed_video_is_the_same_file) {
  const sam2::ScratchFolder folder;
  const std::string video =
      "videotestsrc num-buffers=30 ! "
      "video/x-raw,format=I420,width=64,height=48,framerate=25/1 ! ";
  run(video +
      "sam2track model-file=fake.pt prompt=\"6:box=10,12,8,4; "
      "@0.4s 7:box=1,1,9,9\" ! sam2jsonenc ! filesink location=" +
      folder.path("a.ndjson"));
  run(video + "sam2jsondec location=" + folder.path("a.ndjson") +
      " ! sam2jsonenc ! filesink location=" + folder.path("b.ndjson"));
  const std::string first = contents(folder.path("a.ndjson"));
  fail_unless(first.find("\"id\":7") != std::string::npos);
  fail_unless(first == contents(folder.path("b.ndjson")));
}
GST_END_TEST

GST_START_TEST(test_a_written_file_prompts_with_the_masks_of_its_frames) {
  const sam2::ScratchFolder folder;
  const std::string path = folder.path("a.ndjson");
  run("videotestsrc num-buffers=3 ! "
      "video/x-raw,format=I420,width=64,height=48,framerate=25/1 ! "
      "sam2track model-file=fake.pt prompt=\"6:box=10,12,8,4; "
      "7:box=1,1,9,9\" ! sam2jsonenc ! filesink location=" +
      path);
  const auto prompts = sam2::load_prompt_file(path, 0.6);
  fail_unless_equals_int(prompts.size(), 6);
  const std::string text = contents(path);
  const auto first = sam2::result_from_json(text.substr(0, text.find('\n')));
  for (size_t i = 0; i < 2; ++i) {
    const sam2::ObjectResult &object = first.result.objects.at(i);
    const sam2::Prompt prompt = sam2::resolve(prompts[i], {64, 48});
    fail_unless(prompts[i].time_ns == first.pts_ns);
    fail_unless_equals_int64(prompt.object_id, object.object_id);
    fail_unless_equals_int(prompt.mask->width, 64);
    const auto runs = sam2::encode_runs(*prompt.mask, {0, 0, 64, 48}, {64, 48});
    fail_unless(runs == sam2::encode_runs(object.mask, object.box, {64, 48}));
  }
}
GST_END_TEST

Suite *sam2jsondec_suite() {
  Suite *suite = suite_create("sam2jsondec");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_a_line_becomes_the_frames_metadata);
  tcase_add_test(cases,
                 test_the_picture_stays_in_its_memory_with_its_times_and_flags);
  tcase_add_test(cases, test_a_frame_without_line_has_no_metadata);
  tcase_add_test(cases, test_metadata_of_others_stays);
  tcase_add_test(cases, test_times_of_objects_are_those_of_the_frames);
  tcase_add_test(cases, test_half_a_frame_is_the_default_tolerance);
  tcase_add_test(cases, test_without_frame_rate_half_the_duration_is_tolerated);
  tcase_add_test(cases, test_the_tolerance_may_change_while_playing);
  tcase_add_test(cases, test_lines_without_time_count_frames);
  tcase_add_test(cases, test_a_flushing_seek_goes_along_in_the_file);
  tcase_add_test(cases, test_backwards_every_frame_has_its_own_line);
  tcase_add_test(cases, test_a_segment_without_flush_may_go_back);
  tcase_add_test(cases, test_new_caps_scale_boxes_and_masks);
  tcase_add_test(cases, test_a_bad_line_is_a_warning_and_frames_go_on);
  tcase_add_test(cases, test_a_file_of_another_kind_ends_the_stream);
  tcase_add_test(cases, test_a_missing_file_is_an_error_at_start);
  tcase_add_test(cases, test_every_start_reads_the_file_from_its_beginning);
  tcase_add_test(cases, test_labels_that_never_repeat_end_somewhere);
  tcase_add_test(cases, test_what_sam2jsonenc_writes_comes_back_identical);
  tcase_add_test(cases, test_the_file_of_a_replayed_video_is_the_same_file);
  tcase_add_test(cases,
                 test_a_written_file_prompts_with_the_masks_of_its_frames);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(sam2jsondec)
