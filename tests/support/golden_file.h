// Reference numbers under tests/data/goldens, packed by pack_goldens.py.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>

#include "base/geometry.h"
#include "tensor_compare.h"

namespace sam2::test {

// Full path of a file of the golden folder.
std::string golden_path(const std::string &file_name);

// A safetensors file of the golden folder, in memory.
class GoldenFile {
 public:
  // `name` without extension. Throws sam2::Error.
  explicit GoldenFile(const std::string &name);

  bool has(const std::string &name) const { return tensors_.count(name) > 0; }
  // Throws std::out_of_range naming the tensor if there is none.
  const at::Tensor &tensor(const std::string &name) const;
  const std::map<std::string, at::Tensor> &tensors() const { return tensors_; }

  // Compares `found` with the file's `name`: whole if the file has it so,
  // else 512 samples and the mean, standard deviation and largest magnitude.
  // The statistics move by less than one element does, so they must fit the
  // same tolerance.
  void check(Comparison &comparison, const std::string &name,
             const at::Tensor &found, const Tolerance &tolerance) const;

 private:
  std::string name_;
  std::map<std::string, at::Tensor> tensors_;
};

// The 512 elements of a large tensor that the reference files keep.
at::Tensor sample512(const at::Tensor &tensor);

// A picture [H, W, 3] uint8 as a view that borrows the tensor's memory.
ImageView image_view(const at::Tensor &rgb);

}  // namespace sam2::test
