// Which memories and object pointers the current frame attends to. A policy is
// a pure function of per-frame records: no tensors, no device, no clock.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sam2 {

// One remembered frame of one object.
struct FrameRecord {
  int64_t frame = 0;
};

// What an object's bank holds.
struct BankRecords {
  std::vector<FrameRecord> conditioning;  // prompted frames, oldest first
  std::vector<FrameRecord> memories;      // tracked frames, any order
  std::vector<FrameRecord> pointers;      // tracked frames, any order
};

struct SelectionRequest {
  int64_t frame = 0;
  bool is_reverse = false;  // tracking towards frame 0
  int num_maskmem = 7;      // the conditioning one counted
  int max_obj_ptrs = 16;
  int memory_stride = 1;     // frames between two memories
  int max_cond_frames = -1;  // attended to; -1 = all there are
};

// One pick names its store: a conditioning frame's entry, or a tracked
// frame's.
struct MemoryPick {
  int64_t frame = 0;
  bool is_conditioning = false;
  int position_row = 0;  // row of maskmem_tpos_enc
};
struct PointerPick {
  int64_t frame = 0;
  bool is_conditioning = false;
  int64_t frames_back = 0;  // negative if the frame lies ahead
};
struct Selection {
  std::vector<MemoryPick> memories;  // in the order of concatenation
  std::vector<PointerPick> pointers;
};

// A named row; the element's enum, its documentation and the tests are filled
// from the table.
struct SelectionPolicy {
  const char *name;
  const char *description;
  Selection (*select)(const BankRecords &records,
                      const SelectionRequest &request);
};
const std::vector<SelectionPolicy> &selection_policies();

// Error kSetting naming the known ones if there is none of that name.
const SelectionPolicy &find_selection_policy(const std::string &name);

// The rows. `select_recent`: all conditioning frames, the latest
// num_maskmem - 1 others and the pointers of the latest max_obj_ptrs - 1.
// Source: sam2/modeling/sam2_base.py:497-657 and
// sam2/modeling/sam2_utils.py:19-62; a live stream has no length, so the
// number of pointers does not depend on one.
Selection select_recent(const BankRecords &records,
                        const SelectionRequest &request);

}  // namespace sam2
