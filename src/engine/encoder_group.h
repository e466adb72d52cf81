// Streams of several elements through one image encoder, in common batches.
// Needs no LibTorch.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/encoder_turns.h"
#include "engine/engine.h"

namespace sam2 {

// Those who share an encoder. It has no thread of its own: of the threads that
// wait for their frames, one encodes a batch for all. Batches go one after the
// other. Thread-safe.
class EncoderGroup {
 public:
  using Images = std::vector<std::shared_ptr<const EncodedImage>>;
  using Demand = EncoderTurns::Demand;
  using Stream = EncoderTurns::Stream;

  explicit EncoderGroup(std::shared_ptr<const Engine> engine)
      : engine_(std::move(engine)) {}

  Stream join();
  // Nobody is in encode() for the stream.
  void leave(Stream stream);

  // Encodes `frames` (demand.frames of them, 1 or more) with those of other
  // streams, when EncoderTurns says so. Called by one thread at a time for a
  // stream. None if `is_stopping` says so while the frames still wait: it is
  // asked now, and whenever rest() was called, with the group's lock held. A
  // batch that fails is encoded again frame by frame, so that only those get
  // an error whose frame it is: what Engine::encode throws.
  std::optional<Images> encode(Stream stream,
                               const std::vector<ImageView> &frames,
                               const Demand &demand,
                               const std::function<bool()> &is_stopping);
  // The stream brings nothing for a while: nobody waits for it until it does.
  void rest(Stream stream);

 private:
  using Lock = std::unique_lock<std::mutex>;
  struct Request {
    explicit Request(const std::vector<ImageView> &views)
        : frames(views), images(views.size()) {}
    bool is_running() const { return taken > done; }
    bool is_done() const { return done == frames.size(); }

    const std::vector<ImageView> &frames;
    Images images;
    size_t taken = 0;  // frames that a batch has or had
    size_t done = 0;
    std::exception_ptr error;
  };
  struct Job {  // one frame in a batch
    Request *request;
    size_t index;
    std::shared_ptr<const EncodedImage> image;
    std::exception_ptr error;
  };

  bool run_batch(Lock &lock);
  void encode_jobs(std::vector<Job> &jobs) const;
  void encode_alone(Job &job) const;
  void wait(Lock &lock);

  const std::shared_ptr<const Engine> engine_;
  std::mutex mutex_;  // guards what follows; not held while encoding
  std::condition_variable changed_;
  EncoderTurns turns_;
  std::map<Stream, Request *> requests_;  // of the threads in encode()
  bool is_encoding_ = false;
};

// The group of the engines that share a model, with its input size, and are
// given the same `id`. It lasts as long as somebody has it. Thread-safe.
std::shared_ptr<EncoderGroup> encoder_group(
    const std::string &id, const std::shared_ptr<const Engine> &engine);

// A stream's place in a group, or in none. join(), leave() and encode() are for
// one thread at a time, rest() is for any.
class EncoderSeat {
 public:
  ~EncoderSeat() { leave(); }

  void join(std::shared_ptr<EncoderGroup> group);
  void leave();
  bool is_taken() const { return group_ != nullptr; }
  // See EncoderGroup; the seat is taken.
  std::optional<EncoderGroup::Images> encode(
      const std::vector<ImageView> &frames, const EncoderGroup::Demand &demand,
      const std::function<bool()> &is_stopping);
  // Does nothing without a group.
  void rest();

 private:
  std::mutex mutex_;  // guards what follows against rest(); before the group's
  std::shared_ptr<EncoderGroup> group_;
  EncoderGroup::Stream stream_ = 0;
};

}  // namespace sam2
