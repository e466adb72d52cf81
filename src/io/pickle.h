// A reader for the few pickles that torch.save makes of state dicts.
//
// A pickle is a program for a stack machine. This one knows the instructions
// of protocol 2 that describe data, and only names in a fixed list; what it
// builds are the plain values below. Nothing from the file is ever called,
// imported or executed.
#pragma once

#include <c10/core/ScalarType.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sam2 {

// A SAM 2 checkpoint has 0.2 MiB and 20,000 values; training state triples it.
inline constexpr size_t kMaxPickleBytes = size_t{4} << 20;
inline constexpr size_t kMaxPickleValues = size_t{1} << 18;
inline constexpr size_t kMaxPickleDimensions = 16;  // of a tensor

// Elements in one record of the file.
struct PickledStorage {
  std::string_view key;  // name of the record
  c10::ScalarType type = c10::ScalarType::Float;
  int64_t element_count = 0;  // as declared, not checked against the record
};

// A view of a storage as the file claims it; nothing is checked but the types.
struct PickledTensor {
  PickledStorage storage;
  int64_t offset = 0;  // elements
  std::vector<int64_t> sizes;
  std::vector<int64_t> strides;  // elements
};

struct PickleValue {
  enum class Kind {
    kNone,
    kBool,
    kInt,
    kFloat,
    kText,
    kTuple,
    kList,
    kDict,
    kName,
    kStorage,
    kTensor,
  };
  Kind kind = Kind::kNone;
  int64_t number = 0;     // kBool, kInt; kName: row of the list of names
  std::string_view text;  // kText: a part of the pickle
  // kTuple, kList: the elements; kDict: key, value, key, value, ...
  std::vector<const PickleValue *> items;
  // kTensor; kStorage: only its storage.
  std::unique_ptr<const PickledTensor> tensor;
};

// The values of one pickle; `root` and what it points to live in `values`,
// texts in the pickle's bytes. Values may contain themselves.
struct PickleTree {
  std::deque<PickleValue> values;
  const PickleValue *root = nullptr;
};

// Runs the pickle in `bytes`, which must outlive the result. `path` is for
// messages. Takes time in proportion to `bytes` and at most some 100 MiB
// whatever they say (kMaxPickleBytes, kMaxPickleValues, kMaxPickleDimensions).
// Throws sam2::Error (kUnreadable) for damage, for instructions of other
// protocols and for names that are not in the list. Reentrant.
PickleTree read_pickle(std::string_view bytes, const std::string &path);

}  // namespace sam2
