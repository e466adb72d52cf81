// Weights from a file.
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <string>

namespace sam2 {

// Named tensors on the CPU. They view the file, which stays mapped as long as
// one of them lives: copy what outlives the loading (Tensor::to() with copy =
// true), since a file that is cut short while mapped ends the process. They
// may have any strides and share memory with each other.
struct Checkpoint {
  std::map<std::string, at::Tensor> tensors;
  std::string config_json;  // "config" of a safetensors' metadata, or empty
};

// Reads a .pt file of torch.save ({"model": state_dict}) or a .safetensors
// file; the content decides which, not the name. Nothing is known here about
// which tensors a model needs. Needs no memory for the tensors but the page
// cache. Throws sam2::Error: kNotFound for a missing file; kUnreadable for a
// folder and for every file that is damaged, hostile or something else, with
// a sentence that names the file. Reentrant.
Checkpoint read_checkpoint(const std::string &path);

}  // namespace sam2
