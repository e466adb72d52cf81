// The tracker library's front door. Plain C++ and no LibTorch header, so that
// a thin plugin can open the library at run time (dlopen, kEngineEntryPoint)
// and register without it. Every function may throw sam2::Error and nothing
// else.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/geometry.h"
#include "base/memory_report.h"
#include "base/memory_settings.h"
#include "track/bank_occupancy.h"
#include "track/offload_state.h"
#include "track/prompt.h"
#include "track/proposal.h"
#include "track/skipped_frames.h"
#include "track/track_result.h"

namespace sam2 {

// Of the masks that users get.
enum class MaskResolution {
  kFrame,  // the frame's, each mask cut out in its box
  kModel,  // a quarter of the model's input; masks cover the frame
};

// kTf32: float32, but a GPU rounds what it multiplies to 10 bits behind the
// point.
enum class Precision { kAuto, kFp32, kTf32, kBf16, kFp16 };

struct ModelSettings {
  std::string model_file;  // .pt or .safetensors
  // What the file has to hold: auto = any, else the name of a variant, with or
  // without the generation: tiny or sam2.1-tiny.
  std::string model_type = "auto";
  std::string device = "auto";  // auto, cpu, cuda, cuda:N
  Precision precision = Precision::kAuto;
  int input_size_px = 0;  // 0 = the model's own
  // Of engines that are open on the same device the smallest limit holds.
  MemorySettings memory;
};

// Of memory_policy "samurai"; the others ignore them.
struct SamuraiSettings {
  // A frame's memory is attended to later if the predicted IoU of its mask
  // (0...1), its object score (logit) and the IoU of its box with the
  // predicted one (0...1) are above these.
  double memory_iou_threshold = 0.5;
  double memory_obj_score_threshold = 0;
  double memory_kf_score_threshold = 0;
  // Share of the motion in the choice of a mask, 0...1; -1 = by the model's
  // size. It counts after so many frames in a row (1 or more) with so good a
  // predicted IoU (0...1).
  double kf_score_weight = -1;
  int stable_frames_threshold = 15;
  double stable_iou_threshold = 0.3;
  // Object score (logit) above which there is a mask.
  double min_obj_score = -1;
};

struct TrackerSettings {
  std::string memory_policy = "recent";  // a row of the policy table
  // Memories attended to, the prompted one counted: 1 to the model's number.
  int num_maskmem = 7;
  int max_obj_ptrs = 16;  // object pointers attended to, 1...256
  // Conditioning frames kept per object, 1...256. -1 = all: memory and time
  // grow with every prompt.
  int max_cond_frames = 4;
  // The first one says what the object is: it stays, and of too many the second
  // oldest goes. Else the oldest goes, as with max_cond_frames 1.
  bool keep_first_cond_frame = true;
  int memory_stride = 1;  // frames from one memory to the next, 1...256
  // Frames tracked last that may still be prompted (prompt_at), 0...64. Each
  // takes an EncodedImage, and every object 0.8 MB a frame at 1024 px, 0.1 MB
  // at 384 px. Every frame is encoded then, also without objects.
  int frames_held = 0;
  // Objects that go through the network together, 0...256; 0 = 8 on a GPU, on
  // the CPU 4 up to 384 px and 1 above. Fewer take less memory.
  int objects_per_pass = 0;
  // Whether a tracker may keep memories in pinned host memory, and whether it
  // does so from the start: four fifths of what an object takes of a device. A
  // pass brings its own back, one pass ahead. Results are equal. On the CPU all
  // is host memory, and nothing changes.
  OffloadState offload_state = OffloadState::kAuto;
  // The following shape the results and leave alone what is remembered.
  //
  // Each pixel belongs to one object at most, that with the largest logit.
  bool non_overlap_masks = false;
  float mask_threshold = 0;  // logit above which a pixel is object, -10...10
  // Holes and speckles of so many pixels of the frame or fewer are filled and
  // removed (track/mask_cleanup.h); 0 = none.
  int fill_hole_area_px = 8;
  // kModel saves the enlargement; areas above stay in pixels of the frame.
  MaskResolution mask_resolution = MaskResolution::kFrame;
  // Of frames that are skipped; masks end after so many of them in a row,
  // 0...1000000, 0 = never.
  SkippedFrames skipped_frames = SkippedFrames::kMotion;
  int max_coast_frames = 30;

