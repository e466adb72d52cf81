// Tracking a stream of pictures in the stream's own pixels.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "engine/engine.h"
#include "engine/frame_encoder.h"
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
// Thread-bound, as its interface says.
class StreamTrackerImpl : public StreamTracker {
 public:
  StreamTrackerImpl(const std::shared_ptr<const FrameEncoder> &encoder,
                    const TrackerSettings &settings);
  // With an encoder of its own.
  StreamTrackerImpl(const std::shared_ptr<const Sam2Model> &model,
                    const TrackerSettings &settings)
      : StreamTrackerImpl(std::make_shared<const FrameEncoder>(model),
                          settings) {}

  void add_prompt(const Prompt &prompt) override;
  bool remove_object(int64_t object_id) override;
  FrameResult track(const ImageView &frame) override;
  FrameResult track(const std::shared_ptr<const EncodedImage> &frame) override;
  void reset() override;
  void save(const std::string &path) const override;
  void load(const std::string &path) override;

 private:
  struct Memo {  // what the results say of an object besides its mask
    std::string label;
    int64_t first_seen = 0;
    int64_t last_seen = 0;
  };
  void visit(const StateScope &scope);
  void visit_memos(const StateScope &scope);
  bool has_work() const { return !tracker_.is_empty() || !pending_.empty(); }
  std::vector<ObjectOutput> track_tensors(const EncodedImageImpl &image);
  ObjectOutput apply(const Prompt &prompt, const EncodedImageImpl &image);
  FrameResult finish(const std::vector<ObjectOutput> &outputs,
                     SizePx frame_size);
  FrameResult result(const std::vector<ObjectOutput> &outputs,
                     SizePx frame_size);
  std::vector<CutOut> masks(const std::vector<ObjectOutput> &outputs,
                            SizePx frame_size) const;
  void describe(const ObjectOutput &output, CutOut cut, float iou, float score,
                ObjectResult &out);

  std::shared_ptr<const FrameEncoder> encoder_;
  TrackerSettings settings_;
  Tracker tracker_;
  std::vector<Prompt> pending_;
  std::map<int64_t, Memo> memos_;
  int64_t next_frame_ = 0;
};

// `prompt` in pixels of the model input, on `device`; box corners first.
PromptTensors prompt_tensors(const Prompt &prompt, SizePx frame_size,
                             int64_t input_size_px, at::Device device);

}  // namespace sam2
