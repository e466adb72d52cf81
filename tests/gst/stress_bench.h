// Pads around sam2track that several threads pull about at random. What is
// wrong is noted, and asked for at the end: Check's assertions are for the
// test's own thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/gst_test.h"

namespace sam2 {

using Lock = std::unique_lock<std::mutex>;
using PadPtr = std::unique_ptr<GstPad, ObjectUnref>;

// A thread that does what it is told, in order.
class Lane {
 public:
  using Job = std::function<void()>;

  Lane() : thread_([this] { work(); }) {}
  ~Lane() {
    post(nullptr);
    thread_.join();
  }
  Lane(const Lane &) = delete;
  Lane &operator=(const Lane &) = delete;

  void post(Job job) {
    const Lock lock(mutex_);
    jobs_.push_back(std::move(job));
    changed_.notify_all();
  }
  void await_idle() {
    Lock lock(mutex_);
    changed_.wait(lock, [this] { return jobs_.empty(); });
  }

 private:
  void work() {
    Lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return !jobs_.empty(); });
      const Job job = jobs_.front();
      lock.unlock();
      if (!job) return;
      job();
      lock.lock();
      jobs_.pop_front();  // it counts until it is done
      changed_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  std::thread thread_;  // the last member: it uses the others
};

class Faults {
 public:
  void add(const std::string &text) {
    const Lock lock(mutex_);
    text_ += text + "\n";
  }
  std::string text() const {
    const Lock lock(mutex_);
    return text_;
  }

 private:
  mutable std::mutex mutex_;
  std::string text_;
};

// The pad behind the element: takes frames in order, never twice, none from
// before a flush, and answers what it is told to.
class Downstream {
 public:
  Downstream(GstPad *source, Faults &faults)
      : source_(source),
        faults_(faults),
        pad_(GST_PAD(gst_object_ref_sink(gst_pad_new("end", GST_PAD_SINK)))) {
    gst_pad_set_element_private(pad_.get(), this);
    gst_pad_set_chain_function(
        pad_.get(), [](GstPad *pad, GstObject *, GstBuffer *buffer) {
          const BufferPtr frame(buffer);
          return static_cast<Downstream *>(gst_pad_get_element_private(pad))
              ->take(frame.get());
        });
    gst_pad_set_event_function(pad_.get(),
                               [](GstPad *, GstObject *, GstEvent *event) {
                                 gst_event_unref(event);
                                 return gboolean{TRUE};
                               });
    gst_pad_set_query_function(
        pad_.get(), [](GstPad *pad, GstObject *parent, GstQuery *query) {
          switch (GST_QUERY_TYPE(query)) {
            case GST_QUERY_ALLOCATION:
              gst_query_add_allocation_pool(query, nullptr, 64, 1, 0);
              return gboolean{TRUE};
            case GST_QUERY_ACCEPT_CAPS:  // the default is those it has
              gst_query_set_accept_caps_result(query, TRUE);
              return gboolean{TRUE};
            default:
              return gst_pad_query_default(pad, parent, query);
          }
        });
    gst_pad_set_active(pad_.get(), TRUE);
    link();
  }
  ~Downstream() {
    unlink();
    gst_pad_set_active(pad_.get(), FALSE);
  }

