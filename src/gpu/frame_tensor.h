// Video frames to model input, and the model's masks back to video size.
// Letters: B objects, S side of the model input in pixels.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "base/geometry.h"

namespace sam2 {

// The model input for a frame: [1, 3, S, S] float32 on the CPU, contiguous.
// The frame is resized to S x S (no aspect ratio kept) as the reference's
// video predictor does, see pillow_resize.h, then normalised with ImageNet's
// mean and standard deviation. `frame` is 8-bit RGB of at least 1x1; it is
// not kept.
// Reentrant. Costs the resize plus 3 S² bytes x 4.
// Source: sam2/utils/misc.py:90-107, 217-243.
at::Tensor frame_tensor(const ImageView &frame, int64_t input_size_px);

// Mask logits [B, h, w] at video size: [B, height, width], same type and
// device. Bilinear, corners not aligned, no antialiasing; logits stay logits,
// so the caller thresholds afterwards and edges are finer than a model pixel.
// Reentrant; runs on the current stream; does not synchronise.
// Source: sam2/sam2_video_predictor.py:392-412.
at::Tensor to_video_size(const at::Tensor &low_res_logits, SizePx video_size);

// A mask prompt as the model takes it: [1, 1, S, S] float32 on the CPU, 0 or
// 1. A mask of another size is scaled (bilinear, antialiased) and is object
// where at least half of it was. `mask` must not be empty (asserted).
// Reentrant. Source: sam2/sam2_video_predictor.py:311-328.
at::Tensor mask_prompt_tensor(const MaskImage &mask, int64_t input_size_px);

}  // namespace sam2
