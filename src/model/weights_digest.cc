#include "model/weights_digest.h"

#include <ATen/ops/cat.h>
#include <glib.h>

#include <algorithm>
#include <memory>
#include <vector>

namespace sam2 {
namespace {

constexpr int64_t kNumbersOfATensor = 64;
constexpr size_t kDigits = 16;

struct ChecksumDeleter {
  void operator()(GChecksum *checksum) const { g_checksum_free(checksum); }
};
using ChecksumPtr = std::unique_ptr<GChecksum, ChecksumDeleter>;

at::Tensor spread_numbers(const at::Tensor &tensor) {
  const at::Tensor flat = tensor.reshape(-1);
  const int64_t step =
      (flat.numel() + kNumbersOfATensor - 1) / kNumbersOfATensor;
  return flat.slice(0, 0, flat.numel(), std::max(int64_t{1}, step))
      .to(at::kFloat);
}

}  // namespace

std::string weights_digest(const Sam2Model &model) {
  std::string names;
  std::vector<at::Tensor> numbers;
  Sam2Network copy = model.network();  // of handles; visit() may assign
  copy.visit([&](const std::string &name, at::Tensor &tensor,
                 const std::vector<int64_t> &) {
    names += name;
    for (const int64_t size : tensor.sizes())
      names += " " + std::to_string(size);
    names += "\n";
    numbers.push_back(spread_numbers(tensor));
  });
  const at::Tensor all = at::cat(numbers).cpu();
  const ChecksumPtr checksum(g_checksum_new(G_CHECKSUM_SHA256));
  const auto add = [&](const void *data, size_t bytes) {
    g_checksum_update(checksum.get(), static_cast<const guchar *>(data),
                      static_cast<gssize>(bytes));
  };
  add(names.data(), names.size());
  add(all.const_data_ptr(), all.nbytes());
  return std::string(g_checksum_get_string(checksum.get())).substr(0, kDigits);
}

}  // namespace sam2
