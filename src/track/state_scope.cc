#include "track/state_scope.h"

#include <ATen/ops/empty.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

#include "io/file_error.h"
#include "track/state_file.h"

namespace sam2 {
namespace {

std::string text_of(c10::ScalarType type, c10::IntArrayRef sizes) {
  std::ostringstream text;
  text << c10::toString(type) << " " << sizes;
  return text.str();
}

}  // namespace

void StateScope::refuse(const std::string &name,
                        const std::string &what) const {
  refuse_state(tensors_.path,
               "the tensor " + quoted_from_file(joined(name)) + " " + what);
}

// Out of the map, so that what nobody asks for remains.
at::Tensor StateScope::take(const std::string &name) const {
  auto node = tensors_.by_name.extract(joined(name));
  if (!node) refuse(name, "is missing");
  return node.mapped();
}

void StateScope::contents(const std::string &name,
                          const at::Tensor &value) const {
  if (!is_loading()) {
    tensors_.by_name[joined(name)] = value;
    return;
  }
  const at::Tensor found = take(name);
  if (found.scalar_type() != value.scalar_type() ||
      found.sizes() != value.sizes())
    refuse(name, "is " + text_of(found.scalar_type(), found.sizes()) +
                     ", not " + text_of(value.scalar_type(), value.sizes()));
  value.copy_(found);
}

void StateScope::tensor(const std::string &name, at::Tensor &value,
                        c10::IntArrayRef sizes,
                        at::TensorOptions options) const {
  if (is_loading()) value = at::empty(sizes, options);
  TORCH_INTERNAL_ASSERT(
      value.sizes() == sizes && value.scalar_type() == options.dtype(), name,
      " is ", text_of(value.scalar_type(), value.sizes()));
  contents(name, value);
}

template <class Number>
void StateScope::row(const std::string &name,
                     const std::vector<Number *> &values) const {
  at::Tensor numbers =
      at::empty({static_cast<int64_t>(values.size())},
                at::TensorOptions(c10::CppTypeToScalarType<Number>::value));
  Number *data = numbers.mutable_data_ptr<Number>();
  if (!is_loading())
    for (size_t i = 0; i < values.size(); ++i) data[i] = *values[i];
  contents(name, numbers);
  if (is_loading())
    for (size_t i = 0; i < values.size(); ++i) *values[i] = data[i];
}

void StateScope::numbers(const std::string &name,
                         const std::vector<double *> &values) const {
  row(name, values);
}

void StateScope::numbers(const std::string &name,
                         const std::vector<float *> &values) const {
  row(name, values);
}

void StateScope::integers(const std::string &name,
                          const std::vector<int64_t *> &values, int64_t least,
                          int64_t most) const {
  row(name, values);
  if (!is_loading()) return;
  for (const int64_t *value : values)
    if (*value < least || *value > most)
      refuse(name, "holds " + std::to_string(*value) + ", which is not in " +
                       std::to_string(least) + "..." + std::to_string(most));
}

void StateScope::integer(const std::string &name, int &value, int least,
                         int most) const {
  int64_t wide = value;
  integers(name, {&wide}, least, most);
  value = static_cast<int>(wide);
}

void StateScope::flag(const std::string &name, bool &value) const {
  int64_t wide = value;
  integers(name, {&wide}, 0, 1);
  value = wide != 0;
}

void StateScope::scores(const std::string &name,
                        const std::vector<FrameScores *> &values) const {
  constexpr double kNone = std::numeric_limits<double>::lowest();
  std::vector<double> kf_scores;
  for (const FrameScores *each : values)
    kf_scores.push_back(each->kf_score.value_or(kNone));
  std::vector<double *> all;
  for (size_t i = 0; i < values.size(); ++i)
    for (double *number :
         {&values[i]->predicted_iou, &values[i]->object_score, &kf_scores[i],
          &values[i]->area_px, &values[i]->rival_iou})
      all.push_back(number);
  row(name, all);
  if (!is_loading()) return;
  // Policies sort by them, which only works for numbers.
  for (const double *number : all)
    if (!std::isfinite(*number)) refuse(name, "holds no finite number");
  for (size_t i = 0; i < values.size(); ++i) {
    values[i]->kf_score.reset();
    if (kf_scores[i] != kNone) values[i]->kf_score = kf_scores[i];
  }
}

void StateScope::bytes(const std::string &name,
                       std::vector<uint8_t> &value) const {
  if (is_loading()) {
    const auto found = tensors_.by_name.find(joined(name));
    if (found != tensors_.by_name.end()) value.resize(found->second.numel());
  }
  const at::Tensor raw =
      at::empty({static_cast<int64_t>(value.size())}, at::kByte);
  if (!is_loading())
    std::copy(value.begin(), value.end(), raw.mutable_data_ptr<uint8_t>());
  contents(name, raw);
  if (is_loading())
    std::copy_n(raw.const_data_ptr<uint8_t>(), value.size(), value.begin());
}

void StateScope::text(const std::string &name, std::string &value) const {
  std::vector<uint8_t> raw(value.begin(), value.end());
  bytes(name, raw);
  value.assign(raw.begin(), raw.end());
}

int64_t StateScope::count(int64_t count, int64_t most) const {
  integers("count", {&count}, 0, most);
  return count;
}

}  // namespace sam2
