// A loaded SAM 2 model: the network's steps on one frame, as a tracker needs
// them. Const after loading and shared; all that changes is passed in.
// Letters: B objects, S input size in pixels, h = S / 16, N = h * h tokens,
// Nm tokens of a memory (N, or fewer if there is a perceiver), C d_model,
// Cm mem_dim. `type` is the precision's.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>

#include "gpu/memory_governor.h"
#include "model/position_encoding.h"
#include "model/sam2_network.h"

namespace sam2 {

// Features of one frame, all that tracking reads of it.
struct EncodedFrame {
  at::Tensor pix_feat;  // [1, N, C], type; row-major tokens, without memory
  at::Tensor s0;        // [1, C/8, 4h, 4h], float32
  at::Tensor s1;        // [1, C/4, 2h, 2h], float32; both undefined if the
                        // model has no high-resolution features

  int64_t bytes() const;
  // The frame with `change` (a tensor to a tensor) made to each of its tensors
  // that is defined.
  template <class Change>
  EncodedFrame with(const Change &change) const {
    const auto changed = [&](const at::Tensor &t) {
      return t.defined() ? change(t) : t;
    };
    return {changed(pix_feat), changed(s0), changed(s1)};
  }
};

// Clicks and box corners: coords [B, P, 2] float32 in pixels of the model
// input, labels [B, P] int32 (PointLabel). Undefined tensors = no points.
struct PointInput {
  at::Tensor coords;
  at::Tensor labels;
};

// The decoder's answer after choosing among its candidates.
struct MaskOutput {
  at::Tensor low_res_masks;  // [B, 1, 4h, 4h] float32, mask logits; -1024
                             // everywhere if the object is absent
  at::Tensor ious;           // [B, 1 or 3], predicted IoU of the candidates
  at::Tensor chosen_iou;     // [B, 1], of the mask above
  at::Tensor object_score;   // [B, 1], logit
  at::Tensor obj_ptr;        // [B, C] float32, object pointer
  at::Tensor candidates;     // [B, 1 or 3, 4h, 4h], as low_res_masks
  at::Tensor tokens;         // [B, 1 or 3, C], what pointers are made of
  at::Tensor is_present;     // [B, 1] bool, whether the object is there
  at::Tensor all_ious;       // [B, 4]; undefined for a mask prompt
};

// Every member function is const and thread-safe, runs on the current stream
// and does not synchronise.
class Sam2Model {
 public:
  // `input_size_px` 0 = the config's. Error kSetting if it is not a multiple
  // of config.size_step_px() (32; EdgeTAM 256) in 64...2048.
  Sam2Model(Sam2Network network, int64_t input_size_px);

  const ModelConfig &config() const { return network_.config; }
  const Sam2Network &network() const { return network_; }
  int64_t input_size_px() const { return input_size_; }
  int64_t grid() const { return network_.config.grid(input_size_); }
  int64_t tokens() const { return grid() * grid(); }
  int64_t memory_tokens() const {
    return network_.config.memory_tokens(input_size_);
  }
  at::ScalarType type() const { return no_mem_embed_.scalar_type(); }
  at::Device device() const { return no_mem_embed_.device(); }
  int64_t parameter_count() const;

  // image [1, 3, S, S] float32, normalised (frame_tensor.h); a batch of frames
  // gives the features of each, as training takes them.
  EncodedFrame encode_image(const at::Tensor &image) const;

  // Features for a frame that has no memory: [1, N, C].
  at::Tensor without_memory(const EncodedFrame &frame) const;
  // Features conditioned on memory [B, M, Cm] whose last `pointer_tokens`
  // tokens are object pointers; positions of the same shape. -> [B, N, C].
  at::Tensor with_memory(const EncodedFrame &frame, const at::Tensor &memory,
                         const at::Tensor &positions,
                         int64_t pointer_tokens) const;

  // Masks from features [B, N, C], prompts and `mask_logits` ([B, 1, 4h, 4h]
  // or undefined). `wants_multimask`: answer with the best of three. An object
  // is there if its score is above `min_object_score`, a logit.
  MaskOutput decode(const EncodedFrame &frame, const at::Tensor &features,
                    const PointInput &points, const at::Tensor &mask_logits,
                    bool wants_multimask, double min_object_score = 0) const;
  // The two halves of decode(): all four candidates, and the choice.
  DecodedMasks decode_candidates(const EncodedFrame &frame,
                                 const at::Tensor &features,
                                 const PointInput &points,
                                 const at::Tensor &mask_logits) const;
  MaskOutput choose(const DecodedMasks &decoded, bool wants_multimask,
                    double min_object_score = 0) const;
  // The same answer with another of its candidates: `index` [B] int64.
  MaskOutput with_candidate(const MaskOutput &output,
                            const at::Tensor &index) const;

  // A mask given by the user is the answer. mask [B, 1, S, S] float32, 0 or 1.
  MaskOutput use_mask(const EncodedFrame &frame, const at::Tensor &mask,
                      double min_object_score = 0) const;

  // A memory of the frame: [B, Nm, Cm] in `type`. low_res_masks as above;
  // `is_prompted` frames enter as binary masks (if the config says so).
  at::Tensor encode_memory(const EncodedFrame &frame,
                           const at::Tensor &low_res_masks,
                           const at::Tensor &object_score,
                           bool is_prompted) const;

  // The halves of with_memory and encode_memory that are the same for all
  // objects of a frame: to be computed once and given to the overloads.
  SelfAttended start_attention(const EncodedFrame &frame) const;
  at::Tensor with_memory(const SelfAttended &started, const at::Tensor &memory,
                         const at::Tensor &positions,
                         int64_t pointer_tokens) const;
  at::Tensor project_features(const EncodedFrame &frame) const;
  at::Tensor encode_memory(const at::Tensor &projected,
                           const at::Tensor &low_res_masks,
                           const at::Tensor &object_score,
                           bool is_prompted) const;

  // Positions of a memory's tokens: [num_maskmem, Nm, Cm]; row 0 = previous
  // frame, last row = conditioning frame.
  const at::Tensor &memory_positions() const { return memory_positions_; }

  // Pointers [B, n, C] as memory tokens [B, n * C/Cm, Cm], in `type`.
  at::Tensor pointer_tokens(const at::Tensor &pointers) const;
  // Their positions for `times` [n] float32 on the CPU (frames back / (max
  // pointers - 1)): [1, n * C/Cm, Cm]; zeros without has_obj_ptr_times.
  at::Tensor pointer_positions(const at::Tensor &times) const;

  // Whether that many clicks get three candidates (multimask_min/max_pt_num).
  static bool wants_multimask(int64_t point_count) { return point_count <= 1; }

 private:
  void make_rotary_tables();
  int64_t table_bytes() const;
  at::Tensor as_image(const at::Tensor &tokens) const;
  at::Tensor pointer(const at::Tensor &tokens, const at::Tensor &index,
                     const at::Tensor &is_present) const;

  Sam2Network network_;
  int64_t input_size_;
  at::Tensor encoder_positions_;  // of the trunk, undefined for RepViT
  at::Tensor feature_positions_;  // [N, C]
  at::Tensor memory_positions_;   // [num_maskmem, Nm, Cm]
  at::Tensor grid_positions_;     // [N, Cm], of a memory before the perceiver
  at::Tensor dense_positions_;    // [1, C, h, h] float32
  at::Tensor no_mem_embed_;       // [1, 1, C]
  RotaryTables rotary_;
  std::optional<MemoryClaim> claim_;  // for the tables of positions
};

}  // namespace sam2
