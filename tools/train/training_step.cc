#include "training_step.h"

#include <ATen/TensorOperators.h>
#include <ATen/autocast_mode.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>

#include "losses.h"
#include "model/sam2_model.h"
#include "prompt_sampler.h"
#include "random.h"

namespace sam2::train {
namespace {

// ImageNet's, of RGB in 0...255.
constexpr double kMean[] = {123.675, 116.28, 103.53};
constexpr double kDeviation[] = {58.395, 57.12, 57.375};
constexpr double kFormerMaskLimit = 32.0;

at::Tensor normalised(const at::Tensor &frames, at::Device device) {
  const auto channels = [&](const double *values) {
    return at::tensor(at::ArrayRef<double>(values, 3), at::kFloat)
        .view({3, 1, 1})
        .to(device);
  };
  return (frames.to(device).to(at::kFloat) - channels(kMean)) /
         channels(kDeviation);
}

// In here nothing is remembered for back-propagation. Autocast keeps the
// weights that it has converted, and those converted in here have no way back
// to the originals: what is computed with them later would teach them nothing.
class WithoutGradient {
 public:
  WithoutGradient() = default;
  ~WithoutGradient() { at::autocast::clear_cache(); }
  WithoutGradient(const WithoutGradient &) = delete;
  WithoutGradient &operator=(const WithoutGradient &) = delete;

 private:
  at::NoGradGuard no_grad_;
};

// What one tracked frame leaves for those after it.
struct FrameMemory {
  int64_t frame = 0;
  bool is_conditioning = false;
  at::Tensor tokens;   // [O, Nm, Cm]
  at::Tensor pointer;  // [O, C]
};

// A clip's way through the network, frame by frame.
class ClipPass {
 public:
  ClipPass(const Sam2Network &network, const ClipBatch &batch,
           const StepSettings &settings, uint64_t seed)
      : model_(network, batch.frames.size(3)),
        batch_(batch),
        mix_(settings.prompts),
        first_learnt_(1 + settings.burn_in),
        random_(seed),
        frames_(batch.frames.size(0)),
        clip_of_(batch.clip_of.to(model_.device())) {}

  at::Tensor run(StepReport *report) {
    encode();
    late_correction_ =
        frames_ > 2 && random_.chance(mix_.late_correction)
            ? random_.integer(first_learnt_, static_cast<int>(frames_) - 1)
            : -1;
    prompt_first_frame();
    burn_in();
    for (int64_t t = first_learnt_; t < frames_; ++t) track(t);
    const at::Tensor loss =
        at::stack(losses_).sum() / static_cast<double>(losses_.size());
    if (report) fill(report, loss);
    return loss;
  }

 private:
  void encode() {
    encode(0, 1);
    {
      const WithoutGradient no_way_back;
      encode(1, first_learnt_);
    }
    encode(first_learnt_, frames_);
    const int64_t side = 4 * model_.grid();
    targets_ = at::adaptive_avg_pool2d(
        batch_.masks.to(model_.device()).to(at::kFloat), {side, side});
    is_present_ = batch_.masks.flatten(2).any(2).to(model_.device());
  }

  // Frames first...last - 1.
  void encode(int64_t first, int64_t last) {
    if (first == last) return;
    const at::Tensor some =
        normalised(batch_.frames.slice(0, first, last), model_.device());
    const int64_t clips = some.size(1);
    const EncodedFrame encoded = model_.encode_image(some.flatten(0, 1));
    for (int64_t i = 0; i < last - first; ++i) {
      encoded_.push_back(encoded.with([&](const at::Tensor &x) {
        return x.slice(0, i * clips, (i + 1) * clips).index_select(0, clip_of_);
      }));
    }
  }

  at::Tensor on_device(const at::Tensor &x) const {
    return x.to(model_.device());
  }

  // Decodes, takes the losses, and chooses as inference does.
  MaskOutput answer(int64_t t, const at::Tensor &features,
                    const PointInput &points, const at::Tensor &former,
                    int64_t point_count) {
    PointInput there = points;
    if (points.coords.defined())
      there = {on_device(points.coords), on_device(points.labels)};
    const DecodedMasks decoded =
        model_.decode_candidates(encoded_[t], features, there, former);
    const bool is_ambiguous = Sam2Model::wants_multimask(point_count);
    add_losses(t, decoded, is_ambiguous);
    return model_.choose(decoded, is_ambiguous);
  }

