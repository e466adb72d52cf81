#include "track/object_batch.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/upsample_bilinear2d.h>

#include <algorithm>

#include "track/mask_boxes.h"

namespace sam2 {
namespace {

constexpr int64_t kReadColumns = 7;  // box, IoU, object score, area

// [count * rows, Cm] -> [count, rows, Cm].
at::Tensor per_object(const at::Tensor &tokens, size_t count) {
  return tokens.view({static_cast<int64_t>(count), -1, tokens.size(-1)});
}

// One value per pointer of all objects: frames back.
at::Tensor pointer_times(const std::vector<BankSelection> &objects,
                         int max_obj_ptrs) {
  const float longest = static_cast<float>(std::max(1, max_obj_ptrs - 1));
  std::vector<float> times;
  for (const auto &object : objects)
    for (const auto &pick : object.selection->pointers)
      times.push_back(static_cast<float>(pick.frames_back) / longest);
  return at::tensor(times);
}

}  // namespace

Delivery::Group selected_memories(const std::vector<BankSelection> &objects) {
  Delivery::Group memories;
  for (const auto &object : objects)
    for (const auto &pick : object.selection->memories)
      memories.push_back(object.bank->memory(pick));
  return memories;
}

MemoryTokens stacked_memories(const Sam2Model &model,
                              const std::vector<BankSelection> &objects,
                              const at::Tensor &memories, int max_obj_ptrs) {
  std::vector<at::Tensor> places, pointers;
  for (const auto &object : objects) {
    for (const auto &pick : object.selection->memories)
      places.push_back(model.memory_positions()[pick.position_row]);
    for (const auto &pick : object.selection->pointers)
      pointers.push_back(object.bank->pointer(pick));
  }
  const size_t count = objects.size();
  MemoryTokens out;
  out.tokens = per_object(memories, count).to(model.type());
  out.positions = per_object(at::cat(places), count);
  if (pointers.empty()) return out;
  const at::Tensor tokens =
      model.pointer_tokens(per_object(at::stack(pointers), count));
  const at::Tensor times =
      model.pointer_positions(pointer_times(objects, max_obj_ptrs))[0];
  out.pointer_tokens = tokens.size(1);
  out.tokens = at::cat({out.tokens, tokens}, 1);
  out.positions = at::cat({out.positions, per_object(times, count)}, 1);
  return out;
}

at::Tensor readings_table(const MaskOutput &masks, int64_t size_px) {
  const at::Tensor logits =
      at::upsample_bilinear2d(masks.candidates, {size_px, size_px}, false);
  const at::Tensor areas =
      logits.gt(0).flatten(2).sum(2, true).to(at::kFloat);  // [B, n, 1]
  const at::Tensor scores =
      masks.object_score.unsqueeze(1).expand(areas.sizes());
  return at::cat({mask_boxes(logits), masks.ious.unsqueeze(2), scores, areas},
                 2)
      .view({-1, kReadColumns});
}

std::vector<Readings> read_back(const at::Tensor &table, int64_t candidates) {
  const at::Tensor host = table.to(at::kCPU, at::kFloat);
  const auto rows = host.accessor<float, 2>();
  std::vector<Readings> out(host.size(0) / candidates);
  for (int64_t i = 0; i < host.size(0); ++i) {
    Readings &of = out[i / candidates];
    of.candidates.push_back(
        {rows[i][4], {rows[i][0], rows[i][1], rows[i][2], rows[i][3]}});
    of.object_score = rows[i][5];
    of.areas_px.push_back(rows[i][6]);
  }
  return out;
}

MaskOutput object_of(const MaskOutput &batch, int64_t index) {
  const auto row = [&](const at::Tensor &t) {
    return t.defined() ? t.slice(0, index, index + 1) : t;
  };
  MaskOutput out;
  out.low_res_masks = row(batch.low_res_masks);
  out.ious = row(batch.ious);
  out.chosen_iou = row(batch.chosen_iou);
  out.object_score = row(batch.object_score);
  out.obj_ptr = row(batch.obj_ptr);
  out.candidates = row(batch.candidates);
  out.tokens = row(batch.tokens);
  out.is_present = row(batch.is_present);
  out.all_ious = row(batch.all_ious);
  return out;
}

}  // namespace sam2
