#include "matte_painter.h"

#include <algorithm>
#include <cstring>

#include "base/wide_vectors.h"
#include "object_colour.h"

namespace sam2 {
namespace {

constexpr uint8_t kOpaque = 255;

// Rounds x / 255 for x up to 255 * 255.
uint8_t by_255(uint16_t product) {
  const auto sum = static_cast<uint16_t>(product + 128);
  return static_cast<uint8_t>((sum + (sum >> 8)) >> 8);
}

SAM2_WIDE_VECTORS
void mix_bytes(uint8_t *bytes, const uint8_t *others, const uint8_t *opacity,
               int count) {
  for (int i = 0; i < count; ++i)
    bytes[i] = by_255(static_cast<uint16_t>(bytes[i] * (kOpaque - opacity[i]) +
                                            others[i] * opacity[i]));
}

// Takes the others' bits where `mask` has them.
SAM2_WIDE_VECTORS
void select_bytes(uint8_t *bytes, const uint8_t *others, const uint8_t *mask,
                  int count) {
  for (int i = 0; i < count; ++i)
    bytes[i] =
        static_cast<uint8_t>(bytes[i] ^ ((bytes[i] ^ others[i]) & mask[i]));
}

SAM2_WIDE_VECTORS
void double_bytes(const uint8_t *source, int count, uint8_t *target) {
  for (int i = 0; i < count; ++i) target[2 * i] = target[2 * i + 1] = source[i];
}

SAM2_WIDE_VECTORS
void triple_bytes(const uint8_t *source, int count, uint8_t *target) {
  for (int i = 0; i < count; ++i)
    target[3 * i] = target[3 * i + 1] = target[3 * i + 2] = source[i];
}

// How much of neighbouring samples is hidden.
enum class Share { kNone, kSome, kAll };

Share share_of(const uint8_t *opacity, int count) {
  uint64_t any = 0, all = ~uint64_t{0}, eight = 0;
  int i = 0;
  for (; i + 8 <= count; i += 8) {
    std::memcpy(&eight, opacity + i, sizeof eight);
    any |= eight;
    all &= eight;
  }
  for (; i < count; ++i) {
    any |= opacity[i];
    if (opacity[i] != kOpaque) all = 0;
  }
  if (any == 0) return Share::kNone;
  return ~all ? Share::kSome : Share::kAll;
}

struct Run {
  Share share;
  int count;
};

// The samples from the first on of which as much is hidden, looked at by the
// dozen: short runs cost more than they save.
Run first_run(const uint8_t *opacity, int count) {
  constexpr int kPiece = 32;
  const auto share_at = [&](int i) {
    return share_of(opacity + i, std::min(count - i, kPiece));
  };
  const Share share = share_at(0);
  int end = kPiece;
  while (end < count && share_at(end) == share) end += kPiece;
  return {share, std::min(end, count)};
}

// The side of blocks that a blur is made of: it has to be fine beside what it
// blurs, and cheap.
int blur_block_px(guint blur_size_px) {
  if (blur_size_px < 8) return 2;
  return blur_size_px < 24 ? 4 : 8;
}

// Two boxes of this radius, and the way from block to block, reach about as far
// as `blur_size_px`.
int blur_radius(guint blur_size_px, int block_px) {
  return std::max(1, static_cast<int>(blur_size_px) / (2 * block_px));
}

SAM2_WIDE_VECTORS
void add_bytes(const uint8_t *bytes, int count, uint16_t *sums) {
  for (int i = 0; i < count; ++i) sums[i] += bytes[i];
}

// `count` sums of two neighbours each, divided by 1 << `shift`.
SAM2_WIDE_VECTORS
void means_of_pairs(const uint16_t *sums, int count, int shift,
                    uint8_t *means) {
  for (int i = 0; i < count; ++i)
    means[i] = static_cast<uint8_t>((sums[2 * i] + sums[2 * i + 1]) >> shift);
}

// The same, of a sample on the first one of its columns: a half of them and a
// quarter of either neighbour.
SAM2_WIDE_VECTORS
void cosited_means(const uint16_t *sums, int count, int shift, uint8_t *means) {
  for (int i = 0; i < count; ++i) {
    const uint16_t *under = sums + 2 * i;
    means[i] = static_cast<uint8_t>((under[-1] + 2 * under[0] + under[1]) >>
                                    (shift + 1));
  }
}

// As many as pay for what the blurs of two bands have in common.
constexpr int kMinBandBlocks = 16;

RectPx in_samples(const RectPx &box, const PlaneView &plane) {
  const int x_up = (1 << plane.x_shift) - 1, y_up = (1 << plane.y_shift) - 1;
  return {box.x_begin >> plane.x_shift, box.y_begin >> plane.y_shift,
          (box.x_end + x_up) >> plane.x_shift,
          (box.y_end + y_up) >> plane.y_shift};
}

bool has_subsampling(const GstVideoFrame &frame) {
  return GST_VIDEO_FORMAT_INFO_N_COMPONENTS(frame.info.finfo) > 1 &&
         (GST_VIDEO_FORMAT_INFO_W_SUB(frame.info.finfo, 1) ||
          GST_VIDEO_FORMAT_INFO_H_SUB(frame.info.finfo, 1));
}

}  // namespace

void MattePainter::choose(const GstVideoFrame &frame,
                          const MatteSettings &settings) {
  const guint argb = settings.colour_argb;
  const auto colour = component_values(
      {static_cast<uint8_t>(argb >> 16), static_cast<uint8_t>(argb >> 8),
       static_cast<uint8_t>(argb)},
      frame.info);
  std::copy(colour.begin(), colour.end(), colour_.begin());
  const bool is_transparent = settings.mode == MatteMode::kTransparent;
  colour_[kAlphaComponent] = is_transparent ? 0 : kOpaque;
  strength_ = settings.mode == MatteMode::kColour
                  ? static_cast<uint8_t>(argb >> 24)
                  : kOpaque;
  source_ = Source::kColour;
  rule_ = is_transparent ? ByteRule::kOnlyHiddenAndAlpha : ByteRule::kAll;
  if (settings.mode == MatteMode::kTransparent ||
      settings.mode == MatteMode::kColour)
    return;
  source_ = settings.mode == MatteMode::kObjectPixelate ? Source::kBlocks
                                                        : Source::kSmooth;
  rule_ = ByteRule::kAllButAlpha;
}

void MattePainter::paint(GstVideoFrame *frame, HiddenArea &area,
                         const MatteSettings &settings) {
  if (!area.outside() && area.boxes().empty()) return;
  choose(*frame, settings);
  MatteSettings fitting = settings;
  if (has_subsampling(*frame))
    fitting.pixel_size_px = (fitting.pixel_size_px + 1) / 2 * 2;
  for (int i = 0; i < static_cast<int>(GST_VIDEO_FRAME_N_PLANES(frame)); ++i)
    paint_plane(plane_view(frame, i), area, fitting);
}

void MattePainter::paint_plane(const PlaneView &plane, HiddenArea &area,
                               const MatteSettings &settings) {
  const bool is_alpha_only =
      plane.components[0] == kAlphaComponent && plane.step_bytes == 1;
  if (source_ == Source::kColour)
    prepare_colour(plane);
  else if (is_alpha_only)
    return;
  else
    prepare_coarse(plane, area, settings);
  const bool is_banded = area.outside() && source_ == Source::kSmooth;
  const int band_rows = is_banded ? band_rows_ : plane.height;
  for (int begin = 0; begin < plane.height; begin += band_rows) {
    const int end = std::min(begin + band_rows, plane.height);
    if (is_banded) blur_band(plane, begin, end);
    for (int y = begin; y < end; ++y) paint_row(plane, area, y);
  }
}

void MattePainter::prepare_colour(const PlaneView &plane) {
  const auto step = static_cast<size_t>(plane.step_bytes);
  colour_row_.resize(step * static_cast<size_t>(plane.width));
  for (size_t i = 0; i < colour_row_.size(); ++i) {
    const int component = plane.components[i % step];
    colour_row_[i] =
        component < 0 ? kOpaque : colour_[static_cast<size_t>(component)];
  }
}

void MattePainter::prepare_coarse(const PlaneView &plane,
                                  const HiddenArea &area,
                                  const MatteSettings &settings) {
  const bool is_blur = source_ == Source::kSmooth;
  const int block_px = is_blur ? blur_block_px(settings.blur_size_px)
                               : static_cast<int>(settings.pixel_size_px);
  const BlockSize block = {std::max(block_px >> plane.x_shift, 1),
                           std::max(block_px >> plane.y_shift, 1)};
  coarse_.set_layout(plane, block);
  if (plane.alpha_byte() >= 0) {
    const auto step = static_cast<size_t>(plane.step_bytes);
    all_but_alpha_.assign(step * static_cast<size_t>(plane.width), kOpaque);
    for (size_t i = static_cast<size_t>(plane.alpha_byte());
         i < all_but_alpha_.size(); i += step)
      all_but_alpha_[i] = 0;
  }
  radius_ = {blur_radius(settings.blur_size_px, block.x << plane.x_shift),
             blur_radius(settings.blur_size_px, block.y << plane.y_shift)};
  band_rows_ = block.y * std::max(kMinBandBlocks, 4 * radius_.y + 2);
  reduced_end_ = 0;
  if (area.outside() && is_blur) return;  // band by band
  const RectPx all = {0, 0, plane.width, plane.height};
  const size_t count = area.outside() ? 1 : area.boxes().size();
  const auto part = [&](size_t i) {
    return area.outside() ? all : in_samples(area.boxes()[i], plane);
  };
  for (size_t i = 0; i < count; ++i)
    coarse_.reduce(plane,
                   is_blur ? coarse_.blur_source(part(i), radius_) : part(i));
  for (size_t i = 0; is_blur && i < count; ++i) coarse_.blur(part(i), radius_);
}

// Rows are read for the blur, as many ahead as it needs, and painted while they
// are in the processor's memory.
void MattePainter::blur_band(const PlaneView &plane, int y_begin, int y_end) {
  const RectPx band = {0, y_begin, plane.width, y_end};
  RectPx source = coarse_.blur_source(band, radius_);
  source.y_begin = reduced_end_;
  reduced_end_ = source.y_end;
  if (!source.is_empty()) coarse_.reduce(plane, source);
  coarse_.blur(band, radius_);
}

void MattePainter::paint_row(const PlaneView &plane, HiddenArea &area, int y) {
  const auto &spans =
      area.spans(y << plane.y_shift,
                 std::min((y + 1) << plane.y_shift, area.size().height));
  int at = 0;
  for (const Span &span : spans) {
    const RectPx samples = in_samples({span.begin, 0, span.end, 1}, plane);
    if (area.outside()) hide(plane, y, at, samples.x_begin);
    at = samples.x_end;
    paint_span(plane, y, samples.x_begin, at,
               sample_opacity(plane, area, y, samples.x_begin, at));
  }
  if (area.outside()) hide(plane, y, at, plane.width);
}

// Most of an object's box is hidden fully or not at all: mixing is for the
// rest.
void MattePainter::paint_span(const PlaneView &plane, int y, int begin, int end,
                              const uint8_t *opacity) {
  for (int x = begin; x < end;) {
    const uint8_t *first = opacity + (x - begin);
    const Run run = first_run(first, end - x);
    if (run.share == Share::kAll && strength_ == kOpaque)
      hide(plane, y, x, x + run.count);
    else if (run.share != Share::kNone)
      mix(plane, y, x, x + run.count, first);
    x += run.count;
  }
}

// Hides the samples from `begin` to `end` fully.
void MattePainter::hide(const PlaneView &plane, int y, int begin, int end) {
  if (begin >= end) return;
  uint8_t *target = plane.row(y) + ptrdiff_t{1} * begin * plane.step_bytes;
  const int bytes = (end - begin) * plane.step_bytes;
  const bool keeps_alpha =
      plane.alpha_byte() >= 0 && rule_ == ByteRule::kAllButAlpha;
  if (source_ == Source::kSmooth) {
    coarse_.copy_smooth_row(
        y, begin, end, keeps_alpha ? all_but_alpha_.data() : nullptr, target);
  } else if (keeps_alpha) {
    select_bytes(target, source_row(y, begin, end), all_but_alpha_.data(),
                 bytes);
  } else if (strength_ == kOpaque) {
    std::copy_n(source_row(y, begin, end), bytes, target);
  } else {
    opacity_.assign(static_cast<size_t>(end - begin), kOpaque);
    mix(plane, y, begin, end, opacity_.data());
  }
}

// Mixes by the opacities of samples.
void MattePainter::mix(const PlaneView &plane, int y, int begin, int end,
                       const uint8_t *opacity) {
  mix_bytes(plane.row(y) + ptrdiff_t{1} * begin * plane.step_bytes,
            source_row(y, begin, end), spread(plane, opacity, end - begin),
            (end - begin) * plane.step_bytes);
}

const uint8_t *MattePainter::source_row(int y, int begin, int end) {
  if (source_ == Source::kColour) {
    // All columns are alike.
    return colour_row_.data();
  }
  return source_ == Source::kSmooth ? coarse_.smooth_row(y, begin, end)
                                    : coarse_.block_row(y, begin);
}

// The opacities of the pixels under samples, or their means, rounded down: 255
// only where all are.
const uint8_t *MattePainter::sample_opacity(const PlaneView &plane,
                                            const HiddenArea &area, int y,
                                            int begin, int end) {
  if (!plane.x_shift && !plane.y_shift) return area.row(y) + begin;
  const SizePx size = area.size();
  const int first = begin << plane.x_shift;
  const int columns = (end - begin) << plane.x_shift;
  const int inside = std::min(columns, size.width - first);
  const int rows = 1 << plane.y_shift;
  // One column before the first, as the first.
  sums_.assign(static_cast<size_t>(columns + 1), 0);
  uint16_t *sums = sums_.data() + 1;
  for (int i = 0; i < rows; ++i) {
    const int pixel_y = std::min((y << plane.y_shift) + i, size.height - 1);
    const uint8_t *row = area.row(pixel_y) + first;
    add_bytes(row, inside, sums);
  }
  for (int x = inside; x < columns; ++x) sums[x] = sums[inside - 1];
  sums[-1] = sums[0];
  opacity_.resize(static_cast<size_t>(end - begin));
  uint8_t *means = opacity_.data();
  const int count = end - begin;
  const int shift = plane.x_shift + plane.y_shift;
  if (plane.is_cosited) {
    cosited_means(sums, count, shift, means);
    return means;
  }
  if (plane.x_shift == 1) {
    means_of_pairs(sums, count, shift, means);
    return means;
  }
  for (int i = 0; i < count; ++i) {
    int sum = 0;
    for (int x = 0; x < 1 << plane.x_shift; ++x)
      sum += sums[(i << plane.x_shift) + x];
    means[i] = static_cast<uint8_t>(sum >> shift);
  }
  return means;
}

// From opacities of samples to those of their bytes. Valid until the next call.
const uint8_t *MattePainter::spread(const PlaneView &plane,
                                    const uint8_t *opacity, int count) {
  const uint8_t *colour = colour_opacity(opacity, count);
  const int step = plane.step_bytes;
  const int alpha_byte = plane.alpha_byte();
  const bool is_alpha_apart =
      alpha_byte >= 0 && rule_ == ByteRule::kOnlyHiddenAndAlpha;
  if (step == 1) return is_alpha_apart ? opacity : colour;
  byte_opacity_.resize(static_cast<size_t>(count * step));
  uint8_t *bytes = byte_opacity_.data();
  if (step == 2) double_bytes(colour, count, bytes);
  if (step == 3) triple_bytes(colour, count, bytes);
  if (step == 4) {
    half_spread_.resize(static_cast<size_t>(count * 2));
    double_bytes(colour, count, half_spread_.data());
    double_bytes(half_spread_.data(), count * 2, bytes);
  }
  if (is_alpha_apart)
    for (int x = 0; x < count; ++x) bytes[x * step + alpha_byte] = opacity[x];
  else if (alpha_byte >= 0 && rule_ == ByteRule::kAllButAlpha)
    for (int x = 0; x < count; ++x) bytes[x * step + alpha_byte] = 0;
  return bytes;
}

// What hides colours: as strong as the colour, and nothing short of full
// transparency if the frame becomes transparent.
const uint8_t *MattePainter::colour_opacity(const uint8_t *opacity, int count) {
  if (strength_ == kOpaque && rule_ != ByteRule::kOnlyHiddenAndAlpha)
    return opacity;
  colour_opacity_.resize(static_cast<size_t>(count));
  uint8_t *target = colour_opacity_.data();
  const uint8_t strength = strength_;
  if (rule_ == ByteRule::kOnlyHiddenAndAlpha)
    for (int i = 0; i < count; ++i)
      target[i] = opacity[i] == kOpaque ? kOpaque : 0;
  else
    for (int i = 0; i < count; ++i)
      target[i] = by_255(static_cast<uint16_t>(opacity[i] * strength));
  return target;
}

}  // namespace sam2
