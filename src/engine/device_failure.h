// What a failure that CUDA reports means for the process.
#pragma once

#include <string_view>

namespace sam2 {

enum class DeviceFailure {
  kNone,         // nothing of CUDA's, or a mistake of ours
  kOutOfMemory,  // and all else is well
  kLost,         // nothing on the device can be used any more
};

// Of an exception's text. LibTorch has a type for its own allocator's
// out-of-memory only; what CUDA and its libraries say of everything else is
// text (cudaGetErrorString). After what CUDA calls sticky errors every further
// call fails until the process ends; so it does when the device has gone.
DeviceFailure device_failure(std::string_view text);

}  // namespace sam2
