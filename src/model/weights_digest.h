// Telling apart models of one variant.
#pragma once

#include <string>

#include "model/sam2_model.h"

namespace sam2 {

// 16 hexadecimal digits that two models share if and, as good as, only if they
// have the same weights in the same precision: SHA-256 of the name, shape and
// up to 64 evenly spread numbers of every tensor. Copies those from the device
// once; a millisecond or two. Reentrant.
std::string weights_digest(const Sam2Model &model);

}  // namespace sam2
