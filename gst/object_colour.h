// Which colour an object is drawn in.
#pragma once

#include <gst/video/video.h>

#include <array>
#include <cstdint>

namespace sam2 {

struct Colour {
  uint8_t red = 0;
  uint8_t green = 0;
  uint8_t blue = 0;
};

// Colours repeat after this many ids.
inline constexpr int kObjectColourCount = 12;

// The colour of the object with `object_id`; id 1 has the first one of the
// table. Reentrant.
Colour object_colour(int64_t object_id);

// Black or white, whichever is easier to read on `background`.
Colour text_colour(Colour background);

// `colour` as the values of the first three components of a frame: R, G, B or
// Y, U, V, in the frame's matrix and range; of a grey frame the first value
// counts. 8 bits per component.
std::array<uint8_t, 3> component_values(Colour colour,
                                        const GstVideoInfo &info);

}  // namespace sam2
