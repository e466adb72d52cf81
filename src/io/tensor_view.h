// Tensors that view a part of a mapped file.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/ScalarType.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "io/mapped_file.h"

namespace sam2 {

// Where a tensor lies in its storage, in elements.
struct TensorLayout {
  int64_t offset = 0;
  std::vector<int64_t> sizes;
  std::vector<int64_t> strides;
};

// Product of `sizes`; none if one is negative, if there are more than 16, or
// if the product (a 0 counted as 1, so that strides fit as well) does not fit
// an int64.
std::optional<int64_t> element_count(const std::vector<int64_t> &sizes);

// Row-major strides of `sizes`, which element_count() has accepted.
std::vector<int64_t> contiguous_strides(const std::vector<int64_t> &sizes);

// True if every element of `layout` lies in a storage of `storage_count`
// elements, and there are not more of them than that: a view that repeats
// elements could ask for any amount of memory when it is copied.
bool fits_storage(const TensorLayout &layout, int64_t storage_count);

// A tensor on the CPU over `storage`, bytes of `file`, which it keeps mapped;
// `layout` fits. A storage that is not aligned for its type is copied instead.
at::Tensor tensor_view(std::shared_ptr<const MappedFile> file,
                       std::string_view storage, c10::ScalarType type,
                       const TensorLayout &layout);

}  // namespace sam2
