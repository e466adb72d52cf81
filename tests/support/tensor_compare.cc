#include "tensor_compare.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/where.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <sstream>

namespace sam2::test {
namespace {

struct Worst {
  int64_t index = -1;
  double excess = 0;  // difference / allowed; > 1 does not fit
  double largest = 0;
  double rms = 0;
};

Worst worst_element(const at::Tensor &found, const at::Tensor &expected,
                    const Tolerance &tolerance) {
  Worst worst;
  const double *a = found.data_ptr<double>();
  const double *b = expected.data_ptr<double>();
  double squares = 0;
  for (int64_t i = 0; i < found.numel(); ++i) {
    const double difference = std::fabs(a[i] - b[i]);
    const double allowed = tolerance.atol + tolerance.rtol * std::fabs(b[i]);
    double excess = difference == 0 ? 0 : difference / allowed;
    if (std::isnan(difference)) excess = INFINITY;
    if (worst.index < 0 || excess > worst.excess) {
      worst.index = i;
      worst.excess = excess;
    }
    worst.largest = std::fmax(worst.largest, difference);
    squares += difference * difference;
  }
  if (found.numel() > 0) worst.rms = std::sqrt(squares / found.numel());
  return worst;
}

std::string index_text(int64_t flat, at::IntArrayRef shape) {
  std::string text;
  for (size_t i = shape.size(); i-- > 0;) {
    text = std::to_string(flat % shape[i]) + (text.empty() ? "" : ", ") + text;
    flat /= shape[i];
  }
  return "[" + text + "]";
}

std::string shape_text(const at::Tensor &tensor) {
  std::ostringstream out;
  out << tensor.sizes();
  return out.str();
}

at::Tensor as_double(const at::Tensor &tensor) {
  return tensor.to(at::kCPU, at::kDouble).contiguous();
}

bool is_verbose() {
  static const bool verbose = std::getenv("SAM2_TEST_VERBOSE") != nullptr;
  return verbose;
}

}  // namespace

std::string mismatch(const at::Tensor &found, const at::Tensor &expected,
                     const Tolerance &tolerance) {
  if (!found.defined()) return "there is no such result";
  if (found.sizes() != expected.sizes())
    return "shape " + shape_text(found) + " instead of " + shape_text(expected);
  const at::Tensor a = as_double(found);
  const at::Tensor b = as_double(expected);
  const Worst worst = worst_element(a, b, tolerance);
  if (is_verbose())
    std::printf("    largest difference %.3g, rms %.3g, %.3g of the allowed\n",
                worst.largest, worst.rms, worst.excess);
  if (worst.excess <= 1 && worst.rms <= tolerance.rms) return {};
  std::ostringstream out;
  out.precision(9);
  out << "at " << index_text(worst.index, a.sizes()) << " "
      << a.data_ptr<double>()[worst.index] << " instead of "
      << b.data_ptr<double>()[worst.index] << ", " << worst.excess
      << " times the allowed difference; rms " << worst.rms;
  return out.str();
}

void Comparison::close(const std::string &name, const at::Tensor &found,
                       const at::Tensor &expected, const Tolerance &tolerance) {
  ++count_;
  if (is_verbose()) std::printf("%s\n", name.c_str());
  const std::string text = mismatch(found, expected, tolerance);
  if (!text.empty()) fail(name, text);
}

void Comparison::within(const std::string &name, int64_t found,
                        int64_t expected, int64_t slack) {
  ++count_;
  if (is_verbose() && found != expected)
    std::printf("%s\n    off by %+lld\n", name.c_str(),
                static_cast<long long>(found - expected));
  if (std::llabs(found - expected) > slack)
    fail(name, std::to_string(found) + " instead of " +
                   std::to_string(expected) + " +- " + std::to_string(slack));
}

void Comparison::equal(const std::string &name,
                       const std::vector<int64_t> &found,
                       const std::vector<int64_t> &expected) {
  ++count_;
  if (found == expected) return;
  std::ostringstream out;
  out << at::IntArrayRef(found) << " instead of " << at::IntArrayRef(expected);
  fail(name, out.str());
}

void Comparison::fail(const std::string &name, const std::string &what) {
  failures_.push_back(name + ": " + what);
}

std::string Comparison::report() const {
  std::string text = std::to_string(failures_.size()) + " of " +
                     std::to_string(count_) + " do not fit";
  for (size_t i = 0; i < failures_.size() && i < kMaxLines; ++i)
    text += "\n  " + failures_[i];
  if (failures_.size() > kMaxLines) text += "\n  ...";
  return text;
}

}  // namespace sam2::test
