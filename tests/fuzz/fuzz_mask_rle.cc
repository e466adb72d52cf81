// Run lengths: two bytes of frame size, then the text form.
#include "fuzz/fuzzing.h"
#include "io/mask_rle.h"

using namespace sam2::test;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 2) return 0;
  const sam2::SizePx frame = {data[0], data[1]};
  is_taken([&] {
    const auto runs = sam2::runs_from_text(text_of(data + 2, size - 2));
    require(sam2::runs_from_text(sam2::text_from_runs(runs)) == runs);
    const sam2::PlacedMask placed = sam2::decode_runs(runs, frame);
    const auto shortest = sam2::encode_runs(placed.mask, placed.box, frame);
    require(shortest.size() <= runs.size());
    require(sam2::decode_runs(shortest, frame).mask.pixels ==
            placed.mask.pixels);
  });
  return 0;
}
