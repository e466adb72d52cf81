// What travels from the thread that brings frames to the one that tracks.
#pragma once

#include <gst/gst.h>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include "gst_ptr.h"

namespace sam2 {

// One of frame, event and query, or nothing.
struct QueueItem {
  BufferPtr frame;
  int drops_before = 0;  // frames dropped here just before this one
  EventPtr event;
  GstQuery *query = nullptr;  // its owner waits for the answer
};

// Frames, serialized events and serialized queries in one order. Frames are
// references; at most `Limits::frames` wait, and a bounded number of events.
// Thread-safe: one thread brings, one takes, any thread opens and closes.
class FrameQueue {
 public:
  struct Limits {
    size_t frames = 8;          // 1 or more
    bool drops_oldest = false;  // when full; else the bringing thread waits
  };

  void set_limits(const Limits &limits);

  // Empties the queue and lets items in and out.
  void open();
  // Empties the queue and wakes everyone who waits. From now on `flow` is the
  // answer to all that is brought and nothing comes out. An earlier reason
  // stays, except that flushing goes before all. `is_told`: a message says why.
  void close(GstFlowReturn flow, bool is_told = false);
  // GST_FLOW_OK while open, else the reason for closing.
  GstFlowReturn flow() const;
  // open() for those who do not know what others have done meanwhile: false if
  // the queue is shut, or was closed for another reason than the one given.
  bool reopen(std::optional<GstFlowReturn> reason = std::nullopt);
  // close(GST_FLOW_FLUSHING) that only open() ends.
  void shut();
  // Downstream has had enough of this stream: all but the events that stick
  // goes, up to the next STREAM_START or SEGMENT. Until that is brought, the
  // answer to frames is GST_FLOW_EOS.
  void end_stream();
  // Whether upstream has brought the end of its stream to a queue that is
  // closed or was closed meanwhile, and neither a message nor the answer to a
  // frame has told why. True once.
  bool take_untold_end();
  // Frames that wait.
  size_t level() const;

  // The bringing thread. Each returns what flow() said when it was done.
  //
  // `dropped` gets the oldest frame if there was no room for both.
  GstFlowReturn push_frame(BufferPtr frame, BufferPtr &dropped);
  GstFlowReturn push_event(EventPtr event);
  // Waits until the taking thread has answered; false if it never will.
  bool run_query(GstQuery *query);

  // The taking thread.
  //
  // Waits for the next item; nothing if the queue is closed.
  QueueItem pop();
  // Adds those frames to `frames` that come next, until there are `count` of
  // them, and waits for them until `deadline`. An event ends the wait.
  void gather(std::vector<QueueItem> &frames, size_t count,
              std::chrono::steady_clock::time_point deadline);
  // To the query that was popped last.
  void answer(bool is_answered);

 private:
  using Lock = std::unique_lock<std::mutex>;
  bool is_open() const { return flow_ == GST_FLOW_OK; }
  GstFlowReturn answer_to_frame() const;
  using Items = std::deque<QueueItem>;
  Items restart(GstFlowReturn flow);
  bool is_next_frame() const;
  QueueItem take_item(Items::iterator place);
  BufferPtr drop_oldest();

  mutable std::mutex mutex_;  // guards all that follows; no lock is taken in it
  std::condition_variable changed_;
  Limits limits_;
  GstFlowReturn flow_ = GST_FLOW_FLUSHING;
  bool is_shut_ = false;
  bool has_ended_ = false;  // the stream, downstream says
  bool is_at_end_ = false;  // the stream, upstream says
  bool is_told_ = false;    // why the queue is closed
  Items items_;
  size_t frames_ = 0;  // among them
  // Of the query that is inside or being answered.
  enum class Query { kNone, kWaiting, kAnswered, kRefused };
  Query query_ = Query::kNone;
};

}  // namespace sam2
