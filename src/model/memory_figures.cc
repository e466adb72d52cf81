#include "model/memory_figures.h"

#include <algorithm>
#include <iterator>

#include "gpu/cpu_allocator.h"
#include "model/attention.h"

namespace sam2 {
namespace {

struct Row {
  TrunkKind trunk;
  int64_t width;  // channels of the trunk's first stage
  MemoryFigures float32;
  MemoryFigures half;
};

// The widths of a kind of trunk rise. Depth means nothing: blocks follow each
// other. What micro models attend with stays below what they decode with; it is
// a quarter of nano's, as its d_model is.
constexpr Row kRows[] = {
    // micro
    {TrunkKind::kHiera, 8, {47.2, 49.4, 9.4}, {43.2, 36.1, 4.8}},
    // nano
    {TrunkKind::kHiera, 32, {153, 52, 37.4}, {92.6, 38, 19.3}},
    // tiny and small
    {TrunkKind::kHiera, 96, {433, 86.2, 72.5}, {234, 57, 36.5}},
    // base-plus
    {TrunkKind::kHiera, 112, {489, 86.2, 72.5}, {267, 57, 36.5}},
    // large
    {TrunkKind::kHiera, 144, {637, 86.2, 72.5}, {341, 57, 36.5}},
    // edgetam-micro, edgetam
    {TrunkKind::kRepVit, 8, {32, 49, 9.4}, {28.5, 35.7, 4.8}},
    {TrunkKind::kRepVit, 48, {142, 84.4, 45.4}, {83.9, 55.1, 27.7}},
    // efficienttam-micro, -ti and -s; the last two at 512 px, where a pixel
    // takes more than at 1024
    {TrunkKind::kVit, 24, {29.1, 48.9, 9.4}, {40.3, 35.7, 4.8}},
    {TrunkKind::kVit, 192, {66.6, 82.4, 72.4}, {62.4, 53.2, 36.5}},
    {TrunkKind::kVit, 384, {120, 82.4, 72.4}, {105, 53.2, 36.5}},
};

}  // namespace

MemoryFigures memory_figures(const ModelConfig &config, c10::ScalarType type) {
  const int64_t width = config.stage_channels()[0];
  const Row *best = nullptr;
  for (const Row &row : kRows)
    if (row.trunk == config.trunk && (!best || best->width < width))
      best = &row;
  return type == c10::kFloat ? best->float32 : best->half;
}

uint64_t attention_score_bytes(const ModelConfig &config, c10::ScalarType type,
                               int64_t input_size_px, int64_t objects,
                               const AttentionReach &reach) {
  const int64_t side = config.grid(input_size_px);
  const int64_t pointer_tokens =
      reach.pointers * (config.d_model / config.mem_dim);
  const bool is_averaged =
      config.memory_pooling != MemoryPooling::kNone && reach.memories > 1;
  const int64_t memory_tokens =
      reach.memories * config.memory_tokens(input_size_px);
  const int64_t keys =
      (is_averaged ? memory_tokens / 4 : memory_tokens) + pointer_tokens;
  return cpu_block_bytes(static_cast<size_t>(
      score_bytes(objects, side * side, keys,
                  static_cast<int64_t>(c10::elementSize(type)))));
}

}  // namespace sam2
