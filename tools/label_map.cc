#include "label_map.h"

#include <png.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csetjmp>
#include <cstdio>
#include <memory>
#include <opencv2/core/mat.hpp>
#include <opencv2/imgcodecs.hpp>

#include "base/error.h"

namespace sam2 {
namespace {

constexpr png_uint_32 kMaxSidePx = 16384;

struct FileCloser {
  void operator()(std::FILE *file) const { std::fclose(file); }
};
using FilePtr = std::unique_ptr<std::FILE, FileCloser>;

// libpng reports errors by longjmp, so what is needed afterwards lives here
// and no C++ object is on the stack of the functions jumped over.
class PngReader {
 public:
  PngReader()
      : png_(png_create_read_struct(PNG_LIBPNG_VER_STRING, nullptr, on_error,
                                    on_warning)),
        info_(png_ != nullptr ? png_create_info_struct(png_) : nullptr) {}
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngReader(const PngReader &) = delete;
  PngReader &operator=(const PngReader &) = delete;

  // False if `file` is not a sound PNG.
  bool decode(std::FILE *file) {
    if (info_ == nullptr || setjmp(png_jmpbuf(png_)) != 0) return false;
    png_init_io(png_, file);
    png_set_user_limits(png_, kMaxSidePx, kMaxSidePx);
    // One byte a pixel, also for 1, 2 and 4 bits; no palette is applied.
    png_read_png(png_, info_, PNG_TRANSFORM_PACKING, nullptr);
    return true;
  }

  bool has_labels() const {
    const int type = png_get_color_type(png_, info_);
    return (type == PNG_COLOR_TYPE_PALETTE || type == PNG_COLOR_TYPE_GRAY) &&
           png_get_bit_depth(png_, info_) <= 8;
  }

  LabelMap labels() const {
    LabelMap map;
    map.width = static_cast<int>(png_get_image_width(png_, info_));
    map.height = static_cast<int>(png_get_image_height(png_, info_));
    png_bytepp rows = png_get_rows(png_, info_);
    for (int y = 0; y < map.height; ++y) {
      map.labels.insert(map.labels.end(), rows[y], rows[y] + map.width);
    }
    return map;
  }

 private:
  static void on_error(png_structp png, png_const_charp) {
    png_longjmp(png, 1);
  }
  static void on_warning(png_structp, png_const_charp) {}

  png_structp png_;
  png_infop info_;
};

FilePtr open_file(const std::string &path) {
  FilePtr file(std::fopen(path.c_str(), "rb"));
  if (file != nullptr) return file;
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

LabelMap read_label_map(const std::string &path) {
  const FilePtr file = open_file(path);
  PngReader reader;
  if (!reader.decode(file.get())) {
    throw Error(ErrorCode::kUnreadable,
                "Could not read \"" + path +
                    "\" as a PNG. Give an indexed or grey PNG of 8 bits.");
  }
  if (!reader.has_labels()) {
    throw Error(ErrorCode::kUnreadable,
                "The picture \"" + path +
                    "\" has colours or more than 8 bits instead of labels. "
                    "Give an indexed or grey PNG of 8 bits.");
  }
  return reader.labels();
}

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
  open_file(path);
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
