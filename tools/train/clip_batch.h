// Composed clips as tensors, made ahead of the trainer by worker threads.
// Letters: T frames, B clips, O objects of all clips, S side in pixels.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/thread_pool.h>

#include <cstdint>
#include <deque>
#include <future>

#include "clip_composer.h"

namespace sam2::train {

struct ClipBatch {
  at::Tensor frames;   // [T, B, 3, S, S] uint8, RGB
  at::Tensor masks;    // [T, O, S, S] uint8, 0 or 1: the visible part
  at::Tensor clip_of;  // [O] int64, which clip an object belongs to
};

struct BatchSettings {
  ComposerSettings composer;
  int clips = 8;
  uint64_t seed = 0;
};

// Batch number `index`: a pure function of its arguments.
ClipBatch compose_batch(const PictureLibrary &library,
                        const BatchSettings &settings, int64_t index);

// Batches first, first + 1, ... in order, whatever the number of workers.
// Thread-bound. `library` outlives it.
class BatchQueue {
 public:
  BatchQueue(const PictureLibrary &library, const BatchSettings &settings,
             int64_t first, int workers);
  // Waits for the next batch; the time goes into waited_s(). Passes on what a
  // worker threw.
  ClipBatch next();
  double waited_s() const { return waited_s_; }

 private:
  void enqueue();

  const PictureLibrary &library_;
  BatchSettings settings_;
  int64_t index_;
  double waited_s_ = 0;
  std::deque<std::future<ClipBatch>> ahead_;
  c10::ThreadPool pool_;  // last: its threads end before the rest goes
};

}  // namespace sam2::train
