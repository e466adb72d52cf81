// Tracking a stream of pictures in the stream's own pixels.
#pragma once

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "engine/engine.h"
#include "engine/frame_encoder.h"
#include "engine/held_frames.h"
#include "track/camera_motion.h"
#include "track/coaster.h"
#include "track/tracker.h"
#include "track/video_masks.h"

namespace sam2 {

// How the reference's rules, made for a video known from end to end, map to a
// stream. Prompts come with the frame that is about to be tracked:
// - a new object, or a box or mask for a known one, makes the frame a
//   conditioning frame without memory (a frame not yet visited);
// - clicks alone on a known object are a correction: the frame is tracked
//   first, then the clicks act on that mask with memory, and the frame becomes
//   a conditioning frame.
// A prompt for a frame that is still held acts there by the same rules: what
// the object was tracked into from that frame on is forgotten (from the next
// one on for a correction), then it is tracked again. Its prompted frames
// answer with what their prompts gave.
// Results count all frames of the stream. The tracker below counts those that
// it tracks, so that its memories are as close together as it is used to, and
// a skipped frame is no gap.
// A call that may fail works on a copy, which takes the place of the original
// in the end. A copy is one of handles: no tensor is ever written to. Its cost
// is that of the masks that coasting keeps, a byte a pixel of their boxes.
// Thread-bound, as its interface says.
class StreamTrackerImpl : public StreamTracker {
 public:
  StreamTrackerImpl(const std::shared_ptr<const FrameEncoder> &encoder,
                    const TrackerSettings &settings)
      : StreamTrackerImpl(encoder, settings,
                          host_store_for(encoder->model()->device())) {}
  // Memories may lie in `store`, on the CPU too; nullptr = nowhere else.
  StreamTrackerImpl(const std::shared_ptr<const FrameEncoder> &encoder,
                    const TrackerSettings &settings,
                    const std::shared_ptr<HostStore> &store);
  // With an encoder of its own.
  StreamTrackerImpl(const std::shared_ptr<const Sam2Model> &model,
                    const TrackerSettings &settings)
      : StreamTrackerImpl(std::make_shared<const FrameEncoder>(model),
                          settings) {}

  void add_prompt(const Prompt &prompt) override;
  std::vector<FrameResult> prompt_at(int64_t frame,
                                     const Prompt &prompt) override;
  bool remove_object(int64_t object_id) override;
  FrameResult track(const ImageView &frame) override;
  FrameResult track(const std::shared_ptr<const EncodedImage> &frame) override;
  FrameResult skip(const ImageView &frame) override;
  void look_at(const ImageView &picture) override;
  BankOccupancy bank_occupancy() const override {
    return tracker_.bank_occupancy();
  }
  void set_effort(const TrackerEffort &effort) override;
  TrackerEffort effort() const override;
  bool can_spill_bank() const override { return tracker_.can_spill(); }
  void reset() override;
  int64_t bank_bytes() const override { return tracker_.bank_bytes(); }
  // Of one object on the device, once all of its rings are full.
  int64_t most_bank_bytes() const { return tracker_.most_bank_bytes(); }
  // Of one frame's memory of an object.
  int64_t memory_bytes() const { return tracker_.memory_bytes(); }
  void save(const std::string &path) const override;
  void load(const std::string &path) override;

 private:
  struct Memo {  // what the results say of an object besides its mask
    std::string label;
    int64_t first_seen = 0;
    // Frames with a pixel of it, rising: the latest, and as many before as it
    // may go back.
    std::vector<int64_t> seen;
    int64_t last_seen() const {
      return seen.empty() ? first_seen : seen.back();
    }
  };
  struct Waiting {
    int64_t frame = 0;  // it acts on the first one tracked from here on
    Prompt prompt;
  };
  template <class Work>
  auto all_or_nothing(Work work) {
    StreamTrackerImpl next = *this;
    auto result = work(next);
    take_over(std::move(next));
    return result;
  }
  void take_over(StreamTrackerImpl next) noexcept;
  static Prompt checked(const Prompt &prompt);
  StreamTrackerImpl at_full_size() const;
  void visit(const StateScope &scope);
  void visit_memos(const StateScope &scope);
  static void visit_waiting(const StateScope &scope, Waiting &waiting);
  bool is_due(const Waiting &waiting) const {
    return waiting.frame <= next_frame_;
  }
  bool has_work() const;
  std::vector<Prompt> take_due_prompts();
  StateIdentity state_identity() const;
  void forget_camera();
  FrameResult follow(FrameResult on_grid, SizePx frame_size);
  FrameResult track_picture(const ImageView &frame);
  FrameResult track_encoded(const std::shared_ptr<const EncodedImage> &frame);
  FrameResult skip_picture(const ImageView &frame);
  void follow_camera(const ImageView &picture);
  std::vector<ObjectOutput> track_tensors(const HeldFrame &now);
  ObjectOutput apply(const Prompt &prompt, const HeldFrame &frame);
  [[noreturn]] void refuse_late(int64_t frame, int64_t object_id) const;
  void rewind(const Prompt &prompt, const HeldFrame &frame);
  std::vector<FrameResult> catch_up(const Prompt &prompt,
                                    const std::vector<HeldFrame> &frames);
  bool keeps_latest() const {
    return settings_.non_overlap_masks && settings_.frames_held > 0;
  }
  void keep_latest(const ObjectOutput &output);
  FrameResult finish(const std::vector<ObjectOutput> &outputs,
                     SizePx frame_size);
  // Masks, boxes and their motion are dealt with on a grid over the frame that
  // has this size.
  SizePx grid_size(SizePx frame_size) const;
  PlaneMap take_camera(SizePx frame_size);
  // What users get, in pixels of the frame.
  FrameResult shown(FrameResult on_grid, SizePx frame_size) const;
  // On the grid.
  FrameResult result(const std::vector<ObjectOutput> &outputs, int64_t frame,
                     SizePx frame_size);
  std::vector<CutOut> masks(const std::vector<ObjectOutput> &outputs,
                            SizePx frame_size) const;
  void describe(const ObjectOutput &output, int64_t frame, CutOut cut,
                float iou, float score, ObjectResult &out);

  std::shared_ptr<const FrameEncoder> encoder_;
  TrackerSettings settings_;
  Tracker tracker_;
  Coaster coaster_;
  CameraMotion camera_;
  // Of the picture since the coaster's and the tracker's latest frames; in
  // pixels of the frame, and of the model input.
  PlaneMap camera_for_coaster_;
  PlaneMap camera_for_tracker_;
  HeldFrames held_;
  // Of the frame tracked last, what its masks are made of; if keeps_latest().
  std::vector<ObjectOutput> latest_;
  std::vector<Waiting> pending_;
  std::map<int64_t, Memo> memos_;
  int64_t next_frame_ = 0;    // of the stream
  int64_t next_tracked_ = 0;  // of the tracker
};

// `prompt` in pixels of the model input, on `device`; box corners first.
PromptTensors prompt_tensors(const Prompt &prompt, SizePx frame_size,
                             int64_t input_size_px, at::Device device);

}  // namespace sam2
