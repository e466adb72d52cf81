// Frames of a source encoded before the tracker asks for them: several
// together, and beside the tracking.
#pragma once

#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "base/bounded_queue.h"
#include "base/error.h"
#include "engine/engine.h"

namespace sam2 {

struct LookaheadSettings {
  static constexpr int kMost = 64;
  // Frames encoded together, 1...kMost.
  int batch_size = 1;
  // Encoded frames that may wait for the tracker, 0...kMost; those of a batch
  // just encoded come on top. 0 = no thread: next() reads and encodes.
  int frames_ahead = 0;
};

// `Frame` can be moved and has view(), which stays valid as it moves. With
// frames ahead one thread reads the source and encodes; it ends with this
// object. Such a thread has OpenMP threads of its own, so on the CPU it pays
// where there are cores to spare. Thread-bound.
template <class Frame>
class Lookahead {
 public:
  // The next frame of a stream, or nothing at its end. Called by one thread,
  // which need not be the one of next().
  using Source = std::function<std::optional<Frame>()>;

  struct Item {
    Frame frame;
    // Null with batch_size 1 and no frames ahead: there is nothing to gain,
    // and a tracker without objects need not encode the frame at all.
    std::shared_ptr<const EncodedImage> image;
  };

  // Error kSetting for a number out of range.
  Lookahead(std::shared_ptr<const Engine> engine, Source source,
            const LookaheadSettings &settings)
      : engine_(std::move(engine)),
        source_(std::move(source)),
        batch_size_(checked("batch-size", settings.batch_size, 1)),
        is_encoding_(settings.batch_size > 1 || settings.frames_ahead > 0),
        queue_(checked("lookahead", settings.frames_ahead, 0)) {
    if (settings.frames_ahead > 0) thread_ = std::thread([this] { run(); });
  }
  // Waits for the batch that is being encoded.
  ~Lookahead() {
    queue_.close();
    if (thread_.joinable()) thread_.join();
  }
  Lookahead(const Lookahead &) = delete;
  Lookahead &operator=(const Lookahead &) = delete;

  // The next frame, or nothing at the end. Throws what the source or the
  // encoder threw, after the frames before; then there are none.
  std::optional<Item> next() {
    std::optional<Outcome> outcome = thread_.joinable() ? queue_.pop() : take();
    if (!outcome) return std::nullopt;
    if (const auto *error = std::get_if<std::exception_ptr>(&*outcome))
      std::rethrow_exception(*error);
    return std::get<Item>(std::move(*outcome));
  }

 private:
  using Outcome = std::variant<Item, std::exception_ptr>;

  static int checked(const char *name, int value, int least) {
    if (value >= least && value <= LookaheadSettings::kMost) return value;
    throw Error(ErrorCode::kSetting,
                std::string(name) + " is " + std::to_string(value) +
                    ". Set it to " + std::to_string(least) + "..." +
                    std::to_string(LookaheadSettings::kMost) + ".");
  }

  void run() {
    while (!is_at_end_)
      for (Outcome &outcome : next_batch())
        if (!queue_.push(std::move(outcome))) return;
    queue_.close();
  }

  std::optional<Outcome> take() {
    if (ready_.empty() && !is_at_end_)
      for (Outcome &outcome : next_batch())
        ready_.push_back(std::move(outcome));
    if (ready_.empty()) return std::nullopt;
    std::optional<Outcome> first(std::move(ready_.front()));
    ready_.pop_front();
    return first;
  }

  // An error is the last outcome.
  std::vector<Outcome> next_batch() {
    std::exception_ptr failure;
    std::vector<Outcome> outcomes;
    std::vector<Frame> frames = read(failure);
    try {
      outcomes = encode(frames);
    } catch (...) {
      // The frames come before what the source threw after them.
      failure = std::current_exception();
    }
    if (!failure) return outcomes;
    is_at_end_ = true;
    outcomes.push_back(failure);
    return outcomes;
  }

  std::vector<Frame> read(std::exception_ptr &failure) {
    std::vector<Frame> frames;
    try {
      while (!is_at_end_ && frames.size() < batch_size_) {
        std::optional<Frame> frame = source_();
        if (frame)
          frames.push_back(std::move(*frame));
        else
          is_at_end_ = true;
      }
    } catch (...) {
      failure = std::current_exception();
    }
    return frames;
  }

  std::vector<Outcome> encode(std::vector<Frame> &frames) const {
    std::vector<ImageView> views;
    for (const Frame &frame : frames) views.push_back(frame.view());
    std::vector<std::shared_ptr<const EncodedImage>> images(views.size());
    if (is_encoding_ && !views.empty()) images = engine_->encode(views);
    std::vector<Outcome> outcomes;
    for (size_t i = 0; i < frames.size(); ++i)
      outcomes.push_back(Item{std::move(frames[i]), images[i]});
    return outcomes;
  }

  const std::shared_ptr<const Engine> engine_;
  const Source source_;
  const size_t batch_size_;
  const bool is_encoding_;
  BoundedQueue<Outcome> queue_;
  // Of the thread, or of next() if there is none.
  std::deque<Outcome> ready_;
  bool is_at_end_ = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace sam2
