// One walk over all weights of a network, under the checkpoint's own names. It
// serves loading, checking, casting, counting and the trainer's list.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace sam2 {

// Called once per weight: full name, the member that holds it, its shape.
using ParameterVisitor =
    std::function<void(const std::string &name, at::Tensor &tensor,
                       const std::vector<int64_t> &shape)>;

// A visitor with the name prefix of one block. Blocks visit their weights with
// `scope("weight", weight, {out, in})` and their parts with
// `part.visit(scope / "part")`. Reentrant; keeps a reference to the visitor.
class ParameterScope {
 public:
  explicit ParameterScope(const ParameterVisitor &visitor,
                          std::string prefix = {})
      : visitor_(visitor), prefix_(std::move(prefix)) {}

  ParameterScope operator/(const std::string &part) const {
    return ParameterScope(visitor_, joined(part));
  }
  ParameterScope operator/(size_t index) const {
    return *this / std::to_string(index);
  }
  void operator()(const std::string &name, at::Tensor &tensor,
                  const std::vector<int64_t> &shape) const {
    visitor_(joined(name), tensor, shape);
  }

 private:
  std::string joined(const std::string &part) const {
    return prefix_.empty() ? part : prefix_ + "." + part;
  }
  const ParameterVisitor &visitor_;
  std::string prefix_;
};

}  // namespace sam2
