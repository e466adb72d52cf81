#include "engine/memory_plan.h"

#include <ATen/ops/empty.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "engine/stream_tracker.h"
#include "gpu/cpu_allocator.h"
#include "model/memory_figures.h"

namespace sam2 {
namespace {

// An object's answer until the frame's last object has its own: four candidate
// masks and a memory. Measured from 256 to 1024 px; bytes per input pixel.
constexpr double kAnswerBytesPerPixel = 1.35;

// Pictures that are smaller take as much of the image encoder: the third
// stage's windows of 14 or 16 tokens are filled up.
constexpr double kLeastEncodedSidePx = 115;
// Small pictures take this much beside a share of the figure: the mask
// downsampler's weights, in another order, and objects' tokens. Measured at 64
// and 128 px.
constexpr double kDecodeShare = 0.8;
constexpr uint64_t kDecodeBytes = 430 << 10;
constexpr uint64_t kDecodeBytesPerObject = 200 << 10;

double input_pixels(const Sam2Model &model) {
  const auto side = static_cast<double>(model.input_size_px());
  return side * side;
}

uint64_t times(double bytes_per_pixel, const Sam2Model &model, int count) {
  return static_cast<uint64_t>(bytes_per_pixel * input_pixels(model) * count);
}

uint64_t encode_bytes(const Sam2Model &model, int batch_size) {
  const double least = kLeastEncodedSidePx * kLeastEncodedSidePx;
  const double figure = memory_figures(model.config(), model.type()).encode;
  return static_cast<uint64_t>(figure * std::max(input_pixels(model), least) *
                               batch_size);
}

uint64_t decode_bytes(const Sam2Model &model, int objects) {
  const double figure = memory_figures(model.config(), model.type()).decode;
  return std::max(times(figure, model, objects),
                  kDecodeBytes + objects * kDecodeBytesPerObject +
                      times(kDecodeShare * figure, model, objects));
}

uint64_t block_bytes(int64_t floats) {
  return cpu_block_bytes(static_cast<size_t>(floats) * sizeof(float));
}

// EncodedFrame: features at 1/16 of the side, and two finer levels in float32.
uint64_t frame_bytes(const Sam2Model &model) {
  const int64_t channels = model.config().d_model;
  const int64_t tokens = model.tokens();
  return cpu_block_bytes(tokens * channels * c10::elementSize(model.type())) +
         block_bytes(16 * tokens * channels / 8) +
         block_bytes(4 * tokens * channels / 4);
}

int64_t passes_of(const MemoryDemand &demand, const Sam2Model &model) {
  const int most = demand.tracker.objects_per_pass > 0
                       ? demand.tracker.objects_per_pass
                       : default_objects_per_pass(model);
  return std::min(most, std::max(demand.objects, 1));
}

// Logits of all objects at the frame's size, and what settles overlaps: the
// winner's index (int64), and a copy with the others' lowered.
uint64_t mask_bytes(const MemoryDemand &demand) {
  const int64_t pixels =
      int64_t{demand.frame_size.width} * demand.frame_size.height;
  const uint64_t logits = block_bytes(pixels * demand.objects);
  return demand.tracker.non_overlap_masks ? 3 * logits + 2 * block_bytes(pixels)
                                          : logits;
}

// Frames: prompted ones count as one of num_maskmem, however many there are.
int64_t most_memories(const TrackerSettings &settings) {
  constexpr int kUnlimited = 16;
  const int prompted =
      settings.max_cond_frames < 0 ? kUnlimited : settings.max_cond_frames;
  return prompted + settings.num_maskmem - 1;
}

// Memories of two passes that are brought from the host; one if there is only
// one pass.
uint64_t delivery_bytes(const MemoryDemand &demand, const Sam2Model &model,
                        const StreamTrackerImpl &tracker) {
  if (!tracker.effort().spills_bank) return 0;
  const int64_t objects =
      std::min<int64_t>(2 * passes_of(demand, model), demand.objects);
  return objects * most_memories(demand.tracker) * tracker.memory_bytes();
}

uint64_t tracking_bytes(const MemoryDemand &demand, const Sam2Model &model) {
  const MemoryFigures figures = memory_figures(model.config(), model.type());
  const int64_t objects = passes_of(demand, model);
  const int64_t memories = most_memories(demand.tracker);
  uint64_t attend = times(figures.attend, model, static_cast<int>(objects)) *
                    memories / kMeasuredMemories;
  if (model.device().is_cpu())
    attend += attention_score_bytes(model.config(), model.type(),
                                    model.input_size_px(), objects,
                                    {memories, demand.tracker.max_obj_ptrs});
  const uint64_t network =
      std::max(decode_bytes(model, static_cast<int>(objects)), attend);
  const uint64_t others =
      times(kAnswerBytesPerPixel, model, std::max(demand.objects - 1, 0));
  return std::max(network + others, others + mask_bytes(demand)) +
         demand.batch_size * frame_bytes(model);
}

std::string mebibytes(uint64_t bytes) {
  return std::to_string((bytes + (1 << 20) - 1) >> 20) + " MiB";
}

bool fits(const MemoryNeed &need, const MemoryRoom &room) {
  return room.limit_bytes == 0 ||
         room.in_use_bytes + need.sum() <= room.limit_bytes;
}

[[noreturn]] void refuse(const MemoryDemand &demand, uint64_t bytes,
                         const MemoryRoom &room) {
  throw Error(
      ErrorCode::kNoMemory,
      "Up to " + std::to_string(demand.objects) + " objects take about " +
          mebibytes(bytes) + ", " + mebibytes(bytes - room.limit_bytes) +
          " more than the limit of " + mebibytes(room.limit_bytes) +
          ". Track fewer objects (max-objects), lower input-size, or raise " +
          room.property + ".");
}

std::string reduction(const MemoryDemand &asked, const MemoryDemand &granted,
                      int64_t objects_per_pass, const MemoryRoom &room) {
  std::string text =
      "The limit of " + mebibytes(room.limit_bytes) + " leaves room for ";
  if (granted.batch_size < asked.batch_size)
    text += std::to_string(granted.batch_size) + " of " +
            std::to_string(asked.batch_size) + " frames encoded together";
  else
    text +=
        std::to_string(objects_per_pass) + " objects at a time in the network";
  return text + ", which takes longer. Raise " + room.property + " for more.";
}

void add_click(int64_t object_id, SizePx size, StreamTrackerImpl &tracker) {
  Prompt prompt;
  prompt.object_id = object_id;
  prompt.points = {{size.width / 2.0F, size.height / 2.0F, true}};
  tracker.add_prompt(prompt);
}

// All objects are prompted, so that their banks are there together; those of
// one pass are tracked until they attend to as much as there can be.
void track_blank_frames(const std::shared_ptr<const FrameEncoder> &encoder,
                        const MemoryDemand &demand) {
  const SizePx size = demand.frame_size;
  const std::vector<uint8_t> pixels(size_t{3} * size.width * size.height, 0);
  const ImageView blank{pixels.data(), size.width, size.height, 3 * size.width};
  const auto images = encoder->encode(
      std::vector<ImageView>(static_cast<size_t>(demand.batch_size), blank));
  StreamTrackerImpl tracker(encoder, demand.tracker);
  for (int id = 1; id <= demand.objects; ++id) add_click(id, size, tracker);
  tracker.track(images.front());
  const int together = static_cast<int>(passes_of(demand, *encoder->model()));
  for (int id = together + 1; id <= demand.objects; ++id)
    tracker.remove_object(id);
  const int64_t memories = most_memories(demand.tracker);
  for (int64_t i = 1; i <= memories; ++i) {
    for (int id = 1; id <= together; ++id)
      if (i <= memories - demand.tracker.num_maskmem)
        add_click(id, size, tracker);
    tracker.track(images.front());
  }
}

}  // namespace

MemoryNeed memory_need(const std::shared_ptr<const FrameEncoder> &encoder,
                       const MemoryDemand &demand) {
  return memory_need(encoder, demand,
                     host_store_for(encoder->model()->device()));
}

MemoryNeed memory_need(const std::shared_ptr<const FrameEncoder> &encoder,
                       const MemoryDemand &demand,
                       const std::shared_ptr<HostStore> &store) {
  const Sam2Model &model = *encoder->model();
  const StreamTrackerImpl tracker(encoder, demand.tracker, store);
  const auto bank = static_cast<uint64_t>(tracker.most_bank_bytes());
  const uint64_t encoding = encode_bytes(model, demand.batch_size);
  const uint64_t tracking =
      tracking_bytes(demand, model) + delivery_bytes(demand, model, tracker);
  return {
      demand.objects * bank,
      (demand.tracker.frames_held + demand.frames_waiting) * frame_bytes(model),
      demand.encodes_beside ? encoding + tracking
                            : std::max(encoding, tracking)};
}

MemoryPlan plan_memory(const std::shared_ptr<const FrameEncoder> &encoder,
                       const MemoryDemand &demand, const MemoryRoom &room) {
  const Sam2Model &model = *encoder->model();
  MemoryDemand granted = demand;
  MemoryNeed need = memory_need(encoder, granted);
  while (!fits(need, room) && granted.batch_size > 1) {
    granted.batch_size /= 2;
    need = memory_need(encoder, granted);
  }
  int64_t pass = passes_of(granted, model);
  while (!fits(need, room) && pass > 1) {
    pass /= 2;
    granted.tracker.objects_per_pass = static_cast<int>(pass);
    need = memory_need(encoder, granted);
  }
  if (!fits(need, room)) {
    if (!model.device().is_cpu()) need.work = 0;
    if (!fits(need, room)) refuse(demand, room.in_use_bytes + need.sum(), room);
  }
  MemoryPlan plan{granted.batch_size,
                  granted.tracker.objects_per_pass,
                  room.in_use_bytes + need.sum(),
                  {}};
  if (plan.batch_size < demand.batch_size ||
      plan.objects_per_pass != demand.tracker.objects_per_pass)
    plan.warning = reduction(demand, granted, pass, room);
  return plan;
}

void reserve_memory(const std::shared_ptr<const FrameEncoder> &encoder,
                    const MemoryDemand &demand, const MemoryPlan &plan) {
  const c10::InferenceMode guard;
  const Sam2Model &model = *encoder->model();
  MemoryDemand granted = demand;
  granted.batch_size = plan.batch_size;
  granted.tracker.objects_per_pass = plan.objects_per_pass;
  if (model.device().is_cpu()) {
    track_blank_frames(encoder, granted);
    return;
  }
  // One block, which LibTorch's allocator cuts up later.
  at::empty({static_cast<int64_t>(memory_need(encoder, granted).sum())},
            at::TensorOptions().dtype(at::kByte).device(model.device()));
}

}  // namespace sam2
