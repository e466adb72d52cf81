#include "io/mask_rle.h"

#include <algorithm>
#include <limits>

#include "base/error.h"

namespace sam2 {
namespace {

constexpr int kBitsPerCharacter = 5;
constexpr int kValueBits = 0x1F;
constexpr int kSignBit = 0x10;
constexpr int kMoreBit = 0x20;
constexpr char kFirstCharacter = '0';
constexpr int kLastValue = kValueBits | kMoreBit;
// A difference of two 32-bit runs needs 33 bits and a sign.
constexpr int kMaxCharactersPerRun = 7;
// Index of the first run written as a difference.
constexpr size_t kFirstDifference = 3;

[[noreturn]] void refuse(const std::string &reason) {
  throw Error(ErrorCode::kUnreadable,
              "Could not read a mask's run lengths: " + reason +
                  ". Use COCO run-length encoding.");
}

// Collects runs; neighbouring runs of one kind are joined.
class RunWriter {
 public:
  void add(bool is_object, int64_t count) {
    if (count == 0) return;
    if (is_object != is_object_) {
      runs_.push_back(static_cast<uint32_t>(length_));
      is_object_ = is_object;
      length_ = 0;
    }
    length_ += count;
  }

  MaskRuns finish() {
    runs_.push_back(static_cast<uint32_t>(length_));
    return std::move(runs_);
  }

 private:
  MaskRuns runs_;
  bool is_object_ = false;
  int64_t length_ = 0;
};

struct PlaceInFrame {
  int x, y, width, height;
};

PlaceInFrame checked_place(const MaskImage &mask, const BoxPx &box,
                           SizePx frame) {
  const PlaceInFrame place{static_cast<int>(box.x), static_cast<int>(box.y),
                           mask.width, mask.height};
  const bool fits = place.x >= 0 && place.y >= 0 &&
                    place.width <= frame.width - place.x &&
                    place.height <= frame.height - place.y &&
                    static_cast<int64_t>(mask.pixels.size()) ==
                        static_cast<int64_t>(mask.width) * mask.height &&
                    box.width == static_cast<float>(mask.width) &&
                    box.height == static_cast<float>(mask.height);
  if (fits) return place;
  throw Error(ErrorCode::kInternal,
              "A mask does not fit its place in the frame. Please report it.");
}

// The smallest rectangle around some runs, in pixels.
struct Extent {
  int left = std::numeric_limits<int>::max();
  int top = std::numeric_limits<int>::max();
  int right = -1;  // inclusive
  int bottom = -1;

