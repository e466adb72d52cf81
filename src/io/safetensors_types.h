// The types a safetensors header may name.
#pragma once

#include <c10/core/ScalarType.h>

namespace sam2 {

struct SafetensorsType {
  const char *name;
  c10::ScalarType type;
};

inline constexpr SafetensorsType kSafetensorsTypes[] = {
    {"F64", c10::ScalarType::Double}, {"F32", c10::ScalarType::Float},
    {"F16", c10::ScalarType::Half},   {"BF16", c10::ScalarType::BFloat16},
    {"I64", c10::ScalarType::Long},   {"I32", c10::ScalarType::Int},
    {"I16", c10::ScalarType::Short},  {"I8", c10::ScalarType::Char},
    {"U8", c10::ScalarType::Byte},    {"BOOL", c10::ScalarType::Bool},
};

// The header's length comes first.
inline constexpr size_t kSafetensorsLengthBytes = 8;
inline constexpr const char *kSafetensorsMetadata = "__metadata__";

}  // namespace sam2
