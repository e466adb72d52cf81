#include "track/offload_state.h"

#include "base/error.h"

namespace sam2 {

const std::vector<OffloadStateRow> &offload_state_rows() {
  static const std::vector<OffloadStateRow> rows = {
      {OffloadState::kNever, "never", "They stay on the device"},
      {OffloadState::kAuto, "auto",
       "They move there when device memory runs out, and back"},
      {OffloadState::kAlways, "always", "They are there from the start"},
  };
  return rows;
}

OffloadState find_offload_state(const std::string &name) {
  std::string known;
  for (const OffloadStateRow &row : offload_state_rows()) {
    if (row.name == name) return row.value;
    known += (known.empty() ? "" : ", ") + std::string(row.name);
  }
  throw Error(ErrorCode::kSetting,
              "Memories cannot be offloaded \"" + name +
                  "\". Set offload-state to one of: " + known + ".");
}

}  // namespace sam2
