// Prompts as a user would give them, from true masks.
#pragma once

#include <ATen/core/Tensor.h>

#include "model/sam2_model.h"
#include "random.h"

namespace sam2::train {

// masks [O, S, S] uint8, each with at least one pixel set. One click on every
// object: half of them anywhere inside, half on its most interior pixel.
PointInput sample_clicks(const at::Tensor &masks, Random &random);

// Boxes whose sides are off by at most 15 % of the object's size (and at most
// 20 px), as two points each.
PointInput sample_boxes(const at::Tensor &masks, Random &random);

// `points` with one more click each, where the answer is wrong: positive on
// what was missed, negative on what is too much, padding if all is right.
// logits [O, h, w], target [O, h, w] in [0, 1]; `scale` model pixels per
// low-resolution pixel. All tensors on the CPU.
PointInput with_correction(const PointInput &points, const at::Tensor &logits,
                           const at::Tensor &target, double scale,
                           Random &random);

}  // namespace sam2::train