  void add_losses(int64_t t, const DecodedMasks &decoded, bool is_ambiguous) {
    const MaskLosses all =
        mask_losses(decoded.masks, decoded.ious, targets_[t]);
    const auto part = [&](int64_t first, int64_t last) {
      const auto cut = [&](const at::Tensor &x) {
        return x.slice(1, first, last);
      };
      return MaskLosses{cut(all.focal), cut(all.dice), cut(all.iou),
                        cut(all.actual_iou)};
    };
    const MaskLosses three = part(1, 4);
    at::Tensor loss = best_mask_loss(three, is_present_[t]);
    // Unambiguous prompts teach the single mask; the three learn beside it.
    if (!is_ambiguous)
      loss = (loss + best_mask_loss(part(0, 1), is_present_[t])) / 2;
    const at::Tensor score =
        object_score_loss(decoded.object_score, is_present_[t]);
    losses_.push_back(loss + score);
    note(t, is_ambiguous ? three : part(0, 1), decoded, score);
  }

  void note(int64_t t, const MaskLosses &losses, const DecodedMasks &decoded,
            const at::Tensor &score) {
    const at::Tensor weight = is_present_[t].to(at::kFloat);
    const auto mean = [&](const at::Tensor &x) {
      return (x.detach() * weight).sum() / weight.sum().clamp_min(1);
    };
    const at::Tensor best =
        decoded.ious.size(1) > 1 && losses.iou.size(1) > 1
            ? decoded.ious.detach().slice(1, 1).argmax(1, true)
            : at::zeros_like(clip_of_).unsqueeze(1);
    notes_.push_back(at::stack(
        {mean(std::get<0>(losses.focal.min(1))),
         mean(std::get<0>(losses.dice.min(1))), mean(losses.iou.mean(1)),
         score.detach(), mean(losses.actual_iou.gather(1, best).squeeze(1))}));
    is_tracked_.push_back(is_tracking_);
  }

  void prompt_first_frame() {
    const at::Tensor masks = batch_.masks[0].contiguous();
    const double kind =
        random_.uniform(0, frames_ > 1 ? 1 : mix_.click + mix_.box);
    MaskOutput out;
    if (kind >= mix_.click + mix_.box) {
      out = model_.use_mask(encoded_[0],
                            on_device(masks).to(at::kFloat).unsqueeze(1));
    } else {
      const at::Tensor features = model_.without_memory(encoded_[0]);
      PointInput points = kind < mix_.click ? sample_clicks(masks, random_)
                                            : sample_boxes(masks, random_);
      out = answer(0, features, points, {}, points.coords.size(1));
      if (random_.chance(mix_.correction))
        out = correct(0, features, points, out);
    }
    if (frames_ > 1) remember(0, out, true, true);
  }

  // One more click on what is wrong, with the former mask as a hint.
  MaskOutput correct(int64_t t, const at::Tensor &features,
                     const PointInput &points, const MaskOutput &out) {
    const double scale =
        static_cast<double>(model_.input_size_px()) / out.low_res_masks.size(2);
    const at::Tensor logits =
        out.low_res_masks.detach().squeeze(1).to(at::kCPU, at::kFloat);
    const PointInput more = with_correction(
        points, logits, targets_[t].to(at::kCPU), scale, random_);
    const at::Tensor former =
        out.low_res_masks.detach().clamp(-kFormerMaskLimit, kFormerMaskLimit);
    return answer(t, features, more, former, more.coords.size(1));
  }

  void burn_in() {
    const WithoutGradient no_way_back;
    for (int64_t t = 1; t < first_learnt_; ++t) {
      const DecodedMasks decoded =
          model_.decode_candidates(encoded_[t], with_memory(t), {}, {});
      remember(t, model_.choose(decoded, Sam2Model::wants_multimask(0)), false,
               false);
    }
  }

