// What a prompt has to say.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "base/error.h"
#include "engine/stream_tracker.h"

namespace sam2 {
namespace {

// What is not a number would be in all that the object has from there on.
void check_coordinates(const Prompt &prompt) {
  std::vector<float> numbers;
  for (const PointPrompt &p : prompt.points)
    numbers.insert(numbers.end(), {p.x_px, p.y_px});
  if (const auto &b = prompt.box)
    numbers.insert(numbers.end(), {b->x, b->y, b->width, b->height});
  if (std::all_of(numbers.begin(), numbers.end(),
                  [](float number) { return std::isfinite(number); }))
    return;
  throw Error(ErrorCode::kSetting,
              "The prompt for object " + std::to_string(prompt.object_id) +
                  " has a coordinate that is not a finite number. Give pixels "
                  "of the frame.");
}

void check_mask(const MaskImage &mask, int64_t object_id) {
  const size_t pixels = size_t{1} * mask.width * mask.height;
  if (mask.width > 0 && mask.height > 0 && mask.pixels.size() == pixels) return;
  throw Error(ErrorCode::kSetting,
              "The mask for object " + std::to_string(object_id) + " has " +
                  std::to_string(mask.pixels.size()) + " bytes and a size of " +
                  std::to_string(mask.width) + "x" +
                  std::to_string(mask.height) + ". Give one byte per pixel.");
}

}  // namespace

// The prompt as it is meant; Error kSetting if it says nothing.
Prompt StreamTrackerImpl::checked(const Prompt &prompt) {
  Prompt accepted = prompt;
  if (prompt.mask && prompt.mask->is_empty()) accepted.mask.reset();
  if (accepted.points.empty() && !accepted.box && !accepted.mask)
    throw Error(ErrorCode::kSetting,
                "The prompt for object " + std::to_string(prompt.object_id) +
                    " is empty. Give points, a box or a mask.");
  check_coordinates(accepted);
  if (accepted.mask) check_mask(*accepted.mask, prompt.object_id);
  return accepted;
}

}  // namespace sam2
