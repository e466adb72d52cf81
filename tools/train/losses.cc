#include "losses.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/abs.h>
#include <ATen/ops/binary_cross_entropy_with_logits.h>
#include <ATen/ops/sigmoid.h>

namespace sam2::train {
namespace {

constexpr double kAlpha = 0.25;

at::Tensor focal_loss(const at::Tensor &logits, const at::Tensor &share,
                      const at::Tensor &target) {
  const at::Tensor entropy = at::binary_cross_entropy_with_logits(
      logits, target, {}, {}, at::Reduction::None);
  const at::Tensor miss = share + target - 2 * share * target;  // 1 - p_t
  const at::Tensor weight = (1 - kAlpha) + (2 * kAlpha - 1) * target;
  return (entropy * miss * miss * weight).flatten(2).mean(-1);
}

at::Tensor dice_loss(const at::Tensor &share, const at::Tensor &target) {
  const at::Tensor both = (share * target).flatten(2).sum(-1);
  const at::Tensor sum = share.flatten(2).sum(-1) + target.flatten(2).sum(-1);
  return 1 - (2 * both + 1) / (sum + 1);
}

at::Tensor mask_iou(const at::Tensor &logits, const at::Tensor &target) {
  const at::Tensor a = logits.detach().gt(0);
  const at::Tensor b = target.gt(0.5);
  const at::Tensor both = a.logical_and(b).flatten(2).sum(-1).to(at::kFloat);
  const at::Tensor any = a.logical_or(b).flatten(2).sum(-1).to(at::kFloat);
  return both / any.clamp_min(1);
}

}  // namespace

MaskLosses mask_losses(const at::Tensor &logits,
                       const at::Tensor &predicted_ious,
                       const at::Tensor &target) {
  const at::Tensor all = logits.to(at::kFloat);
  const at::Tensor truth = target.unsqueeze(1).expand_as(all);
  const at::Tensor share = all.sigmoid();
  const at::Tensor actual = mask_iou(all, truth);
  return {focal_loss(all, share, truth), dice_loss(share, truth),
          (predicted_ious.to(at::kFloat) - actual).abs(), actual};
}

at::Tensor best_mask_loss(const MaskLosses &losses,
                          const at::Tensor &is_present) {
  const at::Tensor of_masks = kFocalWeight * losses.focal + losses.dice;
  const at::Tensor best = std::get<0>(of_masks.min(1)) + losses.iou.mean(1);
  const at::Tensor weight = is_present.to(at::kFloat);
  return (best * weight).sum() / weight.sum().clamp_min(1);
}

at::Tensor object_score_loss(const at::Tensor &object_score,
                             const at::Tensor &is_present) {
  return at::binary_cross_entropy_with_logits(
      object_score.to(at::kFloat).squeeze(1), is_present.to(at::kFloat), {}, {},
      at::Reduction::Mean);
}

}  // namespace sam2::train
