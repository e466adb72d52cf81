// Comparing tensors with reference numbers.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tolerances.h"

namespace sam2::test {

// Empty if `found` has the shape of `expected` and fits it; else a sentence
// with the worst element, its index, both values and the root mean square of
// the differences. Types may differ: float64 compares. NaN never fits.
std::string mismatch(const at::Tensor &found, const at::Tensor &expected,
                     const Tolerance &tolerance);

// Collects what does not fit, so that one run shows all of it. With the
// environment variable SAM2_TEST_VERBOSE set every comparison is printed.
class Comparison {
 public:
  void close(const std::string &name, const at::Tensor &found,
             const at::Tensor &expected, const Tolerance &tolerance);
  // For numbers that have no tolerance but a slack.
  void within(const std::string &name, int64_t found, int64_t expected,
              int64_t slack);
  void equal(const std::string &name, const std::vector<int64_t> &found,
             const std::vector<int64_t> &expected);
  void fail(const std::string &name, const std::string &what);

  int64_t count() const { return count_; }
  bool is_clean() const { return failures_.empty(); }
  // One line per failure, the first kMaxLines.
  std::string report() const;

 private:
  static constexpr size_t kMaxLines = 25;
  int64_t count_ = 0;
  std::vector<std::string> failures_;
};

}  // namespace sam2::test

// Fail the Check test at the caller's line. check.h must be included, after
// all C++ headers.
#define assert_close(found, expected, tolerance)                  \
  do {                                                            \
    const std::string assert_close_text =                         \
        ::sam2::test::mismatch((found), (expected), (tolerance)); \
    if (!assert_close_text.empty())                               \
      ck_abort_msg("%s: %s", #found, assert_close_text.c_str());  \
  } while (false)

#define assert_clean(comparison)                                     \
  do {                                                               \
    ck_assert_msg((comparison).count() > 0, "Nothing was compared"); \
    ck_assert_msg((comparison).is_clean(), "%s",                     \
                  (comparison).report().c_str());                    \
  } while (false)
