#include "gpu/device.h"

#include <ATen/Context.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/ones.h>
#include <time.h>

#include <algorithm>
#include <sstream>

#include "base/error.h"

namespace sam2 {
namespace {

// Reference BLAS does 4 to 7 GFLOP/s, an optimised one 200 and more.
constexpr double kSlowGflops = 25.0;
constexpr int64_t kProbeSide = 256;
constexpr int kProbeRuns = 3;

[[noreturn]] void refuse_name(const std::string &name) {
  throw Error(ErrorCode::kSetting,
              "There is no kind of device named \"" + name +
                  "\". Set device to auto, cpu, cuda or cuda:N.");
}

c10::Device cuda_device(const std::string &name) {
  std::string digits = name == "cuda" ? "0" : name.substr(5);
  if (digits.empty() || digits.size() > 3 ||
      digits.find_first_not_of("0123456789") != std::string::npos)
    refuse_name(name);
  const int index = std::stoi(digits);
  const int count =
      at::hasCUDA() ? at::detail::getCUDAHooks().deviceCount() : 0;
  if (index >= count)
    throw Error(ErrorCode::kNotFound,
                "The device \"" + name + "\" is not there: LibTorch sees " +
                    std::to_string(count) +
                    " CUDA GPUs. Set device to auto or cpu.");
  return {c10::kCUDA, static_cast<c10::DeviceIndex>(index)};
}

// CPUs with AMX have AVX512_BF16 too.
bool multiplies_bfloat16() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512bf16");
#else
  return false;
#endif
}

// Of this thread alone: on a busy machine the clock on the wall would call any
// library slow. Reference BLAS does all its work in the calling thread.
double thread_seconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * now.tv_nsec;
}

double seconds_of_product(const at::Tensor &a) {
  const double start = thread_seconds();
  at::matmul(a, a);
  return thread_seconds() - start;
}

}  // namespace

c10::Device find_device(const std::string &name) {
  if (name == "cpu") return {c10::kCPU};
  if (name == "auto")
    return at::hasCUDA() && at::detail::getCUDAHooks().deviceCount() > 0
               ? c10::Device(c10::kCUDA, 0)
               : c10::Device(c10::kCPU);
  if (name == "cuda" || name.compare(0, 5, "cuda:") == 0)
    return cuda_device(name);
  refuse_name(name);
}

c10::ScalarType fastest_type(c10::Device device) {
  return device.is_cuda() || multiplies_bfloat16() ? c10::kBFloat16
                                                   : c10::kFloat;
}

std::string precision_name(c10::ScalarType type) {
  if (type == c10::kBFloat16) return "bf16";
  return type == c10::kHalf ? "fp16" : "fp32";
}

Tf32Scope::Tf32Scope(bool is_allowed) {
  if (!is_allowed) {
    exact_.emplace();
    return;
  }
  static const bool is_set = [] {
    at::globalContext().setAllowTF32CuBLAS(true);
    at::globalContext().setAllowTF32CuDNN(true);
    return true;
  }();
  (void)is_set;
}

std::string slow_matmul_warning() {
  const at::Tensor a = at::ones({kProbeSide, kProbeSide}, at::kFloat);
  double best = seconds_of_product(a);  // warm-up
  for (int i = 0; i < kProbeRuns; ++i)
    best = std::min(best, seconds_of_product(a));
  const double gflops = 2.0 * kProbeSide * kProbeSide * kProbeSide / best / 1e9;
  if (gflops >= kSlowGflops) return {};
  std::ostringstream text;
  text.precision(2);
  text << "Matrix products run at only " << gflops
       << " GFLOP/s because LibTorch uses a slow BLAS library. Install "
          "libopenblas0-openmp (Debian, Ubuntu) for 10 to 50 times the speed.";
  return text.str();
}

}  // namespace sam2