  void link() {
    // Any caps will do, also others than those of the last frame.
    if (!gst_pad_is_linked(source_))
      gst_pad_link_full(source_, pad_.get(), GST_PAD_LINK_CHECK_NOTHING);
  }
  void unlink() {
    note(GST_FLOW_NOT_LINKED);
    if (gst_pad_is_linked(source_)) gst_pad_unlink(source_, pad_.get());
  }
  void block() {
    if (probe_ != 0) return;
    probe_ = gst_pad_add_probe(
        source_, GST_PAD_PROBE_TYPE_BLOCK_DOWNSTREAM,
        [](GstPad *, GstPadProbeInfo *, gpointer) { return GST_PAD_PROBE_OK; },
        nullptr, nullptr);
  }
  void unblock() {
    if (probe_ != 0) gst_pad_remove_probe(source_, std::exchange(probe_, 0));
  }
  void answer(GstFlowReturn flow) {
    note(flow);
    answer_ = flow;
  }
  // Whether frames may have got this answer so far.
  bool has_answered(GstFlowReturn flow) {
    const Lock lock(mutex_);
    return answers_.count(flow) > 0;
  }
  void complain(GstClockTimeDiff jitter_ns) {
    const GstClockTime shown_ns = (latest_ + 2) * 40 * GST_MSECOND;
    gst_pad_push_event(pad_.get(), gst_event_new_qos(GST_QOS_TYPE_OVERFLOW, 2,
                                                     jitter_ns, shown_ns));
  }
  void ask_latency() {
    const QueryPtr query(gst_query_new_latency());
    gst_pad_peer_query(pad_.get(), query.get());
  }
  // From now on frames before `number` must not come.
  void refuse_before(int64_t number) {
    const Lock lock(mutex_);
    floor_ = number;
  }
  void await(int64_t number) {
    Lock lock(mutex_);
    changed_.wait(lock, [&] { return latest_ >= number; });
  }
  int64_t frames() const { return frames_; }

 private:
  void note(GstFlowReturn flow) {
    const Lock lock(mutex_);
    answers_.insert(flow);
  }
  GstFlowReturn take(GstBuffer *frame) {
    const auto number = static_cast<int64_t>(GST_BUFFER_PTS(frame)) /
                        static_cast<int64_t>(40 * GST_MSECOND);
    const Lock lock(mutex_);
    if (number <= latest_ || number < floor_)
      faults_.add("Frame " + std::to_string(number) + " comes behind frame " +
                  std::to_string(latest_) + " and a flush before frame " +
                  std::to_string(floor_) + ".");
    uint8_t value = 0;
    gst_buffer_extract(frame, 0, &value, 1);
    if (value != static_cast<uint8_t>(number))
      faults_.add("Frame " + std::to_string(number) + " is another one.");
    latest_ = number;
    ++frames_;
    changed_.notify_all();
    return answer_;
  }

  GstPad *source_;
  Faults &faults_;
  std::atomic<GstFlowReturn> answer_{GST_FLOW_OK};
  gulong probe_ = 0;  // of one thread
  std::mutex mutex_;
  std::set<GstFlowReturn> answers_;
  std::condition_variable changed_;
  std::atomic<int64_t> latest_{-1};
  std::atomic<int64_t> frames_{0};
  int64_t floor_ = 0;
  PadPtr pad_;
};

// Takes what the element posts. Errors are faults, but for those that say what
// downstream has answered to a stream that is over.
class BusWatch {
 public:
  BusWatch(GstElement *element, Downstream &downstream, Faults &faults)
      : element_(element),
        downstream_(downstream),
        faults_(faults),
        bus_(gst_bus_new()) {
    gst_bus_set_sync_handler(
        bus_.get(),
        [](GstBus *, GstMessage *message, gpointer self) {
          if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR)
            static_cast<BusWatch *>(self)->judge(message);
          gst_message_unref(message);
          return GST_BUS_DROP;
        },
        this, nullptr);
    gst_element_set_bus(element_, bus_.get());
  }
  ~BusWatch() { gst_element_set_bus(element_, nullptr); }
  BusWatch(const BusWatch &) = delete;
  BusWatch &operator=(const BusWatch &) = delete;

 private:
  void judge(GstMessage *message) {
    const PostedError error = error_of(message);
    const GstStructure *details = nullptr;
    gst_message_parse_error_details(message, &details);
    gint flow = GST_FLOW_OK;
    if (details && gst_structure_get_int(details, "flow-return", &flow) &&
        downstream_.has_answered(static_cast<GstFlowReturn>(flow)))
      return;
    faults_.add("There is an error that nobody asked for: " + error.text +
                " (" + error.debug + ")");
  }

  GstElement *element_;
  Downstream &downstream_;
  Faults &faults_;
  BusPtr bus_;
};

