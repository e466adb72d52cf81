#include "track/selection_policy.h"

#include "base/error.h"

namespace sam2 {
namespace {

MemoryNeeds recent_needs(int) { return {}; }

bool keeps_none(const BankRecords &, const FrameRecord &,
                const SelectionRequest &) {
  return false;
}

MemoryNeeds samurai_needs(int num_maskmem) { return {1, num_maskmem - 1}; }

}  // namespace

const std::vector<SelectionPolicy> &selection_policies() {
  static const std::vector<SelectionPolicy> rows = {
      {"recent",
       "prompted frames and the latest frames, as the SAM 2 reference does",
       select_recent, recent_needs, keeps_none, false, false},
      {"samurai",
       "prompted frames, the last frame and the latest good ones; where the "
       "object was going helps to choose its mask (SAMURAI)",
       select_samurai, samurai_needs, keeps_qualified, true, true},
      {"distractor",
       "prompted frames, every fifth frame with the object, and good frames "
       "with a look-alike beside it (DAM4SAM)",
       select_distractor, distractor_needs, keeps_distractor, true, false},
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
