// Tracking step by step: prompts and frames in, mask logits out. The caller
// holds the encoded frames and numbers them.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/sam2_model.h"
#include "track/memory_bank.h"
#include "track/motion_model.h"
#include "track/selection_policy.h"
#include "track/state_file.h"

namespace sam2 {

struct TrackerOptions {
  BankLimits limits;
  std::string memory_policy = "recent";
  int max_cond_frames_in_attn = -1;  // of those kept; -1 = all
  // Object score, a logit, above which the object is there.
  double min_object_score = 0;
  // Of policies with a motion model.
  MemoryThresholds memory_thresholds;
  MotionThresholds motion;
  // A correction of a tracked frame is kept as a conditioning frame; else it
  // is stored as a tracked one and overwritten when tracking passes again.
  bool corrections_are_conditioning = true;
  // If they are not: a corrected frame keeps its correction when tracking
  // passes again, as in the reference's older predictor (EdgeTAM's), for as
  // long as the bank holds the frame. The newer one overwrites it.
  bool keeps_corrections = false;
  // Objects that go through the network together, 1...256; 0 =
  // default_objects_per_pass(). What is the same for all objects of a frame is
  // computed once either way. On the CPU results are the same to the bit,
  // elsewhere but for the last digits. Each more takes memory for a moment: 22
  // MB at 512 px with features 128 wide.
  int objects_per_pass = 0;
  // The reference rounds stored memories to bfloat16, in float32 runs too.
  at::ScalarType memory_type = at::kBFloat16;
  // Memories lie in the tracker's host store, if it has one, from the start.
  bool spills_bank = false;
};

// 8 on a GPU; on the CPU 4 up to 384 px, where they gain a tenth and more, and
// 1 above.
int default_objects_per_pass(const Sam2Model &model);

struct BankSelection;
struct Readings;

// One object's prompt, in pixels of the model input. Either points or a mask.
struct PromptTensors {
  PointInput points;  // [1, P, 2], [1, P]: box corners first
  at::Tensor mask;    // [1, 1, S, S] float32, 0 or 1
  int64_t point_count() const {
    return points.coords.defined() ? points.coords.size(1) : 0;
  }
};

// One object on one frame.
struct ObjectOutput {
  int64_t object_id = 0;
  // low_res_masks, object_score, obj_ptr and chosen_iou always; the other
  // members only if the network ran for this result.
  MaskOutput masks;
  at::Tensor memory;    // [1, Nm, Cm] before rounding, if one was encoded
  Selection selection;  // what was attended to; empty without memory
  FrameScores scores;   // as remembered: 0 without a motion model
};

// Tracks the objects of one stream. Frames may be visited forward or in
// reverse, and again, as far back as the bank's limits reach. The rules are
// those of the reference's per-object predictor
// (sam2/sam2_video_predictor.py). A motion model steps with each frame that
// the object is tracked into; a prompt starts it again. Thread-bound.
class Tracker {
 public:
  // Error kSetting for a policy that is not in the table and for limits out of
  // range: num_maskmem 1 to the model's, pointers and stride 1...256,
  // stable_frames 1 or more, shares and IoUs 0...1, logits finite. `store` of
  // the model's device is where memories may lie; nullptr = on the device only.
  Tracker(std::shared_ptr<const Sam2Model> model, const TrackerOptions &options,
          std::shared_ptr<HostStore> store = nullptr);

  // Runs the network for a prompt and remembers the result. A frame not yet
  // visited for the object becomes a conditioning frame, without memory; on a
  // visited one the prompt is a correction: memory and the frame's former
  // mask take part. `is_reverse` is the direction of tracking, for the memory
  // of corrections.
  ObjectOutput prompt(int64_t frame, const EncodedFrame &encoded,
                      int64_t object_id, const PromptTensors &prompt,
                      bool is_reverse = false);

  // Tracks every object into the frame, in the order in which they were
  // added. Prompted frames answer with what the prompt gave.
  std::vector<ObjectOutput> track(int64_t frame, const EncodedFrame &encoded,
                                  bool is_reverse = false);

  // The same for one object that there is. The others do not change.
  ObjectOutput track_object(int64_t frame, const EncodedFrame &encoded,
                            int64_t object_id, bool is_reverse = false);

  // Forgets what the object was tracked into from the frame on, so that it may
  // be tracked there again; its prompted frames stay. Memories that those
  // frames pushed out are there again only if limits.extra_history held them.
  void rewind(int64_t object_id, int64_t frame);

