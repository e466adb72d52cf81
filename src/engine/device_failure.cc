#include "engine/device_failure.h"

#include <algorithm>
#include <iterator>

namespace sam2 {
namespace {

constexpr std::string_view kOutOfMemory[] = {
    "CUDA error: out of memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "CUDNN_STATUS_ALLOC_FAILED",
};

constexpr std::string_view kLost[] = {
    // Sticky: the context is corrupt.
    "CUDA error: an illegal memory access was encountered",
    "CUDA error: an illegal instruction was encountered",
    "CUDA error: misaligned address",
    "CUDA error: invalid program counter",
    "CUDA error: operation not supported on global/shared address space",
    "CUDA error: hardware stack error",
    "CUDA error: device-side assert triggered",
    "CUDA error: unspecified launch failure",
    "CUDA error: the launch timed out and was terminated",
    "CUDA error: uncorrectable ECC error encountered",
    "CUDA error: uncorrectable NVLink error detected during the execution",
    "CUDA error: unknown error",
    // The device has gone, or is somebody else's.
    "CUDA error: no CUDA-capable device is detected",
    "CUDA error: CUDA-capable device(s) is/are busy or unavailable",
    "CUDA error: all CUDA-capable devices are busy or unavailable",
    // How the libraries report the same.
    "CUBLAS_STATUS_EXECUTION_FAILED",
    "CUDNN_STATUS_EXECUTION_FAILED",
};

template <size_t kCount>
bool names_one(std::string_view text, const std::string_view (&all)[kCount]) {
  return std::any_of(std::begin(all), std::end(all), [&](std::string_view one) {
    return text.find(one) != std::string_view::npos;
  });
}

}  // namespace

DeviceFailure device_failure(std::string_view text) {
  if (names_one(text, kOutOfMemory)) return DeviceFailure::kOutOfMemory;
  if (names_one(text, kLost)) return DeviceFailure::kLost;
  return DeviceFailure::kNone;
}

}  // namespace sam2
