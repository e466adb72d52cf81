// One walk over a state, under names, that serves saving and loading.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "track/selection_policy.h"

namespace sam2 {

// The tensors of a state file. Numbers are tensors too, so that they come back
// to the bit.
struct StateTensors {
  bool is_loading = false;
  std::string path;  // of the file, for messages
  std::map<std::string, at::Tensor> by_name;
};

// The tensors under a name prefix. What is visited is put among them, or taken
// out of them and checked: every function may throw sam2::Error (kUnreadable)
// when loading. Parts of a state have a `visit(scope)` that does the same both
// ways; those without LibTorch are templates. Values of unvisited parts stay.
// Reentrant; keeps a reference to the tensors.
class StateScope {
 public:
  // Largest frame number of a state: differences fit.
  static constexpr int64_t kMostFrame = int64_t{1} << 53;

  explicit StateScope(StateTensors &tensors, std::string prefix = {})
      : tensors_(tensors), prefix_(std::move(prefix)) {}

  StateScope operator/(const std::string &part) const {
    return StateScope(tensors_, joined(part));
  }
  StateScope operator/(int64_t index) const {
    return *this / std::to_string(index);
  }
  bool is_loading() const { return tensors_.is_loading; }

  // Numbers that are one tensor [n] of the file, float64, float32 or int64.
  void numbers(const std::string &name,
               const std::vector<double *> &values) const;
  void numbers(const std::string &name,
               const std::vector<float *> &values) const;
  // Each of them from `least` to `most`.
  void integers(const std::string &name, const std::vector<int64_t *> &values,
                int64_t least, int64_t most) const;
  void integer(const std::string &name, int &value, int least, int most) const;
  void flag(const std::string &name, bool &value) const;
  // Finite; those of slots that hold nothing too.
  void scores(const std::string &name,
              const std::vector<FrameScores *> &values) const;
  void bytes(const std::string &name, std::vector<uint8_t> &value) const;
  void text(const std::string &name, std::string &value) const;
  // How many items follow, 0 to `most`: the number loaded, or `count`.
  int64_t count(int64_t count, int64_t most) const;

  // A tensor of a known shape. Loading makes it anew, on the device given.
  void tensor(const std::string &name, at::Tensor &value,
              c10::IntArrayRef sizes, at::TensorOptions options) const;
  // The same for one that is there, maybe a view: loading copies into it.
  void contents(const std::string &name, const at::Tensor &value) const;

  // "Could not restore FILE: the tensor NAME `what`. ..."
  [[noreturn]] void refuse(const std::string &name,
                           const std::string &what) const;

 private:
  std::string joined(const std::string &name) const {
    return prefix_.empty() ? name : prefix_ + "." + name;
  }
  template <class Number>
  void row(const std::string &name, const std::vector<Number *> &values) const;
  at::Tensor take(const std::string &name) const;

  StateTensors &tensors_;
  std::string prefix_;
};

}  // namespace sam2
