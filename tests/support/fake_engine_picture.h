// What the fake tracker library was given to look at.
#pragma once

#include <cstdint>
#include <vector>

namespace sam2 {

struct SeenPicture {
  int width = 0;
  int height = 0;
  std::vector<uint8_t> rgb;  // rows without padding

  const uint8_t *pixel(int x, int y) const {
    return &rgb[3 * (static_cast<size_t>(y) * width + x)];
  }
};

// Fills in the picture that models named "record.pt" encoded last, all of the
// process.
// extern "C" void fake_engine_picture(sam2::SeenPicture *picture);
inline constexpr const char *kFakeEnginePicture = "fake_engine_picture";

}  // namespace sam2
