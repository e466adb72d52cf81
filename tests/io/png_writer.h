// PNG files for tests. Include it before Check's header.
#pragma once

#include <png.h>

#include <cstdint>
#include <string>
#include <vector>

namespace sam2::test {

// Writes pixels of libpng's `format`; `palette` has 3 bytes a colour, for
// PNG_FORMAT_RGB_COLORMAP alone. False if that fails.
inline bool write_png(const std::string &path, int width, int height,
                      uint32_t format, const std::vector<uint8_t> &pixels,
                      const std::vector<uint8_t> &palette = {}) {
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(width);
  image.height = static_cast<png_uint_32>(height);
  image.format = format;
  image.colormap_entries = static_cast<png_uint_32>(palette.size() / 3);
  return png_image_write_to_file(&image, path.c_str(), 0, pixels.data(), 0,
                                 palette.empty() ? nullptr : palette.data()) !=
         0;
}

}  // namespace sam2::test