  // The picture has moved by `map`, in pixels of the model input, since the
  // frame tracked last: motion models expect their objects there.
  void warp_motion(const PlaneMap &map) {
    for (Object &object : objects_) object.motion.warp(map);
  }

  // TrackerOptions::objects_per_pass, 1...256, BankLimits::num_maskmem, 1 to
  // the model's, and TrackerOptions::spills_bank, which has no effect without a
  // store, from the next frame on. See MemoryBank::resize and move_memories.
  // All or nothing; Error kSetting out of range.
  void set_effort(int objects_per_pass, int num_maskmem, bool spills_bank);
  bool can_spill() const { return store_ != nullptr; }
  const TrackerOptions &options() const { return options_; }

  bool remove_object(int64_t object_id);
  void reset() { objects_.clear(); }
  bool is_empty() const { return objects_.empty(); }
  bool has_object(int64_t object_id) const;
  const Sam2Model &model() const { return *model_; }
  // nullptr if there is no such object.
  const MotionModel *motion(int64_t object_id) const;
  // Bytes held by all banks on the device.
  int64_t bank_bytes() const;
  BankOccupancy bank_occupancy() const;
  // Bytes of the memory of one frame.
  int64_t memory_bytes() const;
  // Bytes that one object's bank takes of the device with all rings full.
  int64_t most_bank_bytes() const;

  // Saves the objects, or restores them in place of those there are; a tracker
  // that could not restore all (the exception says what) is of no use.
  void visit(const StateScope &scope);
  // What a state of this tracker depends on: the model with its weights, its
  // precision, and every option but objects_per_pass and spills_bank. Where the
  // state lies is no part of it: one saved on the CPU may go on on a GPU.
  StateIdentity state_identity() const;
  // Exchanges the objects with a tracker of the same model and options.
  void swap_objects(Tracker &other) noexcept { objects_.swap(other.objects_); }

 private:
  struct Object {
    int64_t id;
    int64_t first_frame;
    MemoryBank bank;
    std::map<int64_t, MaskOutput> kept_corrections;  // by frame
    MotionModel motion;
  };
  // What one frame's objects share; made when the first of them needs it.
  struct FrameWork {
    const EncodedFrame &encoded;
    int64_t frame;
    bool is_reverse;
    std::optional<SelfAttended> started;
    at::Tensor projected;
  };
  // An object and where its result goes.
  struct Target {
    Object *object;
    ObjectOutput *output;
  };
  // Objects that go through the network together.
  struct Batch {
    std::vector<Target> targets;
    MaskOutput masks;
  };
  struct StoreAs {
    bool is_prompted;
    bool is_conditioning;
  };
  void fit_limits_to_policy();
  void move_memories(bool to_store);
  Object new_object(int64_t id, int64_t frame) const;
  Object *find(int64_t id);
  Object &object(int64_t id, int64_t frame);
  std::vector<ObjectOutput> track(const std::vector<Object *> &objects,
                                  FrameWork work);
  void visit(const StateScope &scope, Object &object) const;
  void visit(const StateScope &scope, MaskOutput &masks) const;
  SelectionRequest request(const Object &object, int64_t frame,
                           bool is_reverse) const;
  static bool answer_from_bank(const Object &object, int64_t frame,
                               ObjectOutput &output);
  std::vector<Batch> batches_of(const std::vector<Target> &targets) const;
  void select(const FrameWork &work, const Target &target) const;
  static std::vector<BankSelection> selections(
      const std::vector<Target> &targets);
  Delivery memories_of(const std::vector<Batch> &batches) const;
  at::Tensor conditioned(FrameWork &work, const std::vector<Target> &targets,
                         Delivery &memories) const;
  MaskOutput answer(FrameWork &work, const Target &target,
                    const PromptTensors &prompt) const;
  void judge(std::vector<Batch> &batches) const;
  int64_t judge(const Target &target, const Readings &read) const;
  void keep_correction(Object &object, int64_t frame,
                       const MaskOutput &masks) const;
  void remember(FrameWork &work, const Batch &batch, StoreAs how) const;
  void store(const FrameWork &work, const Target &target, StoreAs how) const;

  std::shared_ptr<const Sam2Model> model_;
  TrackerOptions options_;
  const SelectionPolicy &policy_;
  std::shared_ptr<HostStore> store_;
  std::vector<Object> objects_;
};

}  // namespace sam2
