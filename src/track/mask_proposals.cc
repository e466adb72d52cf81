#include "track/mask_proposals.h"

#include <ATen/ops/full.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <utility>

#include "gpu/frame_tensor.h"
#include "track/proposal_filter.h"
#include "track/video_masks.h"

namespace sam2 {
namespace {

// Points in one run of the decoder: more gain nothing and take 3 MB each at
// 1024 px.
constexpr int64_t kBatch = 32;
// Logits on both sides of the edge (Segment Anything, stability score).
constexpr double kStabilityOffset = 1;

// Centres of a grid's cells, in pixels of the model input: [n², 1, 2].
at::Tensor grid_points(int per_side, int64_t input_size_px) {
  std::vector<float> coords;
  const float step = float(input_size_px) / float(per_side);
  for (int row = 0; row < per_side; ++row)
    for (int column = 0; column < per_side; ++column) {
      coords.push_back((float(column) + 0.5F) * step);
      coords.push_back((float(row) + 0.5F) * step);
    }
  return at::tensor(coords).view({-1, 1, 2});
}

// Mask logits [n, h, w], and for each its predicted IoU, stability, and
// whether an object is there at all: [n, 3].
struct Answers {
  at::Tensor logits;
  at::Tensor scores;
};

Answers answers_at(const Sam2Model &model, const EncodedFrame &frame,
                   const at::Tensor &points) {
  const int64_t count = points.size(0);
  const at::Tensor labels =
      at::full({count, 1}, kPositive, points.options().dtype(at::kInt));
  const DecodedMasks decoded = model.decode_candidates(
      frame, model.without_memory(frame).expand({count, -1, -1}),
      {points, labels}, {});
  // The first candidate is the answer to several clicks.
  Answers out;
  out.logits = decoded.masks.slice(1, 1).flatten(0, 1);
  const auto area = [&](double above) {
    return out.logits.gt(above).flatten(1).sum(1).to(at::kFloat);
  };
  const at::Tensor stability =
      area(kStabilityOffset).div(area(-kStabilityOffset).clamp_min(1));
  const at::Tensor is_present =
      decoded.object_score.gt(0).expand({count, 3}).flatten().to(at::kFloat);
  out.scores =
      at::stack({decoded.ious.slice(1, 1).flatten(), stability, is_present}, 1);
  return out;
}

MaskImage mask_of(const at::Tensor &logits) {
  const at::Tensor bytes = logits.gt(0).to(at::kByte).mul(255).contiguous();
  MaskImage mask;
  mask.width = static_cast<int>(bytes.size(1));
  mask.height = static_cast<int>(bytes.size(0));
  const auto *data = bytes.const_data_ptr<uint8_t>();
  mask.pixels.assign(data, data + bytes.numel());
  return mask;
}

// What is above the limits, with its logits.
struct Candidates {
  std::vector<MaskCandidate> masks;
  std::vector<at::Tensor> logits;  // [h, w] float16, CPU
};

void collect(const Answers &answers, const ProposalSettings &settings,
             Candidates &out) {
  const at::Tensor scores = answers.scores.to(at::kCPU);
  const auto row = scores.accessor<float, 2>();
  for (int64_t i = 0; i < scores.size(0); ++i) {
    if (row[i][0] < settings.min_predicted_iou ||
        row[i][1] < settings.min_stability || row[i][2] == 0)
      continue;
    // Half as long: many wait here.
    out.logits.push_back(answers.logits[i].to(at::kCPU, at::kHalf));
    out.masks.push_back({row[i][0], row[i][1], mask_of(out.logits.back())});
  }
}

}  // namespace

std::vector<Proposal> propose_masks(const Sam2Model &model,
                                    const EncodedFrame &frame,
                                    SizePx frame_size,
                                    const ProposalSettings &settings) {
  validate(settings);
  const c10::InferenceMode guard;
  const at::Tensor points =
      grid_points(settings.points_per_side, model.input_size_px())
          .to(model.device());
  Candidates candidates;
  for (const at::Tensor &batch : points.split(kBatch))
    collect(answers_at(model, frame, batch), settings, candidates);
  std::vector<Proposal> proposals;
  for (const size_t i : choose_proposals(candidates.masks, settings)) {
    const MaskCandidate &chosen = candidates.masks[i];
    const at::Tensor logits = to_video_size(
        candidates.logits[i].to(at::kFloat).unsqueeze(0), frame_size);
    const CutOut cut = cut_out(logits[0].contiguous(), 0);
    if (cut.mask.is_empty()) continue;
    proposals.push_back({whole_mask(cut, frame_size), cut.box,
                         chosen.predicted_iou, chosen.stability});
  }
  return proposals;
}

}  // namespace sam2
