// Which memories and object pointers the current frame attends to. A policy is
// a pure function of per-frame records: no tensors, no device, no clock.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sam2 {

// How good one object's mask on one frame was. Policies that do not need scores
// do not ask, and all is 0.
struct FrameScores {
  double predicted_iou = 0;  // of the chosen mask, [0, 1]
  double object_score = 0;   // logit
  // IoU of the mask's box with the predicted one; none until the motion model
  // has a say.
  std::optional<double> kf_score = std::nullopt;
  double area_px = 0;  // of the mask, in pixels of the model's input
  // Least IoU of the mask's box with that of another candidate that has one; 1
  // if there is none. Small if there is a look-alike somewhere else.
  double rival_iou = 1;
};

// One remembered frame of one object.
struct FrameRecord {
  int64_t frame = 0;
  FrameScores scores = {};
  bool is_kept = false;  // the policy had its memory kept
};

// What an object's bank holds.
struct BankRecords {
  std::vector<FrameRecord> conditioning;  // prompted frames, oldest first
  std::vector<FrameRecord> memories;      // tracked frames, any order
  std::vector<FrameRecord> pointers;      // tracked frames, any order
};

// Scores above which a frame is worth remembering.
struct MemoryThresholds {
  double predicted_iou = 0.5;
  double object_score = 0;
  double kf_score = 0;
};

struct SelectionRequest {
  int64_t frame = 0;
  bool is_reverse = false;  // tracking towards frame 0
  int num_maskmem = 7;      // the conditioning one counted
  int max_obj_ptrs = 16;
  int memory_stride = 1;     // frames between two memories
  int max_cond_frames = -1;  // attended to; -1 = all there are
  int64_t first_frame = 0;   // of the object: where it was first prompted
  MemoryThresholds thresholds = {};
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

// Memories of tracked frames that a bank must hold for a policy.
struct MemoryNeeds {
  int recent = 0;  // of the latest frames; 0 = as far as `recent` looks back
  int kept = 0;    // of the latest frames that the policy keeps
};

// A named row; the element's enum, its documentation and the tests are filled
// from the table.
struct SelectionPolicy {
  const char *name;
  const char *description;
  Selection (*select)(const BankRecords &records,
                      const SelectionRequest &request);
  MemoryNeeds (*needs)(int num_maskmem);
  // Whether the memory of a frame just tracked stays when newer ones come.
  // `records` are those before it; the request's frame is the record's.
  bool (*keeps)(const BankRecords &records, const FrameRecord &record,
                const SelectionRequest &request);
  // Frames have scores: a read-back per frame and object.
  bool needs_scores;
  // Masks are chosen with the help of a motion model; needs scores.
  bool has_motion_model;
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

// `select_samurai`: all conditioning frames, and of the others the latest
// num_maskmem - 1 that are qualified or the neighbour; pointers as in
// `recent`. memory_stride means nothing to it. In reverse it looks ahead
// instead of back. Source: sam2/modeling/sam2_base.py of SAMURAI, which walks
// back through the whole clip; whether a frame is qualified never changes, so
// holding the latest qualified ones and the last frame gives the same.
Selection select_samurai(const BankRecords &records,
                         const SelectionRequest &request);
// All of the frame's scores are above the thresholds; a missing kf_score
// passes. The object's first two frames never are.
bool is_qualified(const FrameRecord &record, const SelectionRequest &request);
bool keeps_qualified(const BankRecords &records, const FrameRecord &record,
                     const SelectionRequest &request);

// `select_distractor`: as `recent` with a stride of 5, without frames that the
// object is not on, and with the kept frames beside the conditioning ones.
// memory_stride means nothing to it. After the published description of
// DAM4SAM (Videnovic et al. 2025).
Selection select_distractor(const BankRecords &records,
                            const SelectionRequest &request);
// A good frame on which there was something to confuse the object with: the
// predicted IoU is above 0.8, the area within 20 % of the median of the last
// 10 visible ones, the box of another candidate overlaps by an IoU of 0.7 at
// most, and the last kept frame is more than 5 frames away.
bool keeps_distractor(const BankRecords &records, const FrameRecord &record,
                      const SelectionRequest &request);
MemoryNeeds distractor_needs(int num_maskmem);

}  // namespace sam2
