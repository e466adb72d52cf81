#include "track/video_masks.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/where.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <cstring>

namespace sam2 {
namespace {

// Logit that a pixel taken by another object has at most.
constexpr double kTakenLogit = -10.0;

struct Span {
  int64_t first = -1;
  int64_t last = -1;
  void add(int64_t i) {
    if (first < 0 || i < first) first = i;
    last = std::max(last, i);
  }
};

}  // namespace

at::Tensor without_overlap(const at::Tensor &logits) {
  const at::Tensor winner = logits.argmax(0, true);
  const at::Tensor index =
      at::arange(logits.size(0), winner.options()).view({-1, 1, 1});
  return at::where(winner == index, logits, logits.clamp_max(kTakenLogit));
}

CutOut cut_out(const at::Tensor &logits, float threshold) {
  TORCH_INTERNAL_ASSERT(logits.dim() == 2 && logits.is_contiguous());
  const int64_t height = logits.size(0);
  const int64_t width = logits.size(1);
  const float *pixels = logits.const_data_ptr<float>();
  const auto is_object = [&](float logit) { return logit > threshold; };
  Span rows, columns;
  for (int64_t y = 0; y < height; ++y) {
    const float *row = pixels + y * width;
    const float *hit = std::find_if(row, row + width, is_object);
    if (hit == row + width) continue;
    rows.add(y);
    columns.add(hit - row);
    int64_t x = width - 1;
    while (!is_object(row[x])) --x;
    columns.add(x);
  }
  CutOut out;
  if (rows.first < 0) return out;
  out.mask.width = static_cast<int>(columns.last - columns.first + 1);
  out.mask.height = static_cast<int>(rows.last - rows.first + 1);
  out.mask.pixels.reserve(size_t{1} * out.mask.width * out.mask.height);
  for (int64_t y = rows.first; y <= rows.last; ++y)
    for (int64_t x = columns.first; x <= columns.last; ++x)
      out.mask.pixels.push_back(is_object(pixels[y * width + x]) ? 255 : 0);
  out.box = {static_cast<float>(columns.first), static_cast<float>(rows.first),
             static_cast<float>(out.mask.width),
             static_cast<float>(out.mask.height)};
  return out;
}

MaskImage whole_mask(const CutOut &cut, SizePx size) {
  MaskImage mask;
  mask.width = size.width;
  mask.height = size.height;
  mask.pixels.resize(size_t{1} * mask.width * mask.height);
  const auto left = static_cast<size_t>(cut.box.x);
  const auto top = static_cast<size_t>(cut.box.y);
  for (int y = 0; y < cut.mask.height; ++y)
    std::memcpy(&mask.pixels[(top + y) * mask.width + left],
                &cut.mask.pixels[size_t{1} * y * cut.mask.width],
                cut.mask.width);
  return mask;
}

}  // namespace sam2
