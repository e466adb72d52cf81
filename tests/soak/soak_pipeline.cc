#include "soak_pipeline.h"

#include <chrono>
#include <sstream>
#include <vector>

#include "base/error.h"

namespace sam2 {
namespace {

// On a machine that does nothing else it takes milliseconds.
constexpr std::chrono::seconds kPatience(120);
constexpr const char *kSinkNames[] = {"overlay", "mask", "lines"};

std::string launch_line(const std::string &track_properties) {
  std::string line =
      "sam2track name=track " + track_properties + " ! tee name=t";
  const char *const readers[] = {"sam2overlay", "sam2mask", "sam2jsonenc"};
  for (size_t i = 0; i < std::size(readers); ++i)
    line +=
        std::string("  t. ! queue max-size-buffers=3 ! ") + readers[i] +
        " ! fakesink sync=false async=false enable-last-sample=false name=" +
        kSinkNames[i];
  return line;
}

ElementPtr launched(const std::string &line) {
  GError *raw = nullptr;
  GstElement *pipeline = gst_parse_launch(line.c_str(), &raw);
  if (!pipeline || raw) {
    const std::string text = raw->message;
    g_error_free(raw);
    throw Error(ErrorCode::kSetting, text + ". Set GST_PLUGIN_PATH.");
  }
  return ElementPtr(GST_ELEMENT(gst_object_ref_sink(pipeline)));
}

std::unique_ptr<GstPad, ObjectUnref> pad_of(GstElement *pipeline,
                                            const char *element,
                                            const char *pad) {
  const ElementPtr owner(gst_bin_get_by_name(GST_BIN(pipeline), element));
  return std::unique_ptr<GstPad, ObjectUnref>(
      gst_element_get_static_pad(owner.get(), pad));
}

int64_t number(const GstStructure *structure, const std::string &field) {
  guint64 large = 0;
  if (gst_structure_get_uint64(structure, field.c_str(), &large))
    return static_cast<int64_t>(large);
  guint small = 0;
  if (gst_structure_get_uint(structure, field.c_str(), &small)) return small;
  gint with_sign = 0;
  if (gst_structure_get_int(structure, field.c_str(), &with_sign))
    return with_sign;
  throw Error(ErrorCode::kInternal, "There is no \"" + field + "\" in stats.");
}

std::string overfull_part(const GstStructure *stats) {
  for (const std::string part :
       {"memories", "pointers", "conditioning-frames"}) {
    const int64_t capacity = number(stats, part + "-capacity");
    const int64_t fullest = number(stats, part + "-fullest");
    if (capacity >= 0 && fullest > capacity)
      return std::to_string(fullest) + " " + part + ", not " +
             std::to_string(capacity);
  }
  return "";
}

}  // namespace

struct SoakPipeline::Pixels {
  std::vector<uint8_t> bytes;
  SoakPipeline *owner;
};

SoakPipeline::SoakPipeline(const std::string &track_properties)
    : pipeline_(launched(launch_line(track_properties))),
      track_(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "track")),
      bus_(gst_element_get_bus(pipeline_.get())),
      source_(GST_PAD(gst_object_ref_sink(gst_pad_new("start", GST_PAD_SRC)))),
      window_(pad_of(pipeline_.get(), kSinkNames[0], "sink")),
      format_(video_info(GST_VIDEO_FORMAT_RGB, 160, 96)) {
  for (size_t i = 0; i < kSinks; ++i) watch(kSinkNames[i], "sink", i);
  watch("track", "src", kTrack);
  watch_bus();
  gst_pad_link(source_.get(), pad_of(pipeline_.get(), "track", "sink").get());
  gst_pad_set_active(source_.get(), TRUE);
}

SoakPipeline::~SoakPipeline() {
  gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
  gst_bus_set_sync_handler(bus_.get(), nullptr, nullptr, nullptr);
  gst_pad_set_active(source_.get(), FALSE);
}

void SoakPipeline::watch(const char *element, const char *pad, size_t place) {
  struct Place {
    SoakPipeline *pipeline;
    size_t place;
  };
  gst_pad_add_probe(
      pad_of(pipeline_.get(), element, pad).get(), GST_PAD_PROBE_TYPE_BUFFER,
      [](GstPad *, GstPadProbeInfo *, gpointer data) {
        const auto *here = static_cast<Place *>(data);
        const std::lock_guard<std::mutex> lock(here->pipeline->mutex_);
        ++here->pipeline->passed_[here->place];
        here->pipeline->changed_.notify_all();
        return GST_PAD_PROBE_OK;
      },
      new Place{this, place},
      [](gpointer data) { delete static_cast<Place *>(data); });
}

void SoakPipeline::watch_bus() {
  gst_bus_set_sync_handler(
      bus_.get(),
      [](GstBus *, GstMessage *message, gpointer self) {
        static_cast<SoakPipeline *>(self)->judge(message);
        gst_message_unref(message);
        return GST_BUS_DROP;
      },
      this, nullptr);
  const auto count = +[](GstElement *, gint64, const gchar *, guint64,
                         std::atomic<int64_t> *counter) { ++*counter; };
  g_signal_connect(track(), "object-lost", G_CALLBACK(count), &messages_.lost);
  g_signal_connect(track(), "object-found", G_CALLBACK(count),
                   &messages_.found);
}

void SoakPipeline::judge(GstMessage *message) {
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_WARNING) ++messages_.warnings;
  const std::lock_guard<std::mutex> lock(mutex_);
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
    const PostedError error = error_of(message);
    errors_ += error.text + " (" + error.debug + ")\n";
  }
  changed_.notify_all();  // a frame may have been dropped
}

std::string SoakPipeline::errors() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return errors_;
}

