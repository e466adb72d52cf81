// Hides an area of a frame.
#pragma once

#include <gst/video/video.h>

#include <array>
#include <cstdint>
#include <vector>

#include "coarse_plane.h"
#include "hidden_area.h"
#include "matte_properties.h"
#include "plane_view.h"

namespace sam2 {

// Writes into frames of every format with 8 bits per component in which
// samples of a plane lie at equal distances. Keeps its memory from frame to
// frame. Thread-bound.
class MattePainter {
 public:
  // Hides `area`, which has the frame's size, as `settings` say. Where the
  // frame has no alpha, mode transparent is mode colour with a hard edge. A
  // chroma sample is hidden as much as its pixels are on average; under full
  // transparency nothing of the picture is left. Throws std::bad_alloc.
  void paint(GstVideoFrame *frame, HiddenArea &area,
             const MatteSettings &settings);

 private:
  // What takes the place of a sample's bytes.
  enum class Source { kColour, kSmooth, kBlocks };
  // How the opacity of a sample's bytes follows from that of what hides it.
  enum class ByteRule { kAll, kAllButAlpha, kOnlyHiddenAndAlpha };

  void choose(const GstVideoFrame &frame, const MatteSettings &settings);
  void paint_plane(const PlaneView &plane, HiddenArea &area,
                   const MatteSettings &settings);
  void prepare_coarse(const PlaneView &plane, const HiddenArea &area,
                      const MatteSettings &settings);
  void blur_band(const PlaneView &plane, int y_begin, int y_end);
  void prepare_colour(const PlaneView &plane);
  void paint_row(const PlaneView &plane, HiddenArea &area, int y);
  void paint_span(const PlaneView &plane, int y, int begin, int end,
                  const uint8_t *opacity);
  void hide(const PlaneView &plane, int y, int begin, int end);
  void mix(const PlaneView &plane, int y, int begin, int end,
           const uint8_t *opacity);
  const uint8_t *source_row(int y, int begin, int end);
  const uint8_t *sample_opacity(const PlaneView &plane, const HiddenArea &area,
                                int y, int begin, int end);
  const uint8_t *colour_opacity(const uint8_t *opacity, int count);
  const uint8_t *spread(const PlaneView &plane, const uint8_t *opacity,
                        int count);

  Source source_ = Source::kColour;
  ByteRule rule_ = ByteRule::kAll;
  uint8_t strength_ = 255;                // of the colour
  std::array<uint8_t, 4> colour_ = {{}};  // by component
  CoarsePlane coarse_;
  BlockSize radius_;     // of the blur
  int band_rows_ = 0;    // of the background's blur, whole blocks
  int reduced_end_ = 0;  // rows above are in `coarse_`
  std::vector<uint8_t> colour_row_;
  std::vector<uint8_t> all_but_alpha_;  // a row of 255, 0 where alpha is
  std::vector<uint16_t> sums_;
  std::vector<uint8_t> opacity_;  // of samples
  std::vector<uint8_t> colour_opacity_;
  std::vector<uint8_t> half_spread_;
  std::vector<uint8_t> byte_opacity_;  // of their bytes
};

}  // namespace sam2
