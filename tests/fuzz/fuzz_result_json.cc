// Lines of results.
#include "fuzz/fuzzing.h"
#include "io/result_json.h"

using namespace sam2::test;

namespace {

// Masks of more pixels take time and bring nothing new.
constexpr double kMaxPixels = 1 << 18;

bool is_small(const sam2::ResultLine &line) {
  double pixels = 0;
  for (const auto &object : line.result.objects)
    pixels += double{object.box.width} * object.box.height;
  return pixels < kMaxPixels;
}

std::string written(const sam2::TimedResult &timed) {
  return sam2::json_from_result(timed.result, timed.pts_ns);
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  is_taken([&] {
    sam2::ResultLine line = sam2::parse_result_line(text_of(data, size));
    if (!is_small(line)) return;
    const std::string once = written(sam2::decode_masks(std::move(line)));
    require(written(sam2::result_from_json(once)) == once);
  });
  return 0;
}
