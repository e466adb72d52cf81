#include "gpu/frame_tensor.h"

#include <ATen/ops/_upsample_bilinear2d_aa.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/upsample_bilinear2d.h>

#include <array>
#include <cassert>

#include "gpu/pillow_resize.h"

namespace sam2 {
namespace {

constexpr int kChannels = 3;
// ImageNet's, in RGB order.
constexpr std::array<float, kChannels> kMean = {0.485f, 0.456f, 0.406f};
constexpr std::array<float, kChannels> kStd = {0.229f, 0.224f, 0.225f};

// A byte's value in the model input, with the reference's roundings: the
// division in float64, the rest in float32.
using ByteTable = std::array<float, 256>;

ByteTable normalised_bytes(int channel) {
  ByteTable table;
  for (size_t value = 0; value < table.size(); ++value) {
    const float unit = static_cast<float>(static_cast<double>(value) / 255.0);
    table[value] = (unit - kMean[channel]) / kStd[channel];
  }
  return table;
}

const std::array<ByteTable, kChannels> &byte_tables() {
  static const std::array<ByteTable, kChannels> tables = {
      normalised_bytes(0), normalised_bytes(1), normalised_bytes(2)};
  return tables;
}

}  // namespace

at::Tensor frame_tensor(const ImageView &frame, int64_t input_size_px) {
  const int side = static_cast<int>(input_size_px);
  const std::vector<uint8_t> rgb = resize_like_pillow(frame, {side, side});
  at::Tensor image = at::empty({1, kChannels, side, side}, at::kFloat);
  const size_t pixels = static_cast<size_t>(side) * side;
  for (int c = 0; c < kChannels; ++c) {
    const ByteTable &table = byte_tables()[c];
    float *plane = image.data_ptr<float>() + c * pixels;
    for (size_t i = 0; i < pixels; ++i)
      plane[i] = table[rgb[i * kChannels + c]];
  }
  return image;
}

at::Tensor to_video_size(const at::Tensor &low_res_logits, SizePx video_size) {
  assert(low_res_logits.dim() == 3);
  return at::upsample_bilinear2d(low_res_logits.unsqueeze(1),
                                 {video_size.height, video_size.width},
                                 /*align_corners=*/false)
      .squeeze(1);
}

at::Tensor mask_prompt_tensor(const MaskImage &mask, int64_t input_size_px) {
  assert(!mask.is_empty());
  at::Tensor tensor = at::empty({1, 1, mask.height, mask.width}, at::kFloat);
  float *out = tensor.data_ptr<float>();
  for (size_t i = 0; i < mask.pixels.size(); ++i)
    out[i] = mask.pixels[i] != 0 ? 1.0f : 0.0f;
  if (mask.height == input_size_px && mask.width == input_size_px)
    return tensor;
  return at::_upsample_bilinear2d_aa(tensor, {input_size_px, input_size_px},
                                     /*align_corners=*/false)
      .ge(0.5)
      .to(at::kFloat);
}

}  // namespace sam2
