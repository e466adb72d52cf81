#include "track/mask_boxes.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/where.h>

namespace sam2 {
namespace {

struct Ends {
  at::Tensor first;
  at::Tensor last;
};

// First and last true of [..., L] as float32 [...]; 0 and 0 if there is none.
Ends ends(const at::Tensor &flags) {
  const int64_t length = flags.size(-1);
  const at::Tensor place =
      at::arange(length, flags.options().dtype(at::kFloat));
  const double beyond = static_cast<double>(length);
  const at::Tensor first = at::where(flags, place, beyond).amin(-1);
  const at::Tensor last = at::where(flags, place, 0.0).amax(-1);
  return {at::where(first < beyond, first, 0.0), last};
}

}  // namespace

at::Tensor mask_boxes(const at::Tensor &logits) {
  const at::Tensor is_object = logits.gt(0);
  const Ends columns = ends(is_object.any(-2));
  const Ends rows = ends(is_object.any(-1));
  return at::stack({columns.first, rows.first, columns.last, rows.last}, -1);
}

}  // namespace sam2