  // The motion of the picture itself is found by sparse flow and taken out of
  // the predictions: of policy samurai, and of skipped frames under kMotion.
  bool camera_motion = false;
  SamuraiSettings samurai;
};

// What is asked of a model, as far as memory depends on it.
struct MemoryDemand {
  TrackerSettings tracker;
  int objects = 1;     // at most, at the same time
  int batch_size = 1;  // frames encoded together
  SizePx frame_size;   // largest; 0x0 = not known yet
  // Encoded frames that wait for the tracker, and whether frames are encoded
  // while others are tracked.
  int frames_waiting = 0;
  bool encodes_beside = false;
};

// What fits into the limit.
struct MemoryPlan {
  int batch_size = 1;        // as asked, or fewer
  int objects_per_pass = 0;  // of TrackerSettings, as asked, or fewer
  // The most that tensors are expected to take, with what others keep, not
  // what they compute with: within 10 % on the CPU, an estimate elsewhere.
  uint64_t peak_bytes = 0;
  // Two sentences if less was granted than asked for, else empty.
  std::string warning;
};

// What a stream takes in time and memory beyond what its objects need.
struct TrackerEffort {
  // Objects that go through the network together, 1...256. Fewer take less
  // memory while a frame is tracked; results on the CPU are the same to the
  // bit, on a GPU but for the last digits.
  int objects_per_pass = 1;
  // As in TrackerSettings, and at most that. With fewer, memories that are too
  // many are forgotten, and their memory is free at once; objects are easier to
  // lose. With more again, they come back frame by frame.
  int num_maskmem = 7;
  // Memories lie in host memory; false where can_spill_bank() is.
  bool spills_bank = false;
};

// What was loaded, for people. Texts are ready to print.
struct ModelInfo {
  std::string variant;    // "sam2.1-tiny", or the file's own name for it
  std::string device;     // "cpu", "cuda:0"
  std::string precision;  // "fp32", "tf32", ...
  int input_size_px = 0;
  int64_t parameter_count = 0;
  // Number, from 1, of this set of weights of those the process has loaded.
  // With the same one engines share it, and the image encoder if their input
  // size is the same too: the trackers of one take what the other encoded.
  int64_t load_number = 0;
};

// A frame after the image encoder, which does not know yet what is tracked in
// it. Const: any thread may read, hold and release it; it keeps the model
// alive. In float32 it takes 17 MB at 1024 px, with EdgeTAM too, and 1.2 MB at
// the 384 px of the bundled model; on the model's device.
class EncodedImage {
 public:
  virtual ~EncodedImage() = default;
  // Of the frame given; prompts and results are in its pixels.
  virtual SizePx frame_size() const = 0;
};

// Tracks objects through one stream. Thread-bound: one thread at a time.
// Coordinates and results are in pixels of the frames given. After an exception
// the tracker is as it was before the call: prompts that were due wait, and the
// same frame may be given again.
class StreamTracker {
 public:
  virtual ~StreamTracker() = default;

  // Queues `prompt` for the frame that is tracked next. A new object id starts
  // an object; a known one is corrected. Refuses a prompt with neither points,
  // box nor mask, and one with a coordinate that is not a finite number.
  virtual void add_prompt(const Prompt &prompt) = 0;

  // The same for the frame with that number. One to come: the prompt waits, and
  // nothing is returned. One of the latest frames_held that were tracked: the
  // prompt acts there by the same rules, as if it had come in time, and the
  // object is tracked again from there to the latest frame without encoding
  // one. Returned are its results on these frames, oldest first, each with this
  // object alone; but with non_overlap_masks the last one has all objects of
  // the latest frame, which give way to each other. Nothing else of the others
  // changes. Frames on which the object was prompted since keep their masks.
  // With the policies "samurai" and "distractor" a corrected object may miss
  // memories that were replaced since. kSetting for a frame that is not held.
  virtual std::vector<FrameResult> prompt_at(int64_t frame,
                                             const Prompt &prompt) = 0;

  // Forgets the object. False if there is none with that id.
  virtual bool remove_object(int64_t object_id) = 0;

  // The next frame of the stream. Frames are numbered from 0 after
  // construction or reset(). Without objects it returns at once and the
  // encoder does not run. The frame size may change between calls. Error
  // kFormat for a frame without an area, as in skip() and look_at().
  virtual FrameResult track(const ImageView &frame) = 0;

  // The same for a frame that Engine::encode() of the engine that made this
  // tracker was given, or of one that shares its model: kSetting for one of
  // another model, and for none.
  virtual FrameResult track(
      const std::shared_ptr<const EncodedImage> &frame) = 0;

  // The next frame of the stream, which is not inferred: the objects are where
  // TrackerSettings::skipped_frames says. Prompts wait for a tracked frame. The
  // frame has a number as any other, but the memory bank does not count it.
  // Which frames are skipped is the caller's choice. The picture is only looked
  // at with camera_motion, and `frame.data` may be nullptr.
  virtual FrameResult skip(const ImageView &frame) = 0;