  void track(int64_t t) {
    is_tracking_ = true;
    const at::Tensor features = with_memory(t);
    MaskOutput out = answer(t, features, {}, {}, 0);
    const bool is_corrected = t == late_correction_;
    if (is_corrected) {
      is_tracking_ = false;
      const int64_t objects = clip_of_.size(0);
      const PointInput none = {at::zeros({objects, 0, 2}, at::kFloat),
                               at::zeros({objects, 0}, at::kInt)};
      out = correct(t, features, none, out);
    }
    if (t + 1 < frames_) remember(t, out, is_corrected, is_corrected);
  }

  void remember(int64_t t, const MaskOutput &out, bool is_prompted,
                bool is_conditioning) {
    memories_.push_back({t, is_conditioning,
                         model_.encode_memory(encoded_[t], out.low_res_masks,
                                              out.object_score, is_prompted),
                         out.obj_ptr});
  }

  // All memories of the clip, as the "recent" policy would pick them: clips
  // are no longer than the rings.
  at::Tensor with_memory(int64_t t) const {
    const ModelConfig &config = model_.config();
    std::vector<at::Tensor> tokens, positions, pointers;
    std::vector<float> times;
    for (const FrameMemory &memory : memories_) {
      const int64_t back = t - memory.frame;
      const int64_t last_row = config.num_maskmem - 1;
      const int64_t row = memory.is_conditioning ? last_row : back - 1;
      if (memory.is_conditioning || row < last_row) {
        tokens.push_back(memory.tokens);
        positions.push_back(model_.memory_positions()[row]);
      }
      pointers.push_back(memory.pointer);
      times.push_back(static_cast<float>(back) /
                      static_cast<float>(config.max_obj_ptrs - 1));
    }
    const at::Tensor pointer_tokens =
        model_.pointer_tokens(at::stack(pointers, 1));
    tokens.push_back(pointer_tokens);
    positions.push_back(model_.pointer_positions(at::tensor(times))[0]);
    const at::Tensor all = at::cat(tokens, 1);
    return model_.with_memory(
        encoded_[t], all,
        at::cat(positions).unsqueeze(0).expand({all.size(0), -1, -1}),
        pointer_tokens.size(1));
  }

  // One read-back for all numbers.
  void fill(StepReport *report, const at::Tensor &loss) const {
    const at::Tensor table =
        at::cat(
            {at::stack(notes_), loss.detach().view({1, 1}).expand(
                                    {static_cast<int64_t>(notes_.size()), 1})},
            1)
            .to(at::kCPU, at::kFloat);
    const auto rows = table.accessor<float, 2>();
    double sums[4] = {}, ious[2] = {};
    int counts[2] = {};
    for (int64_t i = 0; i < table.size(0); ++i) {
      for (int j = 0; j < 4; ++j) sums[j] += rows[i][j];
      ious[is_tracked_[i]] += rows[i][4];
      ++counts[is_tracked_[i]];
    }
    const auto n = static_cast<double>(table.size(0));
    const auto mean_iou = [&](int kind) {
      return counts[kind] ? ious[kind] / counts[kind] : -1;
    };
    *report = {rows[0][5],  sums[0] / n, sums[1] / n, sums[2] / n,
               sums[3] / n, mean_iou(0), mean_iou(1)};
  }

  Sam2Model model_;
  const ClipBatch &batch_;
  PromptMix mix_;
  int first_learnt_;  // of the frames after the first
  Random random_;
  int64_t frames_;
  at::Tensor clip_of_;
  at::Tensor targets_;     // [T, O, h, w], share of each low-resolution pixel
  at::Tensor is_present_;  // [T, O]
  std::vector<EncodedFrame> encoded_;  // of each object's clip
  std::vector<FrameMemory> memories_;
  std::vector<at::Tensor> losses_;
  std::vector<at::Tensor> notes_;
  std::vector<bool> is_tracked_;
  bool is_tracking_ = false;
  int64_t late_correction_ = -1;
};

}  // namespace

at::Tensor clip_loss(const Sam2Network &network, const ClipBatch &batch,
                     const StepSettings &settings, uint64_t seed,
                     StepReport *report) {
  return ClipPass(network, batch, settings, seed).run(report);
}

}  // namespace sam2::train
