#include "track/selection_policy.h"

#include "base/error.h"

namespace sam2 {

const std::vector<SelectionPolicy> &selection_policies() {
  static const std::vector<SelectionPolicy> rows = {
      {"recent",
       "prompted frames and the latest frames, as the SAM 2 reference does",
       select_recent},
  };
  return rows;
}

const SelectionPolicy &find_selection_policy(const std::string &name) {
  std::string known;
  for (const auto &row : selection_policies()) {
    if (row.name == name) return row;
    known += (known.empty() ? "" : ", ") + std::string(row.name);
  }
  throw Error(ErrorCode::kSetting,
              "There is no memory policy \"" + name +
                  "\". Set memory-policy to one of: " + known + ".");
}

}  // namespace sam2