  // The picture of the frame that comes next, for camera_motion: for frames
  // that are tracked encoded, which have none. The others need no call. The
  // camera counts as at rest until the next picture that is looked at, which
  // catches up.
  virtual void look_at(const ImageView &picture) = 0;

  // How full the objects' memory banks are.
  virtual BankOccupancy bank_occupancy() const = 0;

  // Holds from the next frame on. Allocates nothing, but for memories that move
  // to the host or back: kNoMemory if there is no room for them. Error kSetting
  // out of range. After an error all is as it was.
  virtual void set_effort(const TrackerEffort &effort) = 0;
  virtual TrackerEffort effort() const = 0;

  // False on the CPU, and with OffloadState::kNever.
  virtual bool can_spill_bank() const = 0;

  // Forgets every object, prompt and frame, held ones too; the effort stays.
  virtual void reset() = 0;

  // Bytes that the memory banks of all objects take of the model's device.
  virtual int64_t bank_bytes() const = 0;

  // Writes the whole state (objects, prompts that wait, the number of the next
  // frame) but for held frames to one .safetensors file, over what is there
  // only when all is written. An object takes 4 to 7 MB at 1024 px, 17 MB with
  // the policy distractor. Error kSetting if the file cannot be written.
  virtual void save(const std::string &path) const = 0;

  // Goes on from a saved state in place of the present one, in any process:
  // the same frames give the same results, on the CPU in float32 equal to the
  // bit. Model, weights, input size, precision and settings must be those it
  // was saved with (kSetting says which are not), but for the device and for
  // mask_threshold, non_overlap_masks, fill_hole_area_px, mask_resolution,
  // skipped_frames and max_coast_frames, which shape results only. The effort
  // is no part of the state. No frame is held afterwards. Errors kNotFound
  // without the file, kUnreadable for one that is damaged or of another
  // version.
  virtual void load(const std::string &path) = 0;
};

// A loaded model. Const and thread-safe; trackers keep it alive.
class Engine {
 public:
  virtual ~Engine() = default;
  virtual ModelInfo info() const = 0;
  virtual std::unique_ptr<StreamTracker> create_tracker(
      const TrackerSettings &settings) const = 0;

  // The frames in one pass of the image encoder, in their order. They may
  // differ in size. On the CPU in float32 each is as if encoded alone, but for
  // the last digits. One thread may encode while others track. Error kFormat
  // for a frame without pixels, kNoMemory for too many at once.
  virtual std::vector<std::shared_ptr<const EncodedImage>> encode(
      const std::vector<ImageView> &frames) const = 0;

  // Objects that nobody has pointed out, the best predicted IoU first: answers
  // to a grid of clicks on a frame that encode() of this engine was given, so
  // points_per_side² runs of the mask decoder. Error kSetting for a setting out
  // of range and for a frame of another engine.
  virtual std::vector<Proposal> propose(
      const std::shared_ptr<const EncodedImage> &frame,
      const ProposalSettings &settings) const = 0;

  // What the model's device holds just now, and the pressure by the thresholds
  // of this engine's settings. Takes about 50 microseconds on the CPU.
  virtual MemoryReport memory() const = 0;
  // The pressure alone, within a microsecond.
  virtual PressureLevel memory_pressure() const = 0;

  // To be asked before the first frame, and before larger ones: whether the
  // demand fits into the limit beside what others keep from frame to frame,
  // with smaller batches and passes if need be. What this engine's trackers
  // remember already is part of the demand. Error
  // kNoMemory, which says by how much not and what to change; kSetting for
  // settings that no tracker takes. Without MemorySettings::growth, and if the
  // frames' size is known, all that is needed is taken and kept for later,
  // which on the CPU takes as long as about a dozen frames.
  virtual MemoryPlan prepare(const MemoryDemand &demand) const = 0;

  // Gives memory that is kept for the next frames back to the system or the
  // device, for all engines of the process.
  virtual void release_cached_memory() const = 0;

  // Frames that went through the image encoder so far, by encode() and by the
  // trackers.
  virtual int64_t encoded_frames() const = 0;
};

// Function table behind the library's only exported symbol.
struct EngineApi {
  // kEngineAbi of the build; a caller refuses another value.
  int abi;
  // Loads a model; slow (reads the file, brings the weights to the device)
  // unless an engine has the same file, unchanged since, device and precision
  // already, whose weights it shares.
  std::shared_ptr<const Engine> (*open)(const ModelSettings &settings);
  // One sentence if float32 matrix products run at reference-BLAS speed here,
  // naming the package that cures it; else empty. Measures once, about 20 ms.
  std::string (*slow_matmul_warning)();
};

inline constexpr int kEngineAbi = 8;
// extern "C" const sam2::EngineApi *sam2_engine_api(void);
inline constexpr const char *kEngineEntryPoint = "sam2_engine_api";

}  // namespace sam2
