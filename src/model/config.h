// Each model variant as a row of data.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sam2 {

enum class TrunkKind { kHiera, kRepVit, kVit };

// Hiera image encoder trunk (Ryali et al. 2023), as SAM 2 uses it.
struct HieraConfig {
  int64_t embed_dim = 96;       // channels of stage 1; doubled per stage
  int64_t num_heads = 1;        // heads of stage 1; doubled per stage
  std::vector<int64_t> stages;  // blocks per stage
  std::vector<int64_t>
      global_blocks;                  // blocks that attend to the whole picture
  std::vector<int64_t> window_sizes;  // tokens per side, per stage
  int64_t pos_grid = 7;               // side of the stored position embedding

  int64_t depth() const;
  // Channels after stage `index` (from 0).
  int64_t stage_dim(size_t index) const { return embed_dim << index; }
};

// RepViT image encoder trunk (Wang et al. 2024), as EdgeTAM uses it.
struct RepVitConfig {
  std::vector<int64_t> widths;  // channels per stage
  std::vector<int64_t> depths;  // blocks per stage, down-sampling not counted

  int64_t depth() const;
};

// Plain vision transformer trunk (Li et al. 2022, "ViTDet"), as EfficientTAM
// uses it.
struct VitConfig {
  int64_t embed_dim = 192;
  int64_t num_heads = 3;
  int64_t depth = 12;  // blocks
  std::vector<int64_t>
      global_blocks;         // blocks that attend to the whole picture
  int64_t window_size = 14;  // tokens per side, of the other blocks
  int64_t pos_grid = 14;     // side of the stored position embedding
};

// Spatial perceiver (EdgeTAM): a memory becomes a fixed number of tokens,
// mem_dim wide.
struct PerceiverConfig {
  int64_t latents = 256;     // that attend to the whole memory
  int64_t latents_2d = 256;  // one per window of a square grid of windows
  int64_t depth = 2;         // layers
  int64_t heads = 1;

  int64_t tokens() const { return latents + latents_2d; }
  // Windows per side; the side of the keys' rotary grid too.
  int64_t side() const;
};

// Whether memory attention averages the spatial memories over 2x2 tokens as
// soon as there is more than one (EfficientTAM, which published both ways).
enum class MemoryPooling {
  kNone,
  kWeighted,  // an averaged token counts as much as the four it stands for
  kShifted,   // 2 ln 2 is added to each channel of its key instead
};

// Everything a SAM 2 network's shape and rules depend on. The defaults are
// those that all official models share
// (sam2/configs/sam2.1/*.yaml, sam2/build_sam.py).
struct ModelConfig {
  std::string name;
  int64_t image_size = 1024;  // side of the square model input, pixels
  TrunkKind trunk = TrunkKind::kHiera;
  HieraConfig hiera;    // if that is the trunk
  RepVitConfig repvit;  // if that is the trunk
  VitConfig vit;        // if that is the trunk
  bool has_spatial_perceiver = false;
  PerceiverConfig perceiver;  // if there is one
  int64_t d_model = 256;      // channels of features, tokens and pointers
  int64_t mem_dim = 64;       // channels of a memory
  int64_t memory_attention_layers = 4;
  int64_t memory_attention_hidden = 2048;
  MemoryPooling memory_pooling = MemoryPooling::kNone;
  int64_t num_maskmem = 7;  // rows of maskmem_tpos_enc
  int64_t max_obj_ptrs = 16;

  // What SAM 2.1 added to 2.0.
  bool has_no_obj_embed_spatial = true;
  bool has_obj_ptr_times = true;  // signed times, projected to mem_dim

  // The official builder's post-processing.
  bool dynamic_multimask_via_stability = true;
  double stability_delta = 0.05;
  double stability_threshold = 0.98;
  bool binarize_prompted_mask = true;  // mask of a prompted frame, to memory

  // SAMURAI's choice of masks: share of the motion, by model size.
  double kf_score_weight = 0.25;

  // Widths of the mask decoder that only small models change.
  int64_t decoder_hidden = 2048;
  int64_t iou_head_hidden = 256;

  // Hard-wired in the reference, here for completeness.
  int64_t stride = 16;  // of the features that are attended to
  int64_t decoder_heads = 8;
  int64_t decoder_depth = 2;
  int64_t num_mask_tokens = 4;
  int64_t mask_in_channels = 16;
  double sigmoid_scale = 20.0;
  double sigmoid_bias = -10.0;

  // Side of the token grid that is attended to, for an input of `size_px`.
  int64_t grid(int64_t size_px) const { return size_px / stride; }
  // Tokens of one frame's memory, object pointers not counted.
  int64_t memory_tokens(int64_t size_px) const;
  // Input sizes are multiples of this: the trunk's stride is 32, and a
  // perceiver cuts the token grid into equal windows.
  int64_t size_step_px() const;
  // Whether the mask decoder reads features of stride 4 and 8 too; a plain
  // transformer has none.
  bool has_high_res_features() const { return trunk != TrunkKind::kVit; }
  // Channels after each of the trunk's four stages; a plain transformer has
  // one.
  std::vector<int64_t> stage_channels() const;
  int64_t trunk_depth() const;  // blocks
};

// All known variants. "sam2.1-nano" is our own; the "micro" rows are the sizes
// of the reference numbers in tests/data: at most 0.8 M parameters, 256 px.
const std::vector<ModelConfig> &model_configs();

// The name without the generation of SAM: "tiny" of "sam2.1-tiny", "edgetam" of
// "edgetam".
std::string short_name(const ModelConfig &config);

// nullptr if there is none of that name.
const ModelConfig *find_config(const std::string &name);

// As the "config" entry of a safetensors file's metadata. Fields left out keep
// their default. Unknown fields, wrong types and dimensions that do not go
// together are refused: Error kUnreadable.
std::string config_to_json(const ModelConfig &config);
ModelConfig config_from_json(const std::string &json);

}  // namespace sam2
