// sam2track with everything that reads its results behind it, in one process,
// and counters at every pad.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>

#include "support/gst_test.h"

namespace sam2 {

// Of the property stats.
struct SoakStats {
  int64_t dropped = 0;  // frames
  int64_t objects = 0;
  int64_t in_use_bytes = 0;
  int64_t bank_bytes = 0;
  int64_t cached_bytes = 0;
  // What one object's memory bank holds more of than it may, or empty.
  std::string overfull;
};

struct SoakMessages {
  std::atomic<int64_t> warnings{0}, lost{0}, found{0};
};

// Thread-bound: one thread brings frames and everything else. Functions throw
// Error (kInternal) when frames get stuck.
class SoakPipeline {
 public:
  explicit SoakPipeline(const std::string &track_properties);
  ~SoakPipeline();
  SoakPipeline(const SoakPipeline &) = delete;
  SoakPipeline &operator=(const SoakPipeline &) = delete;

  GstElement *track() const { return track_.get(); }
  const GstVideoInfo &format() const { return format_; }
  // Texts of the errors posted and of frames missed so far.
  std::string errors() const;
  const SoakMessages &messages() const { return messages_; }
  SoakStats stats() const;

  // Starts (again), with what `properties` ("name=value name=value") changes.
  void start(const std::string &properties);
  void stop();
  void change_format(const GstVideoInfo &format);
  // A frame of the format with a time, drawn on by `draw`.
  BufferPtr new_frame(GstClockTime pts,
                      const std::function<void(GstVideoFrame *)> &draw);
  void push(BufferPtr frame);
  // Between the frames.
  void send(GstEvent *event);
  // From the window that shows the frames.
  void send_back(GstEvent *event);
  // To the tracker alone: those behind it would drop late frames as well.
  void complain(GstEvent *quality);
  void flush();

  // Returns when no more than `frames` are still somewhere.
  void await_room(int64_t frames);
  // Returns when everybody has done with every frame. One that has neither come
  // out nor been dropped or flushed is an error.
  void settle();

  int64_t frames_in() const { return in_; }
  int64_t frames_out() const;
  // Since the beginning, also before a stop.
  int64_t frames_dropped() const;
  int64_t frames_flushed() const { return flushed_; }

 private:
  static constexpr size_t kSinks = 3;
  static constexpr size_t kTrack = kSinks;  // place in passed_
  struct Pixels;

  void watch(const char *element, const char *pad, size_t place);
  void watch_bus();
  void judge(GstMessage *message);
  void begin_stream();
  void begin_segment();
  void account_flush();
  void note_missing();
  void await(const std::function<bool()> &is_so, const char *what);
  int64_t missing() const;  // frames that are not accounted for

  ElementPtr pipeline_;
  ElementPtr track_;
  BusPtr bus_;
  std::unique_ptr<GstPad, ObjectUnref> source_;
  std::unique_ptr<GstPad, ObjectUnref> window_;
  GstVideoInfo format_;
  SoakMessages messages_;
  int64_t in_ = 0;
  int64_t flushed_ = 0;
  int64_t dropped_before_ = 0;  // before the latest start
  mutable std::mutex mutex_;    // guards what follows
  mutable std::condition_variable changed_;
  int64_t alive_ = 0;  // frames whose memory somebody holds
  std::array<int64_t, kSinks + 1> passed_ = {};
  std::array<int64_t, kSinks> lost_ = {};  // by flushes behind the tracker
  std::string errors_;
};

}  // namespace sam2
