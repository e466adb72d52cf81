// RepViT: the convolutional trunk that encodes a picture for EdgeTAM.
// Letters: B pictures, H and W rows and columns, C channels.
// Source of the names and rules: timm/models/repvit.py ("legacy" blocks),
// https://github.com/huggingface/pytorch-image-models.
//
// A file holds convolutions and batch norms apart, with parallel branches.
// All of that is linear, so each group runs as one convolution: `fold` makes
// it once after loading, in float32, and casts it to the precision's type.
// The loaded weights stay for counting and checking (20 MB).
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "model/config.h"
#include "model/layers.h"

namespace sam2 {

// A convolution without bias, then a batch norm with stored statistics.
struct NormedConv2d {
  Conv2d conv;
  at::Tensor scale;  // [out], as are the next three
  at::Tensor shift;
  at::Tensor mean;
  at::Tensor variance;
  at::Tensor batches_seen;  // [] int64, in the files, unused

  void visit(const ParameterScope &scope);
  // Both as one convolution, float32.
  Conv2d folded() const;
};

// Two 1x1 convolutions with a GELU between them; adds its input.
struct ChannelMixer {
  NormedConv2d conv1;
  NormedConv2d conv2;
  Conv2d expand;  // folded
  Conv2d reduce;

  explicit ChannelMixer(int64_t channels);
  void visit(const ParameterScope &scope);
  void fold(at::ScalarType type);
  at::Tensor forward(const at::Tensor &x) const;  // [B, H, W, C]
};

// Depthwise 3x3 and 1x1 convolutions side by side, and the input itself.
struct TokenMixer {
  NormedConv2d conv;
  NormedConv2d conv1;
  Conv2d depthwise;  // folded: all three

  explicit TokenMixer(int64_t channels);
  void visit(const ParameterScope &scope);
  void fold(at::ScalarType type);
  at::Tensor forward(const at::Tensor &x) const;  // [B, H, W, C]
};

// Weighs channels by what the whole picture says (float32 inside).
struct SqueezeExcite {
  Conv2d fc1;
  Conv2d fc2;

  explicit SqueezeExcite(int64_t channels);
  void visit(const ParameterScope &scope);
  at::Tensor forward(const at::Tensor &x) const;  // [B, H, W, C]
};

struct RepVitBlock {
  TokenMixer token_mixer;
  bool has_se;
  SqueezeExcite se;  // if has_se
  ChannelMixer channel_mixer;

  RepVitBlock(int64_t channels, bool has_se);
  void visit(const ParameterScope &scope);
  void fold(at::ScalarType type);
  at::Tensor forward(const at::Tensor &x) const;  // [B, H, W, C]
};

// Halves the grid and changes the channels, before stages 2 to 4.
struct RepVitDownsample {
  RepVitBlock pre_block;
  NormedConv2d spatial;
  NormedConv2d channel;
  ChannelMixer ffn;
  Conv2d halve;  // folded
  Conv2d widen;

  RepVitDownsample(int64_t channels, int64_t channels_out);
  void visit(const ParameterScope &scope);
  void fold(at::ScalarType type);
  // x [B, H, W, C] -> [B, H/2, W/2, C'].
  at::Tensor forward(const at::Tensor &x) const;
};

struct RepVitStage {
  std::vector<RepVitDownsample> downsample;  // none or one
  std::vector<RepVitBlock> blocks;
};

struct RepVit {
  NormedConv2d stem1;
  NormedConv2d stem2;
  std::vector<RepVitStage> stages;
  Conv2d embed1;  // folded
  Conv2d embed2;

  explicit RepVit(const RepVitConfig &config);
  void visit(const ParameterScope &scope);
  // To be called once all weights are there, before any forward.
  void fold(at::ScalarType type);

  // image [B, 3, S, S] -> [B, S/4, S/4, C].
  at::Tensor embed(const at::Tensor &image) const;
  // Returns each stage's output, [B, S/4, S/4, C], [B, S/8, S/8, C'], ...
  std::vector<at::Tensor> forward(const at::Tensor &image) const;
};

}  // namespace sam2
