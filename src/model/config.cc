#include "model/config.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace sam2 {

int64_t HieraConfig::depth() const {
  return std::accumulate(stages.begin(), stages.end(), int64_t{0});
}

int64_t RepVitConfig::depth() const {
  return std::accumulate(depths.begin(), depths.end(), int64_t{0});
}

int64_t PerceiverConfig::side() const {
  return std::lround(std::sqrt(static_cast<double>(latents_2d)));
}

int64_t ModelConfig::memory_tokens(int64_t size_px) const {
  return has_spatial_perceiver ? perceiver.tokens()
                               : grid(size_px) * grid(size_px);
}

int64_t ModelConfig::size_step_px() const {
  constexpr int64_t kTrunkStride = 32;
  return has_spatial_perceiver
             ? std::lcm(kTrunkStride, stride * perceiver.side())
             : kTrunkStride;
}

std::vector<int64_t> ModelConfig::stage_channels() const {
  if (trunk == TrunkKind::kRepVit) return repvit.widths;
  if (trunk == TrunkKind::kVit) return {vit.embed_dim};
  std::vector<int64_t> channels;
  for (size_t i = 0; i < hiera.stages.size(); ++i)
    channels.push_back(hiera.stage_dim(i));
  return channels;
}

int64_t ModelConfig::trunk_depth() const {
  if (trunk == TrunkKind::kVit) return vit.depth;
  return trunk == TrunkKind::kRepVit ? repvit.depth() : hiera.depth();
}

namespace {

ModelConfig row(const char *name, HieraConfig hiera) {
  ModelConfig config;
  config.name = name;
  config.hiera = std::move(hiera);
  return config;
}

ModelConfig as_micro(ModelConfig config) {
  config.image_size = 256;
  config.d_model = 32;
  config.mem_dim = 8;
  config.memory_attention_layers = 2;
  config.memory_attention_hidden = 64;
  return config;
}

// The 2.0 model of the same shape: sam2/configs/sam2/*.yaml.
ModelConfig as_sam20(ModelConfig config) {
  config.name.replace(0, 6, "sam2.0");
  config.has_no_obj_embed_spatial = false;
  config.has_obj_ptr_times = false;
  return config;
}

// EdgeTAM (sam2/configs/edgetam.yaml of facebookresearch/EdgeTAM): the rules
// of 2.0 with a convolutional trunk and a memory of fixed size.
ModelConfig edgetam_row(const char *name, RepVitConfig repvit) {
  ModelConfig config;
  config.name = name;
  config.trunk = TrunkKind::kRepVit;
  config.repvit = std::move(repvit);
  config.has_spatial_perceiver = true;
  config.memory_attention_layers = 2;
  config.has_no_obj_embed_spatial = false;
  config.has_obj_ptr_times = false;
  return config;
}

std::vector<ModelConfig> edgetam_rows() {
  ModelConfig micro =
      as_micro(edgetam_row("edgetam-micro", {{8, 16, 32, 64}, {2, 2, 4, 2}}));
  micro.perceiver.latents = 16;
  micro.perceiver.latents_2d = 16;
  return {edgetam_row("edgetam", {{48, 96, 192, 384}, {2, 2, 14, 2}}), micro};
}

// EfficientTAM (configs/efficienttam/*.yaml of yformer/EfficientTAM): the rules
// of 2.0 with a plain transformer trunk. Named as the published files are.
ModelConfig efficienttam_row(const std::string &name, VitConfig vit) {
  ModelConfig config;
  config.name = "efficienttam-" + name;
  config.trunk = TrunkKind::kVit;
  config.vit = std::move(vit);
  config.has_no_obj_embed_spatial = false;
  config.has_obj_ptr_times = false;
  return config;
}

// A size as it was published: as it is, for small pictures, and with memories
// averaged in two ways.
std::vector<ModelConfig> efficienttam_rows(const std::string &name,
                                           const VitConfig &vit) {
  const ModelConfig plain = efficienttam_row(name, vit);
  ModelConfig for_512 = efficienttam_row(name + "-512x512", vit);
  for_512.image_size = 512;
  ModelConfig weighted = efficienttam_row(name + "-1", vit);
  weighted.memory_pooling = MemoryPooling::kWeighted;
  ModelConfig shifted = efficienttam_row(name + "-2", vit);
  shifted.memory_pooling = MemoryPooling::kShifted;
  return {plain, for_512, weighted, shifted};
}

std::vector<ModelConfig> efficienttam_rows() {
  std::vector<ModelConfig> rows =
      efficienttam_rows("s", {384, 6, 12, {2, 5, 8, 11}, 14, 14});
  for (ModelConfig &config :
       efficienttam_rows("ti", {192, 3, 12, {2, 5, 8, 11}, 14, 14}))
    rows.push_back(std::move(config));
  for (ModelConfig &config :
       efficienttam_rows("micro", {24, 3, 6, {2, 5}, 14, 14}))
    if (config.image_size != 512) rows.push_back(as_micro(std::move(config)));
  return rows;
}

// The model that ships with the plugin: as SAM 2.1, at most 8 MB in float16.
ModelConfig nano_row() {
  ModelConfig config =
      row("sam2.1-nano", {32, 1, {1, 2, 6, 1}, {5, 8}, {8, 4, 16, 8}, 8});
  config.image_size = 384;
  config.d_model = 128;
  config.mem_dim = 32;
  config.memory_attention_layers = 2;
  config.memory_attention_hidden = 512;
  config.decoder_hidden = 512;
  config.iou_head_hidden = 128;
  return config;
}

std::vector<ModelConfig> make_rows() {
  // embed_dim, heads, stages, global blocks, window sizes, position grid
  std::vector<ModelConfig> rows = {
      row("sam2.1-tiny", {96, 1, {1, 2, 7, 2}, {5, 7, 9}, {8, 4, 14, 7}, 7}),
      row("sam2.1-small",
          {96, 1, {1, 2, 11, 2}, {7, 10, 13}, {8, 4, 14, 7}, 7}),
      row("sam2.1-base-plus",
          {112, 2, {2, 3, 16, 3}, {12, 16, 20}, {8, 4, 14, 7}, 14}),
      row("sam2.1-large",
          {144, 2, {2, 6, 36, 4}, {23, 33, 43}, {8, 4, 16, 8}, 7}),
  };
  rows.back().kf_score_weight = 0.15;
  rows.push_back(as_micro(
      row("sam2.1-micro", {8, 1, {1, 2, 3, 2}, {4, 5}, {8, 4, 14, 7}, 7})));
  const size_t count = rows.size();
  for (size_t i = 0; i < count; ++i) rows.push_back(as_sam20(rows[i]));
  rows.push_back(nano_row());
  for (auto &more : {edgetam_rows(), efficienttam_rows()})
    rows.insert(rows.end(), more.begin(), more.end());
  return rows;
}

}  // namespace

const std::vector<ModelConfig> &model_configs() {
  static const std::vector<ModelConfig> rows = make_rows();
  return rows;
}

std::string short_name(const ModelConfig &config) {
  const std::string &name = config.name;
  const bool has_generation = name.compare(0, 3, "sam") == 0;
  return has_generation ? name.substr(name.find('-') + 1) : name;
}

const ModelConfig *find_config(const std::string &name) {
  const auto &rows = model_configs();
  const auto it = std::find_if(rows.begin(), rows.end(),
                               [&](const auto &r) { return r.name == name; });
  return it == rows.end() ? nullptr : &*it;
}

}  // namespace sam2
