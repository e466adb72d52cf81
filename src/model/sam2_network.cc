#include "model/sam2_network.h"

namespace sam2 {

Sam2Network::Sam2Network(const ModelConfig &c)
    : config(c),
      image_encoder(c),
      memory_attention(c),
      memory_encoder(c),
      prompt_encoder(c),
      mask_decoder(c),
      mask_downsample{1, 1, 4, 4, 0, 1, {}, {}},
      obj_ptr_proj({c.d_model, c.d_model, c.d_model, c.d_model},
                   Activation::kRelu),
      obj_ptr_tpos_proj{c.d_model, c.mem_dim, {}, {}} {
  if (c.has_spatial_perceiver) spatial_perceiver.emplace(c);
}

void Sam2Network::visit(const ParameterVisitor &visitor) {
  const ParameterScope root(visitor);
  root("maskmem_tpos_enc", maskmem_tpos_enc,
       {config.num_maskmem, 1, 1, config.mem_dim});
  root("no_mem_embed", no_mem_embed, {1, 1, config.d_model});
  root("no_mem_pos_enc", no_mem_pos_enc, {1, 1, config.d_model});
  root("no_obj_ptr", no_obj_ptr, {1, config.d_model});
  if (config.has_no_obj_embed_spatial)
    root("no_obj_embed_spatial", no_obj_embed_spatial, {1, config.mem_dim});
  image_encoder.visit(root / "image_encoder");
  mask_downsample.visit(root / "mask_downsample");
  memory_attention.visit(root / "memory_attention");
  memory_encoder.visit(root / "memory_encoder");
  if (spatial_perceiver) spatial_perceiver->visit(root / "spatial_perceiver");
  prompt_encoder.visit(root / "sam_prompt_encoder");
  mask_decoder.visit(root / "sam_mask_decoder");
  obj_ptr_proj.visit(root / "obj_ptr_proj");
  if (config.has_obj_ptr_times)
    obj_ptr_tpos_proj.visit(root / "obj_ptr_tpos_proj");
}

int64_t Sam2Network::weight_bytes() const {
  int64_t bytes = 0;
  Sam2Network copy = *this;  // of the handles
  copy.visit([&](const std::string &, at::Tensor &weight,
                 const std::vector<int64_t> &) { bytes += weight.nbytes(); });
  return bytes;
}

Sam2Network Sam2Network::by_rules_of(const ModelConfig &other) const {
  Sam2Network copy = *this;  // of the handles
  copy.config = other;
  copy.memory_attention.pooling = other.memory_pooling;
  return copy;
}

std::vector<TensorSpec> expected_tensors(const ModelConfig &config) {
  std::vector<TensorSpec> specs;
  Sam2Network network(config);
  network.visit([&](const std::string &name, at::Tensor &,
                    const std::vector<int64_t> &shape) {
    specs.push_back({name, shape});
  });
  return specs;
}

}  // namespace sam2
