// Which of CUDA's failures one can go on after.
#include <string>

#include "engine/device_failure.h"
// Last: Check's macros get in the way of C++ headers.
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

// As LibTorch words it: advice follows.
std::string as_thrown(const char *error) {
  return std::string(error) +
         "\nCUDA kernel errors might be asynchronously reported at some other "
         "API call, so the stacktrace below might be incorrect.\nFor debugging "
         "consider passing CUDA_LAUNCH_BLOCKING=1";
}

START_TEST(test_sticky_errors_lose_the_device) {
  for (const char *error :
       {"CUDA error: an illegal memory access was encountered",
        "CUDA error: unspecified launch failure",
        "CUDA error: uncorrectable ECC error encountered",
        "CUDA error: device-side assert triggered",
        "CUDA error: no CUDA-capable device is detected"})
    ck_assert(device_failure(as_thrown(error)) == DeviceFailure::kLost);
  ck_assert(device_failure("CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when "
                           "calling `cublasSgemm(handle)`") ==
            DeviceFailure::kLost);
}
END_TEST

START_TEST(test_full_memory_does_not_whoever_reports_it) {
  for (const char *error :
       {"CUDA error: out of memory",
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate`",
        "cuDNN error: CUDNN_STATUS_ALLOC_FAILED"})
    ck_assert(device_failure(as_thrown(error)) == DeviceFailure::kOutOfMemory);
}
END_TEST

START_TEST(test_mistakes_of_ours_are_neither) {
  for (const char *error :
       {"", "The size of tensor a (3) must match the size of tensor b (4)",
        "CUDA error: invalid argument", "CUDA error: invalid device ordinal",
        "an illegal memory access was encountered"})
    ck_assert(device_failure(error) == DeviceFailure::kNone);
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("device_failure");
  tcase_add_test(tests, test_sticky_errors_lose_the_device);
  tcase_add_test(tests, test_full_memory_does_not_whoever_reports_it);
  tcase_add_test(tests, test_mistakes_of_ours_are_neither);
  return run_case("engine", tests);
}
