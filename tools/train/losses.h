// The losses of SAM 2 (Ravi et al. 2024, appendix D.2.2): focal and dice on
// the masks, L1 on the predicted IoU, cross-entropy on the object score.
// Letters: O objects, K candidates, h w low-resolution mask. Reentrant.
#pragma once

#include <ATen/core/Tensor.h>

namespace sam2::train {

// One value per candidate: [O, K] float32.
struct MaskLosses {
  at::Tensor focal;  // alpha 0.25, gamma 2, mean over the pixels
  at::Tensor dice;
  at::Tensor iou;         // |predicted IoU - actual IoU|
  at::Tensor actual_iou;  // of the thresholded masks, without gradient
};

// logits [O, K, h, w]; predicted_ious [O, K]; target [O, h, w] in [0, 1], the
// share of each pixel that the object covers.
MaskLosses mask_losses(const at::Tensor &logits,
                       const at::Tensor &predicted_ious,
                       const at::Tensor &target);

// Weights of the sum: 20 focal + dice + IoU + object score.
constexpr double kFocalWeight = 20;

// The loss of the best candidate (least 20 focal + dice) plus the IoU losses
// of all, averaged over the objects for which is_present [O] is true; zero,
// with gradient, if there is none.
at::Tensor best_mask_loss(const MaskLosses &losses,
                          const at::Tensor &is_present);

// Cross-entropy of object scores [O, 1] (logits) against is_present [O].
at::Tensor object_score_loss(const at::Tensor &object_score,
                             const at::Tensor &is_present);

}  // namespace sam2::train
