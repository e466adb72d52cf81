// The .pt files of torch.save (PyTorch 1.6 and later).
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <memory>
#include <string>

#include "io/mapped_file.h"

namespace sam2 {

// The tensors under "model" at the top level of a zip that torch.save wrote.
// They view `file`, in the shapes and strides of the checkpoint, and keep it
// mapped; writing to them does not change the file. `path` is for messages.
// Reads every tensor's bytes once, for the checksums. Throws sam2::Error
// (kUnreadable) for anything else, without having executed, called or
// allocated anything on behalf of the file. Reentrant.
std::map<std::string, at::Tensor> read_torch_zip(
    std::shared_ptr<const MappedFile> file, const std::string &path);

}  // namespace sam2
