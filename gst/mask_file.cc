#include "mask_file.h"

#include "base/error.h"
#include "cairo_ptr.h"

namespace sam2 {
namespace {

// Cairo gives RGB24 (opaque) or premultiplied ARGB32, native endian.
constexpr uint32_t kColourBits = 0x00ffffff;

SurfacePtr open_png(const std::string &path) {
  SurfacePtr surface(cairo_image_surface_create_from_png(path.c_str()));
  const cairo_status_t status = cairo_surface_status(surface.get());
  if (status == CAIRO_STATUS_FILE_NOT_FOUND)
    throw Error(ErrorCode::kNotFound,
                "There is no mask file \"" + path + "\". Correct prompt.");
  const cairo_format_t format = cairo_image_surface_get_format(surface.get());
  if (status != CAIRO_STATUS_SUCCESS ||
      (format != CAIRO_FORMAT_ARGB32 && format != CAIRO_FORMAT_RGB24))
    throw Error(ErrorCode::kUnreadable,
                "Could not read the mask file \"" + path +
                    "\". Give a PNG picture with at most 8 bits per channel in "
                    "prompt.",
                cairo_status_to_string(status));
  return surface;
}

}  // namespace

MaskImage load_mask_file(const std::string &path) {
  const SurfacePtr surface = open_png(path);
  MaskImage mask;
  mask.width = cairo_image_surface_get_width(surface.get());
  mask.height = cairo_image_surface_get_height(surface.get());
  const int stride_bytes = cairo_image_surface_get_stride(surface.get());
  const uint8_t *data = cairo_image_surface_get_data(surface.get());
  mask.pixels.reserve(static_cast<size_t>(mask.width) * mask.height);
  for (int y = 0; y < mask.height; ++y) {
    const auto *row = reinterpret_cast<const uint32_t *>(
        data + static_cast<ptrdiff_t>(y) * stride_bytes);
    for (int x = 0; x < mask.width; ++x)
      mask.pixels.push_back(row[x] & kColourBits ? 255 : 0);
  }
  return mask;
}

}  // namespace sam2
