#include "io/tensor_view.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <cstring>

namespace sam2 {
namespace {

constexpr size_t kMaxDimensions = 16;

// An aligned copy of `storage` as a one-dimensional tensor.
at::Tensor copied(std::string_view storage, c10::ScalarType type) {
  const auto count = static_cast<int64_t>(storage.size() / elementSize(type));
  at::Tensor copy = at::empty({count}, at::TensorOptions().dtype(type));
  // memcpy wants pointers even for nothing, and an empty tensor has none.
  if (count == 0) return copy;
  std::memcpy(copy.data_ptr(), storage.data(), count * elementSize(type));
  return copy;
}

}  // namespace

std::optional<int64_t> element_count(const std::vector<int64_t> &sizes) {
  if (sizes.size() > kMaxDimensions) return std::nullopt;
  int64_t product = 1;
  bool has_zero = false;
  for (const int64_t size : sizes) {
    if (size < 0) return std::nullopt;
    has_zero = has_zero || size == 0;
    if (__builtin_mul_overflow(product, std::max<int64_t>(size, 1), &product)) {
      return std::nullopt;
    }
  }
  return has_zero ? 0 : product;
}

std::vector<int64_t> contiguous_strides(const std::vector<int64_t> &sizes) {
  std::vector<int64_t> strides(sizes.size());
  int64_t stride = 1;
  for (size_t i = sizes.size(); i-- > 0;) {
    strides[i] = stride;
    stride *= std::max<int64_t>(sizes[i], 1);
  }
  return strides;
}

bool fits_storage(const TensorLayout &layout, int64_t storage_count) {
  const std::optional<int64_t> count = element_count(layout.sizes);
  if (!count || layout.strides.size() != layout.sizes.size()) return false;
  if (layout.offset < 0 || layout.offset > storage_count) return false;
  if (*count > storage_count) return false;
  int64_t last = layout.offset;
  for (size_t i = 0; i < layout.sizes.size(); ++i) {
    int64_t reach = 0;
    const int64_t steps = std::max<int64_t>(layout.sizes[i] - 1, 0);
    if (layout.strides[i] < 0 ||
        __builtin_mul_overflow(steps, layout.strides[i], &reach) ||
        __builtin_add_overflow(last, reach, &last)) {
      return false;
    }
  }
  return *count == 0 || last < storage_count;
}

at::Tensor tensor_view(std::shared_ptr<const MappedFile> file,
                       std::string_view storage, c10::ScalarType type,
                       const TensorLayout &layout) {
  const size_t element_bytes = elementSize(type);
  if (reinterpret_cast<uintptr_t>(storage.data()) % element_bytes != 0) {
    return copied(storage, type)
        .as_strided(layout.sizes, layout.strides, layout.offset);
  }
  // The mapping is private: a write through the tensor stays in this process.
  char *data = const_cast<char *>(storage.data());
  return at::from_blob(
      data + layout.offset * element_bytes, layout.sizes, layout.strides,
      [file = std::move(file)](void *) {}, at::TensorOptions().dtype(type));
}

}  // namespace sam2
