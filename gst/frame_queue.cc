#include "frame_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace sam2 {
namespace {

// A stream of nothing but gaps must not grow without end either.
constexpr size_t kMostEvents = 256;

bool is_frame(const QueueItem &item) { return item.frame != nullptr; }

// Behind it frames are wanted again by those who had enough of a stream.
bool is_beginning(const QueueItem &item) {
  return item.event &&
         (GST_EVENT_TYPE(item.event.get()) == GST_EVENT_STREAM_START ||
          GST_EVENT_TYPE(item.event.get()) == GST_EVENT_SEGMENT);
}

bool is_end(const GstEvent *event) {
  return GST_EVENT_TYPE(event) == GST_EVENT_EOS;
}

bool is_sticky(const QueueItem &item) {
  return item.event && GST_EVENT_IS_STICKY(item.event.get());
}

}  // namespace

void FrameQueue::set_limits(const Limits &limits) {
  const Lock lock(mutex_);
  limits_ = limits;
  changed_.notify_all();
}

// Returns what was in the queue, to be released without the lock.
FrameQueue::Items FrameQueue::restart(GstFlowReturn flow) {
  Items discarded;
  discarded.swap(items_);
  frames_ = 0;
  flow_ = flow;
  has_ended_ = false;
  if (is_open()) is_at_end_ = is_told_ = false;
  for (const QueueItem &item : discarded)
    if (item.query) query_ = Query::kRefused;
  changed_.notify_all();
  return discarded;
}

void FrameQueue::open() {
  Items discarded;
  const Lock lock(mutex_);
  is_shut_ = false;
  discarded = restart(GST_FLOW_OK);
}

bool FrameQueue::reopen(std::optional<GstFlowReturn> reason) {
  Items discarded;
  const Lock lock(mutex_);
  if (is_shut_ || (reason && flow_ != *reason)) return false;
  discarded = restart(GST_FLOW_OK);
  return true;
}

void FrameQueue::close(GstFlowReturn flow, bool is_told) {
  Items discarded;
  const Lock lock(mutex_);
  is_told_ |= is_told;
  discarded = restart(is_open() || flow == GST_FLOW_FLUSHING ? flow : flow_);
}

void FrameQueue::shut() {
  Items discarded;
  const Lock lock(mutex_);
  is_shut_ = true;
  discarded = restart(GST_FLOW_FLUSHING);
}

void FrameQueue::end_stream() {
  Items discarded;
  const Lock lock(mutex_);
  const auto next = std::find_if(items_.begin(), items_.end(), is_beginning);
  has_ended_ = next == items_.end();
  const auto kept = std::stable_partition(
      items_.begin(), next,
      [](const QueueItem &item) { return !is_sticky(item); });
  for (auto item = items_.begin(); item != kept; ++item) {
    if (item->query) query_ = Query::kRefused;
    if (item->frame) --frames_;
  }
  discarded.assign(std::make_move_iterator(items_.begin()),
                   std::make_move_iterator(kept));
  items_.erase(items_.begin(), kept);
  changed_.notify_all();
}

GstFlowReturn FrameQueue::flow() const {
  const Lock lock(mutex_);
  return flow_;
}

bool FrameQueue::take_untold_end() {
  const Lock lock(mutex_);
  return !is_open() && is_at_end_ && !std::exchange(is_told_, true);
}

size_t FrameQueue::level() const {
  const Lock lock(mutex_);
  return frames_;
}

bool FrameQueue::is_next_frame() const {
  return !items_.empty() && is_frame(items_.front());
}

QueueItem FrameQueue::take_item(Items::iterator place) {
  QueueItem item = std::move(*place);
  items_.erase(place);
  if (item.frame) --frames_;
  changed_.notify_all();
  return item;
}

BufferPtr FrameQueue::drop_oldest() {
  QueueItem oldest =
      take_item(std::find_if(items_.begin(), items_.end(), is_frame));
  const auto next = std::find_if(items_.begin(), items_.end(), is_frame);
  if (next != items_.end()) next->drops_before += oldest.drops_before + 1;
  return std::move(oldest.frame);
}

GstFlowReturn FrameQueue::answer_to_frame() const {
  return is_open() && has_ended_ ? GST_FLOW_EOS : flow_;
}

GstFlowReturn FrameQueue::push_frame(BufferPtr frame, BufferPtr &dropped) {
  Lock lock(mutex_);
  changed_.wait(lock, [this] {
    return answer_to_frame() != GST_FLOW_OK || limits_.drops_oldest ||
           frames_ < limits_.frames;
  });
  if (answer_to_frame() != GST_FLOW_OK) {
    is_told_ |= !is_open();
    return answer_to_frame();
  }
  items_.emplace_back();
  items_.back().frame = std::move(frame);
  ++frames_;
  if (frames_ > limits_.frames) dropped = drop_oldest();
  changed_.notify_all();
  return flow_;
}

GstFlowReturn FrameQueue::push_event(EventPtr event) {
  Lock lock(mutex_);
  changed_.wait(lock, [this] {
    return !is_open() || items_.size() - frames_ < kMostEvents;
  });
  if (is_end(event.get())) is_at_end_ = true;
  if (!is_open()) return flow_;
  QueueItem item;
  item.event = std::move(event);
  if (has_ended_ && !is_sticky(item)) return GST_FLOW_EOS;
  if (is_beginning(item)) has_ended_ = is_at_end_ = false;
  items_.push_back(std::move(item));
  changed_.notify_all();
  return flow_;
}

bool FrameQueue::run_query(GstQuery *query) {
  Lock lock(mutex_);
  if (answer_to_frame() != GST_FLOW_OK) return false;
  items_.emplace_back();
  items_.back().query = query;
  query_ = Query::kWaiting;
  changed_.notify_all();
  changed_.wait(lock, [this] { return query_ != Query::kWaiting; });
  return std::exchange(query_, Query::kNone) == Query::kAnswered;
}

QueueItem FrameQueue::pop() {
  Lock lock(mutex_);
  changed_.wait(lock, [this] { return !is_open() || !items_.empty(); });
  return is_open() ? take_item(items_.begin()) : QueueItem();
}

void FrameQueue::gather(std::vector<QueueItem> &frames, size_t count,
                        std::chrono::steady_clock::time_point deadline) {
  Lock lock(mutex_);
  while (frames.size() < count) {
    changed_.wait_until(lock, deadline,
                        [this] { return !is_open() || !items_.empty(); });
    if (!is_open() || !is_next_frame()) return;
    frames.push_back(take_item(items_.begin()));
  }
}

void FrameQueue::answer(bool is_answered) {
  const Lock lock(mutex_);
  query_ = is_answered ? Query::kAnswered : Query::kRefused;
  changed_.notify_all();
}

}  // namespace sam2
