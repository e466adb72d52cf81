#include "label_map.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <opencv2/core/mat.hpp>
#include <opencv2/imgcodecs.hpp>

#include "base/error.h"

namespace sam2 {
namespace {

void check_opens(const std::string &path) {
  if (std::ifstream(path)) return;
  throw Error(errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kUnreadable,
              "Could not open the mask \"" + path +
                  "\". Give a PNG file that exists and may be read.");
}

void paint(const ObjectResult &object, LabelMap *map) {
  const auto left = static_cast<int>(object.box.x);
  const auto top = static_cast<int>(object.box.y);
  const uint8_t *pixel = object.mask.pixels.data();
  for (int y = 0; y < object.mask.height; ++y) {
    uint8_t *label =
        map->labels.data() + static_cast<size_t>(top + y) * map->width + left;
    for (int x = 0; x < object.mask.width; ++x, ++pixel, ++label) {
      if (*pixel != 0) *label = static_cast<uint8_t>(object.object_id);
    }
  }
}

}  // namespace

std::vector<Prompt> prompts_from_label_map(const LabelMap &map) {
  std::array<bool, kMaxLabel + 1> is_used{};
  for (const uint8_t label : map.labels) is_used[label] = true;
  std::vector<Prompt> prompts;
  for (int label = 1; label <= kMaxLabel; ++label) {
    if (!is_used[label]) continue;
    Prompt prompt;
    prompt.object_id = label;
    prompt.mask = MaskImage{map.width, map.height, map.labels};
    for (uint8_t &pixel : prompt.mask->pixels) {
      pixel = pixel == label ? 255 : 0;
    }
    prompts.push_back(std::move(prompt));
  }
  return prompts;
}

LabelMap label_map_from_result(const FrameResult &result) {
  LabelMap map{result.frame_size.width, result.frame_size.height, {}};
  map.labels.resize(static_cast<size_t>(map.width) * map.height, 0);
  std::vector<const ObjectResult *> objects;
  for (const ObjectResult &object : result.objects) {
    if (object.object_id < 1 || object.object_id > kMaxLabel) {
      throw Error(ErrorCode::kSetting,
                  "The object id " + std::to_string(object.object_id) +
                      " does not fit a label map. Use ids from 1 to 255.");
    }
    objects.push_back(&object);
  }
  std::sort(objects.begin(), objects.end(),
            [](const ObjectResult *a, const ObjectResult *b) {
              return a->object_id > b->object_id;
            });
  for (const ObjectResult *object : objects) paint(*object, &map);
  return map;
}

void write_label_map(const std::string &path, const LabelMap &map) {
  // OpenCV only reads from it.
  const cv::Mat picture(map.height, map.width, CV_8UC1,
                        const_cast<uint8_t *>(map.labels.data()));
  bool is_written = false;
  try {
    is_written = cv::imwrite(path, picture);
  } catch (const cv::Exception &) {
    is_written = false;
  }
  if (is_written) return;
  throw Error(ErrorCode::kSetting,
              "Could not write \"" + path +
                  "\". Choose a folder that may be written to and has room.");
}

MaskImage read_mask(const std::string &path) {
  check_opens(path);
  const cv::Mat picture = cv::imread(path, cv::IMREAD_COLOR);
  if (picture.empty()) {
    throw Error(ErrorCode::kUnreadable,
                "Could not read \"" + path + "\" as a picture. Give a PNG.");
  }
  MaskImage mask{picture.cols, picture.rows, {}};
  mask.pixels.reserve(picture.total());
  for (int y = 0; y < picture.rows; ++y) {
    const auto *row = picture.ptr<cv::Vec3b>(y);
    for (int x = 0; x < picture.cols; ++x) {
      mask.pixels.push_back(row[x] == cv::Vec3b() ? 0 : 255);
    }
  }
  return mask;
}

}  // namespace sam2
