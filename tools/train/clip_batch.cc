#include "clip_batch.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>

#include <chrono>
#include <cstring>
#include <memory>

#include "random_seeds.h"

namespace sam2::train {
namespace {

// [S, S, 3] -> [3, S, S].
void copy_frame(const cv::Mat &frame, at::Tensor target) {
  const at::Tensor packed = at::empty({frame.rows, frame.cols, 3}, at::kByte);
  for (int y = 0; y < frame.rows; ++y)
    std::memcpy(packed.data_ptr<uint8_t>() + y * frame.cols * 3, frame.ptr(y),
                static_cast<size_t>(frame.cols) * 3);
  target.copy_(packed.permute({2, 0, 1}));
}

void copy_mask(const cv::Mat &labels, int label, at::Tensor target) {
  uint8_t *out = target.data_ptr<uint8_t>();
  for (int y = 0; y < labels.rows; ++y) {
    const uint8_t *row = labels.ptr(y);
    for (int x = 0; x < labels.cols; ++x) *out++ = row[x] == label;
  }
}

ClipBatch to_tensors(const std::vector<Clip> &clips, int side) {
  int objects = 0;
  for (const Clip &clip : clips) objects += clip.objects;
  const auto frames = static_cast<int64_t>(clips.at(0).frames.size());
  const auto count = static_cast<int64_t>(clips.size());
  ClipBatch batch;
  batch.frames = at::empty({frames, count, 3, side, side}, at::kByte);
  batch.masks = at::empty({frames, objects, side, side}, at::kByte);
  std::vector<int64_t> clip_of;
  for (int64_t c = 0; c < count; ++c) {
    for (int64_t t = 0; t < frames; ++t)
      copy_frame(clips[c].frames[t], batch.frames[t][c]);
    for (int label = 1; label <= clips[c].objects; ++label) {
      for (int64_t t = 0; t < frames; ++t)
        copy_mask(clips[c].labels[t], label,
                  batch.masks[t][static_cast<int64_t>(clip_of.size())]);
      clip_of.push_back(c);
    }
  }
  batch.clip_of = at::tensor(clip_of, at::kLong);
  return batch;
}

}  // namespace

ClipBatch compose_batch(const PictureLibrary &library,
                        const BatchSettings &settings, int64_t index) {
  std::vector<Clip> clips;
  for (int i = 0; i < settings.clips; ++i)
    clips.push_back(
        compose_clip(library, settings.composer,
                     mixed_seed(settings.seed, index * settings.clips + i)));
  return to_tensors(clips, settings.composer.side);
}

BatchQueue::BatchQueue(const PictureLibrary &library,
                       const BatchSettings &settings, int64_t first,
                       int workers)
    : library_(library), settings_(settings), index_(first), pool_(workers) {
  for (int i = 0; i < 2 * workers; ++i) enqueue();
}

void BatchQueue::enqueue() {
  const auto task = std::make_shared<std::packaged_task<ClipBatch()>>(
      [this, index = index_++] {
        return compose_batch(library_, settings_, index);
      });
  ahead_.push_back(task->get_future());
  pool_.run([task] { (*task)(); });
}

ClipBatch BatchQueue::next() {
  const auto start = std::chrono::steady_clock::now();
  std::future<ClipBatch> first = std::move(ahead_.front());
  ahead_.pop_front();
  enqueue();
  ClipBatch batch = first.get();
  waited_s_ +=
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
          .count();
  return batch;
}

}  // namespace sam2::train
