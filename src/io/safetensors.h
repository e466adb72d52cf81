// The .safetensors format: length of the header in 8 bytes, a JSON header
// with type, shape and place of each tensor, the tensors.
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <memory>
#include <string>

#include "io/mapped_file.h"

namespace sam2 {

struct Safetensors {
  std::map<std::string, at::Tensor> tensors;
  std::map<std::string, std::string> metadata;  // the header's __metadata__
};

// Reads a file of types F64, F32, F16, BF16, I64, I32, I16, I8, U8 and BOOL.
// The tensors are on the CPU, contiguous, view `file` and keep it mapped;
// writing to them does not change the file. `path` is for messages. Throws
// sam2::Error (kUnreadable) saying which part of the header is wrong.
// Reentrant.
Safetensors read_safetensors(std::shared_ptr<const MappedFile> file,
                             const std::string &path);

// The same for a path; see MappedFile::open() for more errors.
Safetensors read_safetensors(const std::string &path);

// Writes `tensors` (any device, any strides; types as above) and `metadata`
// to `path`, over what is there only when all is written. Throws sam2::Error:
// kSetting if the file cannot be written, kInternal for another type.
void write_safetensors(const std::string &path,
                       const std::map<std::string, at::Tensor> &tensors,
                       const std::map<std::string, std::string> &metadata = {});

}  // namespace sam2
