#include "eval/first_frame_prompts.h"

#include <algorithm>
#include <array>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

namespace sam2 {
namespace {

PointPrompt click_at(cv::Point pixel, bool is_positive) {
  return {static_cast<float>(pixel.x), static_cast<float>(pixel.y),
          is_positive};
}

Prompt prompt_for(const cv::Mat &mask, int label, PromptKind kind) {
  Prompt prompt;
  prompt.object_id = label;
  switch (kind) {
    case PromptKind::kMask:
      prompt.mask = MaskImage{
          mask.cols, mask.rows, {mask.begin<uint8_t>(), mask.end<uint8_t>()}};
      break;
    case PromptKind::kBox:
      prompt.box = tight_box(mask);
      break;
    case PromptKind::kPoint:
    case PromptKind::kClicks3:
      prompt.points = {click_at(*interior_point(mask), true)};
      break;
  }
  return prompt;
}

// The largest 8-connected region of `mask`; empty if that is.
cv::Mat largest_region(const cv::Mat &mask) {
  cv::Mat regions;
  cv::Mat statistics;
  cv::Mat centroids;
  const int count =
      cv::connectedComponentsWithStats(mask, regions, statistics, centroids);
  int largest = 0;
  int largest_area = 0;
  // Region 0 is what is not in the mask.
  for (int region = 1; region < count; ++region) {
    const int area = statistics.at<int>(region, cv::CC_STAT_AREA);
    if (area <= largest_area) continue;
    largest = region;
    largest_area = area;
  }
  return largest == 0 ? cv::Mat() : cv::Mat(regions == largest);
}

}  // namespace

std::optional<PromptKind> prompt_kind_named(const std::string &name) {
  const struct {
    const char *name;
    PromptKind kind;
  } kKinds[] = {
      {"mask", PromptKind::kMask},
      {"box", PromptKind::kBox},
      {"point", PromptKind::kPoint},
      {"clicks3", PromptKind::kClicks3},
  };
  for (const auto &row : kKinds) {
    if (name == row.name) return row.kind;
  }
  return std::nullopt;
}

std::vector<int> object_labels(const LabelMap &map) {
  std::array<bool, kMaxLabel + 1> is_used{};
  for (const uint8_t label : map.labels) is_used[label] = true;
  std::vector<int> labels;
  for (int label = 1; label <= kMaxLabel; ++label) {
    if (is_used[label] && label != kVoidLabel) labels.push_back(label);
  }
  return labels;
}

cv::Mat mask_of_label(const LabelMap &map, int label) {
  // OpenCV only reads from it.
  const cv::Mat labels(map.height, map.width, CV_8UC1,
                       const_cast<uint8_t *>(map.labels.data()));
  return labels == label;
}

std::optional<cv::Point> interior_point(const cv::Mat &mask) {
  if (mask.empty() || cv::countNonZero(mask) == 0) return std::nullopt;
  cv::Mat framed;
  cv::copyMakeBorder(mask != 0, framed, 1, 1, 1, 1, cv::BORDER_CONSTANT,
                     cv::Scalar(0));
  cv::Mat distances;
  cv::distanceTransform(framed, distances, cv::DIST_L2, cv::DIST_MASK_PRECISE);
  cv::Point deepest;
  float depth = 0;
  for (int y = 0; y < distances.rows; ++y) {
    for (int x = 0; x < distances.cols; ++x) {
      if (distances.at<float>(y, x) <= depth) continue;
      depth = distances.at<float>(y, x);
      deepest = {x - 1, y - 1};
    }
  }
  return deepest;
}

BoxPx tight_box(const cv::Mat &mask) {
  const cv::Rect box = cv::boundingRect(mask);
  return {static_cast<float>(box.x), static_cast<float>(box.y),
          static_cast<float>(box.width), static_cast<float>(box.height)};
}

std::vector<Prompt> first_frame_prompts(const LabelMap &truth,
                                        PromptKind kind) {
  std::vector<Prompt> prompts;
  for (const int label : object_labels(truth)) {
    prompts.push_back(prompt_for(mask_of_label(truth, label), label, kind));
  }
  return prompts;
}

std::optional<PointPrompt> corrective_click(const LabelMap &truth,
                                            const LabelMap &predicted,
                                            int label) {
  const cv::Mat is_object = mask_of_label(truth, label);
  cv::Mat differs = is_object ^ mask_of_label(predicted, label);
  differs.setTo(0, mask_of_label(truth, kVoidLabel));
  const std::optional<cv::Point> pixel =
      interior_point(largest_region(differs));
  if (!pixel) return std::nullopt;
  return click_at(*pixel, is_object.at<uint8_t>(*pixel) != 0);
}

}  // namespace sam2