// The pad before the element. Functions may be called by any thread; those
// that stream wait for each other, as one thread of a real element would.
class Upstream {
 public:
  Upstream(GstElement *element, Downstream &downstream, Faults &faults)
      : element_(element),
        downstream_(downstream),
        faults_(faults),
        info_(video_info(GST_VIDEO_FORMAT_RGB, 64, 48)),
        pad_(GST_PAD(gst_object_ref_sink(gst_pad_new("start", GST_PAD_SRC)))) {
    const PadPtr sink(gst_element_get_static_pad(element, "sink"));
    gst_pad_link(pad_.get(), sink.get());
    gst_pad_set_active(pad_.get(), TRUE);
    set_state(GST_STATE_PLAYING);
    begin_stream();
  }
  ~Upstream() { gst_pad_set_active(pad_.get(), FALSE); }

  int64_t push() {
    const Lock streaming(streaming_);
    gst_pad_push(pad_.get(), next_frame().release());
    return next_ - 1;
  }
  void send(GstEvent *event) {
    const Lock streaming(streaming_);
    gst_pad_push_event(pad_.get(), event);
  }
  void send_segment(GstClockTime base_ns) {
    const Lock streaming(streaming_);
    push_segment(base_ns);
  }
  void change_caps(GstVideoFormat format, int width, int height) {
    const Lock streaming(streaming_);
    info_ = video_info(format, width, height);
    push_caps();
  }
  void ask_allocation() {
    const Lock streaming(streaming_);
    const CapsPtr caps(gst_video_info_to_caps(&info_));
    const QueryPtr query(gst_query_new_allocation(caps.get(), TRUE));
    gst_pad_peer_query(pad_.get(), query.get());
  }
  void end_and_begin_again() {
    const Lock streaming(streaming_);
    gst_pad_push_event(pad_.get(), gst_event_new_eos());
    begin_stream();
  }
  void flush() {
    const Lock flushing(flushing_);
    gst_pad_push_event(pad_.get(), gst_event_new_flush_start());
    const Lock streaming(streaming_);
    downstream_.refuse_before(next_);
    gst_pad_push_event(pad_.get(), gst_event_new_flush_stop(TRUE));
    push_segment(0);
  }
  // Down to `state` in the midst of everything, and up again.
  void restart(GstState state) {
    set_state(state);
    const Lock flushing(flushing_);
    const Lock streaming(streaming_);
    set_state(GST_STATE_PLAYING);
    begin_stream();
  }
  void set_state(GstState state) {
    const auto result = gst_element_set_state(element_, state);
    if (result != GST_STATE_CHANGE_SUCCESS)
      faults_.add(std::string("The state does not change to ") +
                  gst_element_state_get_name(state) + ".");
  }
  int64_t frames() const { return next_; }
  // Frames whose memory nobody has let go yet.
  static std::atomic<int64_t> &alive() {
    static std::atomic<int64_t> count{0};
    return count;
  }

 private:
  BufferPtr next_frame() {
    const gsize size = GST_VIDEO_INFO_SIZE(&info_);
    auto *bytes = new std::vector<uint8_t>(size, static_cast<uint8_t>(next_));
    ++alive();
    BufferPtr frame(gst_buffer_new_wrapped_full(
        static_cast<GstMemoryFlags>(0), bytes->data(), size, 0, size, bytes,
        [](gpointer data) {
          delete static_cast<std::vector<uint8_t> *>(data);
          --alive();
        }));
    GST_BUFFER_PTS(frame.get()) = next_ * 40 * GST_MSECOND;
    GST_BUFFER_DURATION(frame.get()) = 40 * GST_MSECOND;
    ++next_;
    return frame;
  }
  void push_caps() {
    const CapsPtr caps(gst_video_info_to_caps(&info_));
    gst_pad_push_event(pad_.get(), gst_event_new_caps(caps.get()));
  }
  void push_segment(GstClockTime base_ns) {
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    segment.base = base_ns;
    gst_pad_push_event(pad_.get(), gst_event_new_segment(&segment));
  }
  void begin_stream() {
    gst_pad_push_event(pad_.get(), gst_event_new_stream_start("stress"));
    push_caps();
    push_segment(0);
  }

  GstElement *element_;
  Downstream &downstream_;
  Faults &faults_;
  std::mutex flushing_;   // from the start of a flush to its end
  std::mutex streaming_;  // taken behind the other one; guards what follows
  GstVideoInfo info_;
  std::atomic<int64_t> next_{0};
  PadPtr pad_;
};

}  // namespace sam2
