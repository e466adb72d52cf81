// What the pickle reader knows: instructions and names. Only for pickle.cc.
#pragma once

#include <c10/core/ScalarType.h>

#include <cstdint>
#include <string_view>

namespace sam2::pickle {

// The instructions we know (Python's Lib/pickletools.py describes all).
enum Instruction : uint8_t {
  kProto = 0x80,
  kStop = '.',
  kPushMark = '(',
  kPushNone = 'N',
  kPushTrue = 0x88,
  kPushFalse = 0x89,
  kBinInt = 'J',
  kBinInt1 = 'K',
  kBinInt2 = 'M',
  kLong1 = 0x8A,
  kBinFloat = 'G',
  kBinUnicode = 'X',
  kEmptyTuple = ')',
  kTuple = 't',
  kTuple1 = 0x85,
  kTuple2 = 0x86,
  kTuple3 = 0x87,
  kEmptyList = ']',
  kAppend = 'a',
  kAppends = 'e',
  kEmptyDict = '}',
  kSetItem = 's',
  kSetItems = 'u',
  kBinGet = 'h',
  kLongBinGet = 'j',
  kBinPut = 'q',
  kLongBinPut = 'r',
  kGlobal = 'c',
  kReduce = 'R',
  kBuild = 'b',
  kBinPersistentId = 'Q',
};

enum class Meaning { kOrderedDict, kTensor, kParameter, kStorageType };

// Every name a pickle may mention.
struct KnownName {
  std::string_view module;
  std::string_view name;
  Meaning meaning;
  c10::ScalarType type = c10::ScalarType::Undefined;
};

inline constexpr KnownName kKnownNames[] = {
    {"collections", "OrderedDict", Meaning::kOrderedDict},
    {"torch._utils", "_rebuild_tensor_v2", Meaning::kTensor},
    {"torch._utils", "_rebuild_parameter", Meaning::kParameter},
    {"torch", "DoubleStorage", Meaning::kStorageType, c10::ScalarType::Double},
    {"torch", "FloatStorage", Meaning::kStorageType, c10::ScalarType::Float},
    {"torch", "HalfStorage", Meaning::kStorageType, c10::ScalarType::Half},
    {"torch", "BFloat16Storage", Meaning::kStorageType,
     c10::ScalarType::BFloat16},
    {"torch", "LongStorage", Meaning::kStorageType, c10::ScalarType::Long},
    {"torch", "IntStorage", Meaning::kStorageType, c10::ScalarType::Int},
    {"torch", "ShortStorage", Meaning::kStorageType, c10::ScalarType::Short},
    {"torch", "CharStorage", Meaning::kStorageType, c10::ScalarType::Char},
    {"torch", "ByteStorage", Meaning::kStorageType, c10::ScalarType::Byte},
    {"torch", "BoolStorage", Meaning::kStorageType, c10::ScalarType::Bool},
};

}  // namespace sam2::pickle
