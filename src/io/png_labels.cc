#include "io/png_labels.h"

#include <png.h>

#include <cerrno>
#include <csetjmp>
#include <cstdio>
#include <memory>
#include <unordered_map>

#include "base/error.h"

namespace sam2 {
namespace {

constexpr png_uint_32 kMaxSidePx = 16384;
constexpr size_t kMaxPictureBytes = size_t{256} << 20;
constexpr size_t kMaxColours = kVoidLabel - 1;

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

  // False if `file` is not a sound PNG, or a huge one.
  bool decode(std::FILE *file) {
    if (info_ == nullptr || setjmp(png_jmpbuf(png_)) != 0) return false;
    png_init_io(png_, file);
    png_set_user_limits(png_, kMaxSidePx, kMaxSidePx);
    png_read_info(png_, info_);
    // One byte a pixel, also for 1, 2 and 4 bits; no palette is applied.
    png_set_packing(png_);
    png_set_interlace_handling(png_);
    png_read_update_info(png_, info_);
    if (!allocate()) return false;
    png_read_image(png_, rows_.data());
    png_read_end(png_, nullptr);
    return true;
  }

  bool has_labels() const {
    const int type = png_get_color_type(png_, info_);
    return (type == PNG_COLOR_TYPE_PALETTE || type == PNG_COLOR_TYPE_GRAY) &&
           png_get_bit_depth(png_, info_) <= 8;
  }

  bool has_colours() const {
    const int type = png_get_color_type(png_, info_);
    return (type == PNG_COLOR_TYPE_RGB || type == PNG_COLOR_TYPE_RGB_ALPHA) &&
           png_get_bit_depth(png_, info_) == 8;
  }

  LabelMap labels() const {
    LabelMap map = empty_map();
    for (const png_bytep row : rows_) {
      map.labels.insert(map.labels.end(), row, row + map.width);
    }
    return map;
  }

  // Empty if there are too many colours.
  LabelMap numbered_colours() const {
    const int channels = png_get_channels(png_, info_);
    LabelMap map = empty_map();
    std::unordered_map<uint32_t, uint8_t> numbers{{0, 0}};
    for (const png_bytep row : rows_) {
      for (int x = 0; x < map.width; ++x) {
        const uint8_t *pixel = row + static_cast<ptrdiff_t>(x) * channels;
        uint32_t colour = pixel[0] << 16 | pixel[1] << 8 | pixel[2];
        if (channels == 4 && pixel[3] == 0) colour = 0;
        const auto next = static_cast<uint8_t>(numbers.size());
        map.labels.push_back(numbers.emplace(colour, next).first->second);
        if (numbers.size() > kMaxColours + 1) return {};
      }
    }
    return map;
  }

 private:
  static void on_error(png_structp png, png_const_charp) {
    png_longjmp(png, 1);
  }
  static void on_warning(png_structp, png_const_charp) {}

  bool allocate() {
    const size_t row_bytes = png_get_rowbytes(png_, info_);
    const size_t height = png_get_image_height(png_, info_);
    if (row_bytes > kMaxPictureBytes / height) return false;
    bytes_.resize(row_bytes * height);
    for (size_t y = 0; y < height; ++y) {
      rows_.push_back(bytes_.data() + y * row_bytes);
    }
    return true;
  }

  LabelMap empty_map() const {
    LabelMap map;
    map.width = static_cast<int>(png_get_image_width(png_, info_));
    map.height = static_cast<int>(png_get_image_height(png_, info_));
    map.labels.reserve(static_cast<size_t>(map.width) * map.height);
    return map;
  }

  png_structp png_;
  png_infop info_;
  std::vector<png_byte> bytes_;
  std::vector<png_bytep> rows_;
};

void decode(const std::string &path, PngReader *reader) {
  const FilePtr file(std::fopen(path.c_str(), "rb"));
  if (file == nullptr) {
    throw Error(errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kUnreadable,
                "Could not open the mask \"" + path +
                    "\". Give a PNG file that exists and may be read.");
  }
  if (reader->decode(file.get())) return;
  throw Error(ErrorCode::kUnreadable,
              "Could not read \"" + path +
                  "\" as a PNG. Give an indexed or grey PNG of 8 bits.");
}

[[noreturn]] void refuse_colours(const std::string &path,
                                 const std::string &reason) {
  throw Error(ErrorCode::kUnreadable,
              "The picture \"" + path + "\" has " + reason +
                  " instead of labels. Give an indexed or grey PNG of 8 bits.");
}

}  // namespace

LabelMap read_label_map(const std::string &path) {
  PngReader reader;
  decode(path, &reader);
  if (!reader.has_labels()) {
    refuse_colours(path, "colours or more than 8 bits");
  }
  return reader.labels();
}

LabelMap read_colour_map(const std::string &path) {
  PngReader reader;
  decode(path, &reader);
  if (reader.has_labels()) return reader.labels();
  if (!reader.has_colours()) {
    refuse_colours(path, "more than 8 bits, or shades with transparency,");
  }
  LabelMap map = reader.numbered_colours();
  if (map.labels.empty()) {
    refuse_colours(path,
                   "more than " + std::to_string(kMaxColours) + " colours");
  }
  return map;
}

std::map<int, EncodedMask> masks_of_labels(const LabelMap &map) {
  struct Mask {
    MaskRuns runs;
    int64_t end = 0;  // behind the last run
  };
  std::vector<Mask> masks(kMaxLabel + 1);
  const int64_t area = static_cast<int64_t>(map.width) * map.height;
  const auto label_at = [&](int64_t i) {
    return map.labels[(i % map.height) * map.width + i / map.height];
  };
  for (int64_t begin = 0, end = 0; begin < area; begin = end) {
    const uint8_t label = label_at(begin);
    while (end < area && label_at(end) == label) ++end;
    Mask &mask = masks[label];
    mask.runs.push_back(static_cast<uint32_t>(begin - mask.end));
    mask.runs.push_back(static_cast<uint32_t>(end - begin));
    mask.end = end;
  }
  std::map<int, EncodedMask> encoded;
  for (int label = 1; label < kVoidLabel; ++label) {
    Mask &mask = masks[label];
    if (mask.runs.empty()) continue;
    if (mask.end < area) {
      mask.runs.push_back(static_cast<uint32_t>(area - mask.end));
    }
    encoded[label] = {{map.width, map.height}, std::move(mask.runs)};
  }
  return encoded;
}

}  // namespace sam2