SoakStats SoakPipeline::stats() const {
  GstStructure *raw = nullptr;
  g_object_get(track(), "stats", &raw, nullptr);
  const StructurePtr stats(raw);
  return {number(raw, "frames-dropped"), number(raw, "objects"),
          number(raw, "memory-in-use"),  number(raw, "memory-banks"),
          number(raw, "memory-cached"),  overfull_part(raw)};
}

void SoakPipeline::start(const std::string &properties) {
  std::istringstream words(properties);
  for (std::string word; words >> word;) {
    const size_t equals = word.find('=');
    gst_util_set_object_arg(G_OBJECT(track()), word.substr(0, equals).c_str(),
                            word.substr(equals + 1).c_str());
  }
  if (gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING) ==
      GST_STATE_CHANGE_FAILURE)
    throw Error(ErrorCode::kInternal,
                "The pipeline does not start: " + errors());
  begin_stream();
}

void SoakPipeline::stop() {
  settle();
  dropped_before_ = frames_dropped();
  gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
}

void SoakPipeline::begin_stream() {
  send(gst_event_new_stream_start("soak"));
  change_format(format_);
  begin_segment();
}

void SoakPipeline::begin_segment() {
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  send(gst_event_new_segment(&segment));
}

void SoakPipeline::change_format(const GstVideoInfo &format) {
  format_ = format;
  const CapsPtr caps(gst_video_info_to_caps(&format_));
  send(gst_event_new_caps(caps.get()));
}

BufferPtr SoakPipeline::new_frame(
    GstClockTime pts, const std::function<void(GstVideoFrame *)> &draw) {
  auto *pixels =
      new Pixels{std::vector<uint8_t>(GST_VIDEO_INFO_SIZE(&format_)), this};
  BufferPtr frame(gst_buffer_new_wrapped_full(
      static_cast<GstMemoryFlags>(0), pixels->bytes.data(),
      pixels->bytes.size(), 0, pixels->bytes.size(), pixels, [](gpointer data) {
        const std::unique_ptr<Pixels> gone(static_cast<Pixels *>(data));
        const std::lock_guard<std::mutex> lock(gone->owner->mutex_);
        --gone->owner->alive_;
        gone->owner->changed_.notify_all();
      }));
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++alive_;
  }
  GST_BUFFER_PTS(frame.get()) = pts;
  GST_BUFFER_DURATION(frame.get()) = 40 * GST_MSECOND;
  VideoFrameMap map(format_, frame.get(), GST_MAP_WRITE);
  draw(map.get());
  return frame;
}

void SoakPipeline::push(BufferPtr frame) {
  ++in_;
  const GstFlowReturn flow = gst_pad_push(source_.get(), frame.release());
  if (flow != GST_FLOW_OK)
    throw Error(ErrorCode::kInternal, std::string("A frame is answered with ") +
                                          gst_flow_get_name(flow) + ": " +
                                          errors());
}

void SoakPipeline::send(GstEvent *event) {
  gst_pad_push_event(source_.get(), event);
}

void SoakPipeline::send_back(GstEvent *event) {
  gst_pad_push_event(window_.get(), event);
}

void SoakPipeline::complain(GstEvent *quality) {
  gst_pad_send_event(pad_of(pipeline_.get(), "track", "src").get(), quality);
}

void SoakPipeline::flush() {
  send(gst_event_new_flush_start());
  send(gst_event_new_flush_stop(TRUE));
  account_flush();
  begin_segment();
}

// Nothing moves between the end of a flush and the next frame: what is missing
// then, the flush has thrown away.
void SoakPipeline::account_flush() {
  flushed_ += missing();
  const std::lock_guard<std::mutex> lock(mutex_);
  for (size_t i = 0; i < kSinks; ++i) lost_[i] = passed_[kTrack] - passed_[i];
}

int64_t SoakPipeline::missing() const {
  return in_ - frames_dropped() - frames_out() - flushed_;
}

int64_t SoakPipeline::frames_out() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return passed_[kTrack];
}

int64_t SoakPipeline::frames_dropped() const {
  return dropped_before_ + stats().dropped;
}

void SoakPipeline::await(const std::function<bool()> &is_so, const char *what) {
  std::unique_lock<std::mutex> lock(mutex_);
  if (!changed_.wait_for(lock, kPatience, is_so))
    throw Error(ErrorCode::kInternal, std::string(what) + " after " +
                                          std::to_string(kPatience.count()) +
                                          " s: " + std::to_string(alive_) +
                                          " frames are held. " + errors_);
}

void SoakPipeline::await_room(int64_t frames) {
  await([&] { return alive_ <= frames; }, "Frames do not come out");
}

void SoakPipeline::settle() {
  await_room(0);
  await(
      [&] {
        for (size_t i = 0; i < kSinks; ++i)
          if (passed_[i] + lost_[i] != passed_[kTrack]) return false;
        return true;
      },
      "Frames do not arrive behind the tracker");
  // Answered between two frames: the tracking thread is done with the last.
  const QueryPtr drain(gst_query_new_drain());
  gst_pad_peer_query(source_.get(), drain.get());
  note_missing();
}

// It goes on: how often that happens says more than that it does.
void SoakPipeline::note_missing() {
  const int64_t lost = missing();
  if (lost == 0) return;
  const std::string text =
      "After " + std::to_string(in_) + " frames " + std::to_string(lost) +
      " have neither come out (" + std::to_string(frames_out()) +
      ") nor been dropped (" + std::to_string(frames_dropped()) +
      ") or flushed (" + std::to_string(flushed_) + ").\n";
  flushed_ += lost;
  const std::lock_guard<std::mutex> lock(mutex_);
  errors_ += text;
}

}  // namespace sam2
