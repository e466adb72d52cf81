// All weights of a SAM 2 network in one struct, under the checkpoint's names.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/config.h"
#include "model/image_encoder.h"
#include "model/layers.h"
#include "model/mask_decoder.h"
#include "model/memory_attention.h"
#include "model/memory_encoder.h"
#include "model/prompt_encoder.h"
#include "model/spatial_perceiver.h"

namespace sam2 {

// Source of the names and of what each is for: sam2/modeling/sam2_base.py.
// Reentrant while nobody assigns weights.
struct Sam2Network {
  ModelConfig config;
  ImageEncoder image_encoder;
  MemoryAttention memory_attention;
  MemoryEncoder memory_encoder;
  std::optional<SpatialPerceiver> spatial_perceiver;  // EdgeTAM
  PromptEncoder prompt_encoder;
  MaskDecoder mask_decoder;
  Conv2d mask_downsample;           // a mask prompt, to the prompt encoder
  Mlp obj_ptr_proj;                 // mask token to object pointer
  Linear obj_ptr_tpos_proj;         // 2.1: pointer times
  at::Tensor maskmem_tpos_enc;      // [num_maskmem, 1, 1, mem_dim]
  at::Tensor no_mem_embed;          // [1, 1, d_model], frame without memory
  at::Tensor no_mem_pos_enc;        // [1, 1, d_model], in the files, unused
  at::Tensor no_obj_ptr;            // [1, d_model]
  at::Tensor no_obj_embed_spatial;  // 2.1: [1, mem_dim]

  explicit Sam2Network(const ModelConfig &config);
  void visit(const ParameterVisitor &visitor);
  // Of all weights; EdgeTAM's folded convolutions not counted.
  int64_t weight_bytes() const;
  // The same weights by the rules of `other`, which has the same tensors.
  Sam2Network by_rules_of(const ModelConfig &other) const;
  // Makes what derives from the weights, in `type`. To be called once they are
  // all there.
  void fold(at::ScalarType type) { image_encoder.fold(type); }
};

struct TensorSpec {
  std::string name;
  std::vector<int64_t> shape;
};

// Every tensor that a model file of this variant must contain.
std::vector<TensorSpec> expected_tensors(const ModelConfig &config);

}  // namespace sam2
