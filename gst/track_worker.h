// The tracking side of sam2track.
#pragma once

#include <gst/gst.h>
#include <gst/video/video.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "batch_encoder.h"
#include "command_inbox.h"
#include "engine/encoder_group.h"
#include "frame_queue.h"
#include "gst_ptr.h"
#include "latency_meter.h"
#include "memory_steps.h"
#include "memory_watch.h"
#include "object_watch.h"
#include "prompt_desk.h"
#include "qos_gate.h"
#include "track_properties.h"
#include "track_session.h"
#include "track_stats.h"

namespace sam2 {

// What the element's threads share; each member is thread-safe.
struct TrackFlow {
  FrameQueue queue;
  CommandInbox commands;
  QosGate gate;
  LatencyMeter latency;
  TrackStats stats;
  EncoderSeat seat;                       // taken with model-instance-id
  ObjectIds ids;
  MemoryWatch memory;
  std::atomic<GstClockTime> frame_ns{0};  // from frame to frame, 0 = unknown

  // As those of the queue; frames wait for other elements no more, and others
  // not for this one.
  void close(GstFlowReturn reason) {
    queue.close(reason);
    seat.rest();
  }
  void shut() {
    queue.shut();
    seat.rest();
  }
};

// The structure "sam2-stats" of TrackStats and MemoryWatch. Thread-safe.
StructurePtr stats_of(const TrackFlow &flow);

// Takes what the queue holds, tracks, and pushes it downstream in the same
// order. Only turn() is for the tracking thread; the others are called while
// it does not run.
class TrackWorker {
 public:
  // All outlive the worker.
  TrackWorker(GstElement *element, GstPad *sink, GstPad *source,
              TrackFlow &flow, PromptDesk &desk);

  void start(std::shared_ptr<const Engine> engine,
             const TrackSettings &settings, std::vector<TimedPrompt> prompts);
  void stop();

  // Forgets objects and times, and takes the prompts up again.
  void reset();
  // Takes over what sticks to the sink pad: events may have been lost with the
  // queue. Throws Error (kFormat).
  void catch_up();

  // Waits for the next item and deals with it. Anything but GST_FLOW_OK ends
  // the flow: call it no more. Throws what TrackSession throws.
  GstFlowReturn turn();

 private:
  GstFlowReturn take_event(EventPtr event);
  bool answer(GstQuery *query);
  enum class Action {
    kPass,   // there is nothing to track
    kTrack,  //
    kCoast,  // not inferred, by inference-interval
    kDrop,   // too late to be shown; coasted all the same
  };
  // A frame of this turn, and what will be done with it.
  struct Work {
    QueueItem item;
    FrameDetections detections;
    FrameTimes times;
    Action action = Action::kPass;
  };
  GstFlowReturn take_frames(QueueItem first);
  GstFlowReturn ended(GstFlowReturn flow);
  GstFlowReturn work_off(std::vector<Work> batch);
  std::vector<Work> gather(QueueItem first);
  MemoryUse tracking() const;
  bool follows_detections(const std::vector<Work> &frames) const;
  SizePx frame_size() const;
  std::vector<Work> plan(std::vector<Work> batch);
  Action action_for(const FrameTimes &times);
  void look_upstream();
  FrameTimes frame_times(const GstBuffer *frame) const;
  void set_format(const GstCaps *caps);
  unsigned largest_batch(SizePx frame_size) const;
  void prepare_for(SizePx frame_size);
  void allow(const MemoryAllowance &allowance);
  void tell_where_memories_are(const std::string &device);
  void drop(const Work &work);
  std::optional<std::vector<EncodedImagePtr>> encode(
      const std::vector<Work> &batch);
  std::vector<EncodedImagePtr> encode_together(
      const std::vector<ImageView> &pictures);
  void take_seat(const std::shared_ptr<const Engine> &engine);
  BufferPtr track(Work work, const EncodedImagePtr &image);
  BufferPtr coast(Work work);
  std::optional<TrackedFrame> coasted(const Work &work);
  void use(std::shared_ptr<const Engine> engine);
  void reopen();
  void look_at(const Work &work);
  void coast_over(int drops);
  BufferPtr attach(BufferPtr frame, const TrackedFrame &tracked,
                   GstClockTime running_ns);
  void count_objects(size_t objects);
  void announce_changes(const FrameResult &result, GstClockTime running_ns);
  void measured(GstClockTime busy_ns);
  void report_stats();
  GstFlowReturn push(BufferPtr frame);

  GstElement *element_;
  GstPad *sink_;
  GstPad *source_;
  TrackFlow &flow_;
  PromptDesk &desk_;
  ModelSettings model_;
  FlowSettings settings_;
  std::shared_ptr<const Engine> engine_;
  MemoryDemand demand_;       // of the memory, as prepared
  unsigned most_batch_ = 64;  // frames that memory has room for
  AttachedParts attached_;
  bool is_cpu_ = true;
  bool needs_pictures_ = false;  // of frames that are not encoded
  std::unique_ptr<TrackSession> session_;
  BatchEncoder encoder_;
  MemorySteps steps_;
  bool has_tracked_ = false;  // with the engine that is open
  std::optional<GstVideoInfo> format_;
  GstSegment segment_;
  bool has_work_ = false;  // in this turn, so far
  // Until then the frames of this turn wait for others.
  std::chrono::steady_clock::time_point batch_deadline_;
  unsigned since_tracked_ = 0;  // frames coasted since, by inference-interval
  int64_t next_frame_ = 0;      // number of it since start or flush
  ObjectWatch watch_;
  std::optional<bool> is_live_;  // none: not asked yet
  bool follows_drop_ = false;    // the next frame pushed
  gint64 latest_report_us_ = 0;
};

}  // namespace sam2
