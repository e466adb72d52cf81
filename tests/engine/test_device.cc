// Names of devices and precisions.
#include <ATen/Context.h>

#include "gpu/device.h"
// Last: Check's macros get in the way of C++ headers.
#include "refusal.h"
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

int gpu_count() {
  return at::hasCUDA() ? at::detail::getCUDAHooks().deviceCount() : 0;
}

START_TEST(test_cpu_is_always_there) { ck_assert(find_device("cpu").is_cpu()); }
END_TEST

START_TEST(test_auto_is_a_gpu_only_where_there_is_one) {
  ck_assert(find_device("auto").is_cuda() == (gpu_count() > 0));
}
END_TEST

constexpr const char *kNoDevices[] = {
    "tpu",     "",        "CPU",       "cpu:0", "cuda0", "cuda:", "cuda:x",
    "cuda:-1", "cuda:1x", "cuda:1000", "gpu",   " cpu",  "auto "};

START_TEST(test_unknown_kind_of_device_is_refused) {
  const std::string name = kNoDevices[_i];
  assert_refused(find_device(name), ErrorCode::kSetting,
                 "There is no kind of device named \"" + name +
                     "\". Set device to auto, cpu, cuda or cuda:N.");
}
END_TEST

START_TEST(test_gpu_that_is_not_there_is_refused) {
  const std::string seen = std::to_string(gpu_count());
  assert_refused(find_device("cuda:99"), ErrorCode::kNotFound,
                 "The device \"cuda:99\" is not there: LibTorch sees " + seen +
                     " CUDA GPUs. Set device to auto or cpu.");
  if (gpu_count() > 0) return;
  for (const char *name : {"cuda", "cuda:0"})
    assert_refused(find_device(name), ErrorCode::kNotFound,
                   "The device \"" + std::string(name) +
                       "\" is not there: LibTorch sees 0 CUDA GPUs. Set "
                       "device to auto or cpu.");
}
END_TEST

START_TEST(test_precisions_have_the_names_of_the_property) {
  assert_texts_equal(precision_name(c10::kFloat), "fp32");
  assert_texts_equal(precision_name(c10::kBFloat16), "bf16");
  assert_texts_equal(precision_name(c10::kHalf), "fp16");
}
END_TEST

// LibTorch asks this wherever it multiplies on a GPU.
START_TEST(test_products_are_rounded_only_in_a_scope_that_allows_it) {
  {
    const Tf32Scope scope(false);
    ck_assert(at::NoTF32Guard::should_disable_tf32());
  }
  const Tf32Scope scope(true);
  ck_assert(!at::NoTF32Guard::should_disable_tf32());
  ck_assert(at::globalContext().allowTF32CuBLAS());
  ck_assert(at::globalContext().allowTF32CuDNN());
}
END_TEST

START_TEST(test_half_is_never_the_fastest_type) {
  const c10::ScalarType on_cpu = fastest_type(c10::kCPU);
  ck_assert(on_cpu == c10::kFloat || on_cpu == c10::kBFloat16);
  ck_assert(fastest_type(c10::Device(c10::kCUDA, 0)) == c10::kBFloat16);
}
END_TEST

START_TEST(test_slow_matrix_products_are_blamed_on_the_package) {
  const std::string text = slow_matmul_warning();
  if (text.empty()) return;
  ck_assert(text.find("libopenblas0-openmp") != std::string::npos);
  ck_assert(text.find("GFLOP/s") != std::string::npos);
  ck_assert(text.back() == '.');
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("device");
  tcase_add_test(tests, test_cpu_is_always_there);
  tcase_add_test(tests, test_auto_is_a_gpu_only_where_there_is_one);
  tcase_add_loop_test(tests, test_unknown_kind_of_device_is_refused, 0,
                      sizeof kNoDevices / sizeof *kNoDevices);
  tcase_add_test(tests, test_gpu_that_is_not_there_is_refused);
  tcase_add_test(tests, test_precisions_have_the_names_of_the_property);
  tcase_add_test(tests,
                 test_products_are_rounded_only_in_a_scope_that_allows_it);
  tcase_add_test(tests, test_half_is_never_the_fastest_type);
  tcase_add_test(tests, test_slow_matrix_products_are_blamed_on_the_package);
  return run_case("engine", tests);
}
