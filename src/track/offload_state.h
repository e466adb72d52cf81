// Whether objects' memories move to host memory.
#pragma once

#include <string>
#include <vector>

namespace sam2 {

enum class OffloadState {
  kNever,   // they stay on the device
  kAuto,    // they move when device memory runs out, and back
  kAlways,  // they are there from the start
};

// A named row; properties, options and their documentation are filled from the
// table.
struct OffloadStateRow {
  OffloadState value;
  const char *name;
  const char *description;
};
const std::vector<OffloadStateRow> &offload_state_rows();

// Error kSetting naming the known ones if there is none of that name.
OffloadState find_offload_state(const std::string &name);

}  // namespace sam2