  // A run of pixels [begin, end) in column order in frames `height` high.
  void include(int64_t begin, int64_t end, int height) {
    const int64_t last = end - 1;
    left = std::min<int>(left, begin / height);
    right = std::max<int>(right, last / height);
    const bool is_one_column = begin / height == last / height;
    top = std::min<int>(top, is_one_column ? begin % height : 0);
    bottom = std::max<int>(bottom, is_one_column ? last % height : height - 1);
  }
};

void check_area(const MaskRuns &runs, SizePx frame) {
  if (frame.width < 1 || frame.height < 1 || frame.width > kMaxRleSidePx ||
      frame.height > kMaxRleSidePx) {
    refuse("the size " + std::to_string(frame.width) + "x" +
           std::to_string(frame.height) +
           " is not between 1x1 and 16384x16384");
  }
  const int64_t area = static_cast<int64_t>(frame.width) * frame.height;
  int64_t sum = 0;
  for (const uint32_t run : runs) sum += run;
  if (sum != area) {
    refuse("they cover " + std::to_string(sum) + " pixels of a frame of " +
           std::to_string(area));
  }
}

// Calls `visit(begin, end)` for each run of object pixels.
template <typename Visit>
void for_each_object_run(const MaskRuns &runs, Visit visit) {
  int64_t begin = 0;
  for (size_t i = 0; i < runs.size(); ++i) {
    const int64_t end = begin + runs[i];
    if (i % 2 == 1 && end > begin) visit(begin, end);
    begin = end;
  }
}

Extent extent_of(const MaskRuns &runs, SizePx frame) {
  check_area(runs, frame);
  Extent extent;
  for_each_object_run(runs, [&](int64_t begin, int64_t end) {
    extent.include(begin, end, frame.height);
  });
  return extent;
}

BoxPx box_of(const Extent &extent) {
  if (extent.right < 0) return {};
  return {static_cast<float>(extent.left), static_cast<float>(extent.top),
          static_cast<float>(extent.right - extent.left + 1),
          static_cast<float>(extent.bottom - extent.top + 1)};
}

// Sets the pixels of one run, column by column.
void fill_run(int64_t begin, int64_t end, int frame_height,
              const Extent &extent, MaskImage *mask) {
  while (begin < end) {
    const int64_t x = begin / frame_height - extent.left;
    const int64_t y = begin % frame_height;
    const int64_t stop = std::min(frame_height - y, end - begin) + y;
    begin += stop - y;
    uint8_t *pixel = mask->pixels.data() + (y - extent.top) * mask->width + x;
    for (int64_t row = y; row < stop; ++row, pixel += mask->width) *pixel = 255;
  }
}

void append_number(int64_t value, std::string *text) {
  bool has_more = true;
  while (has_more) {
    int character = static_cast<int>(value & kValueBits);
    value >>= kBitsPerCharacter;  // arithmetic: the sign stays
    has_more = (character & kSignBit) ? value != -1 : value != 0;
    if (has_more) character |= kMoreBit;
    text->push_back(static_cast<char>(character + kFirstCharacter));
  }
}

// Reads one number from `text` at `*position` and steps over it.
int64_t next_number(std::string_view text, size_t *position) {
  int64_t value = 0;
  for (int i = 0; i < kMaxCharactersPerRun; ++i) {
    if (*position == text.size()) refuse("the text ends within a number");
    const int character = text[(*position)++] - kFirstCharacter;
    if (character < 0 || character > kLastValue) {
      refuse("character " + std::to_string(*position) + " is not allowed");
    }
    const int shift = kBitsPerCharacter * i;
    value |= static_cast<int64_t>(character & kValueBits) << shift;
    if (character & kMoreBit) continue;
    const bool is_negative = character & kSignBit;
    return is_negative ? value - (int64_t{1} << (shift + kBitsPerCharacter))
                       : value;
  }
  refuse("a number is too long");
}

}  // namespace

MaskRuns encode_runs(const MaskImage &mask, const BoxPx &box, SizePx frame) {
  RunWriter writer;
  const int64_t area = static_cast<int64_t>(frame.width) * frame.height;
  if (mask.is_empty()) {
    writer.add(false, area);
    return writer.finish();
  }
  const PlaceInFrame place = checked_place(mask, box, frame);
  const int below = frame.height - place.y - place.height;
  writer.add(false, static_cast<int64_t>(place.x) * frame.height);
  for (int x = 0; x < place.width; ++x) {
    writer.add(false, place.y);
    const uint8_t *pixel = mask.pixels.data() + x;
    for (int y = 0; y < place.height; ++y, pixel += place.width) {
      writer.add(*pixel != 0, 1);
    }
    writer.add(false, below);
  }
  const int columns_right = frame.width - place.x - place.width;
  writer.add(false, static_cast<int64_t>(columns_right) * frame.height);
  return writer.finish();
}

BoxPx box_of_runs(const MaskRuns &runs, SizePx frame) {
  return box_of(extent_of(runs, frame));
}

PlacedMask decode_runs(const MaskRuns &runs, SizePx frame) {
  const Extent extent = extent_of(runs, frame);
  PlacedMask placed;
  if (extent.right < 0) return placed;
  placed.box = box_of(extent);
  const auto width = static_cast<int>(placed.box.width);
  const auto height = static_cast<int>(placed.box.height);
  placed.mask = {width, height,
                 std::vector<uint8_t>(static_cast<size_t>(width) * height, 0)};
  for_each_object_run(runs, [&](int64_t begin, int64_t end) {
    fill_run(begin, end, frame.height, extent, &placed.mask);
  });
  return placed;
}

MaskImage decode_frame(const EncodedMask &encoded) {
  const SizePx frame = encoded.frame;
  check_area(encoded.runs, frame);
  MaskImage mask{frame.width, frame.height, {}};
  mask.pixels.resize(static_cast<size_t>(frame.width) * frame.height, 0);
  const Extent whole{0, 0, frame.width - 1, frame.height - 1};
  for_each_object_run(encoded.runs, [&](int64_t begin, int64_t end) {
    fill_run(begin, end, frame.height, whole, &mask);
  });
  return mask;
}

std::string text_from_runs(const MaskRuns &runs) {
  std::string text;
  for (size_t i = 0; i < runs.size(); ++i) {
    int64_t value = runs[i];
    if (i >= kFirstDifference) value -= runs[i - 2];
    append_number(value, &text);
  }
  return text;
}

MaskRuns runs_from_text(std::string_view text) {
  MaskRuns runs;
  size_t position = 0;
  while (position < text.size()) {
    int64_t value = next_number(text, &position);
    if (runs.size() >= kFirstDifference) value += runs[runs.size() - 2];
    if (value < 0 || value > std::numeric_limits<uint32_t>::max()) {
      refuse("a run of " + std::to_string(value) + " pixels");
    }
    runs.push_back(static_cast<uint32_t>(value));
  }
  return runs;
}

}  // namespace sam2
