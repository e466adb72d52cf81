#include "track/proposal_filter.h"

#include <algorithm>
#include <string>

#include "base/error.h"

namespace sam2 {
namespace {

constexpr int kMaxPointsPerSide = 64;

void check(bool is_valid, const char *what, const char *range) {
  if (!is_valid)
    throw Error(ErrorCode::kSetting,
                std::string(what) +
                    " for proposals is out of range. Set it "
                    "to " +
                    range + ".");
}

bool is_share(double value) { return value >= 0 && value <= 1; }

bool is_worthy(const MaskCandidate &candidate,
               const ProposalSettings &settings) {
  const auto &pixels = candidate.mask.pixels;
  const auto empty = std::count(pixels.begin(), pixels.end(), 0);
  const double area = double(pixels.size()) - double(empty);
  return candidate.predicted_iou >= settings.min_predicted_iou &&
         candidate.stability >= settings.min_stability && area > 0 &&
         area <= settings.max_area_share * double(pixels.size());
}

}  // namespace

void validate(const ProposalSettings &settings) {
  check(settings.points_per_side >= 1 &&
            settings.points_per_side <= kMaxPointsPerSide,
        "points_per_side", "1...64");
  check(is_share(settings.min_predicted_iou), "min_predicted_iou", "0...1");
  check(is_share(settings.min_stability), "min_stability", "0...1");
  check(is_share(settings.max_overlap), "max_overlap", "0...1");
  check(is_share(settings.max_area_share), "max_area_share", "0...1");
  check(settings.max_count >= 1, "max_count", "1 or more");
}

double mask_iou(const MaskImage &a, const MaskImage &b) {
  size_t common = 0;
  size_t either = 0;
  for (size_t i = 0; i < a.pixels.size(); ++i) {
    common += (a.pixels[i] & b.pixels[i]) != 0;
    either += (a.pixels[i] | b.pixels[i]) != 0;
  }
  return either == 0 ? 0 : double(common) / double(either);
}

std::vector<size_t> choose_proposals(
    const std::vector<MaskCandidate> &candidates,
    const ProposalSettings &settings) {
  std::vector<size_t> order;
  for (size_t i = 0; i < candidates.size(); ++i)
    if (is_worthy(candidates[i], settings)) order.push_back(i);
  // Stable: the same picture gives the same objects.
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return candidates[a].predicted_iou > candidates[b].predicted_iou;
  });
  std::vector<size_t> chosen;
  for (const size_t index : order) {
    if (chosen.size() >= size_t(settings.max_count)) break;
    const bool is_new =
        std::none_of(chosen.begin(), chosen.end(), [&](size_t better) {
          return mask_iou(candidates[index].mask, candidates[better].mask) >
                 settings.max_overlap;
        });
    if (is_new) chosen.push_back(index);
  }
  return chosen;
}

}  // namespace sam2
