// Mask logits at video size to what users get: boxes and binary masks.
#pragma once

#include <ATen/core/Tensor.h>

#include "base/geometry.h"

namespace sam2 {

// At every pixel only the object with the largest logit keeps it; the others
// are lowered to -10 or less. logits [B, H, W]; returns the same shape.
// Source: sam2/modeling/sam2_base.py:892-910.
at::Tensor without_overlap(const at::Tensor &logits);

// A mask cut out of its frame; both empty if no pixel is object.
struct CutOut {
  BoxPx box;
  MaskImage mask;
};

// Pixels of logits [H, W] (float32, CPU, contiguous) above `threshold`, in
// the smallest box that holds them. Reentrant.
CutOut cut_out(const at::Tensor &logits, float threshold);

// The mask put back into a picture of `size`. Reentrant.
MaskImage whole_mask(const CutOut &cut, SizePx size);

}  // namespace sam2
