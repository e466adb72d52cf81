// Masks from PNG files.
#pragma once

#include <string>

#include "base/geometry.h"

namespace sam2 {

// Reads a PNG picture of any kind; every pixel that is neither black nor fully
// transparent is object. Throws Error: kNotFound if there is no such file,
// kUnreadable if it is no picture. Reentrant.
MaskImage load_mask_file(const std::string &path);

}  // namespace sam2
