#include "golden_file.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/stack.h>

#include <stdexcept>

#include "generated_weights.h"
#include "io/safetensors.h"

namespace sam2::test {
namespace {

constexpr int64_t kSamples = 512;
// Tensors with more elements are sampled.
constexpr int64_t kWholeLimit = 4096;

at::Tensor statistics(const at::Tensor &tensor) {
  const at::Tensor x = tensor.to(at::kDouble);
  return at::stack({x.mean(), x.std(/*unbiased=*/false), x.abs().max()});
}

}  // namespace

std::string golden_path(const std::string &file_name) {
  return std::string(SAM2_TEST_DATA "/goldens/") + file_name;
}

GoldenFile::GoldenFile(const std::string &name)
    : name_(name),
      tensors_(read_safetensors(golden_path(name + ".safetensors")).tensors) {}

const at::Tensor &GoldenFile::tensor(const std::string &name) const {
  const auto it = tensors_.find(name);
  if (it == tensors_.end())
    throw std::out_of_range(name_ + " has no tensor " + name);
  return it->second;
}

void GoldenFile::check(Comparison &comparison, const std::string &name,
                       const at::Tensor &found,
                       const Tolerance &tolerance) const {
  if (has(name)) {
    comparison.close(name, found, tensor(name), tolerance);
  } else if (!found.defined() || found.numel() <= kWholeLimit) {
    comparison.fail(name, "too small or missing, the file has samples of it");
  } else {
    comparison.close(name + ".s512", sample512(found), tensor(name + ".s512"),
                     tolerance);
  }
  if (has(name + ".stat") && found.defined())
    comparison.close(name + ".stat", statistics(found), tensor(name + ".stat"),
                     tolerance);
}

at::Tensor sample512(const at::Tensor &tensor) {
  const at::Tensor flat = tensor.to(at::kFloat).contiguous();
  const uint64_t count = flat.numel();
  const uint64_t seed = fnv1a64("sample");
  at::Tensor out = at::empty({kSamples}, at::kFloat);
  for (int64_t j = 0; j < kSamples; ++j)
    out.data_ptr<float>()[j] =
        flat.data_ptr<float>()[splitmix64(seed, j) % count];
  return out;
}

ImageView image_view(const at::Tensor &rgb) {
  const int height = static_cast<int>(rgb.size(0));
  const int width = static_cast<int>(rgb.size(1));
  return {rgb.data_ptr<uint8_t>(), width, height, int64_t{3} * width};
}

}  // namespace sam2::test
