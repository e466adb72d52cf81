// Boxes of masks without bringing the masks to the CPU.
#pragma once

#include <ATen/core/Tensor.h>

namespace sam2 {

// Smallest boxes around the pixels of logits [..., H, W] above 0: [..., 4]
// float32 of left, top, right, bottom, the last pixels included; zeros for a
// mask without such a pixel. Does not synchronise.
at::Tensor mask_boxes(const at::Tensor &logits);

}  // namespace sam2
