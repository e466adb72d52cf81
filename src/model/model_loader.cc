#include "model/model_loader.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <sstream>

#include "base/error.h"

namespace sam2 {
namespace {

constexpr char kPatchEmbed[] = "image_encoder.trunk.patch_embed.proj.weight";
constexpr char kStem[] = "image_encoder.trunk.body.stem.conv2.c.weight";
constexpr size_t kMaxNamesInText = 3;

bool starts_with(const std::string &text, const std::string &prefix) {
  return text.compare(0, prefix.size(), prefix) == 0;
}

bool ends_with(const std::string &text, const std::string &suffix) {
  return text.size() >= suffix.size() &&
         text.compare(text.size() - suffix.size(), suffix.size(), suffix) == 0;
}

constexpr int64_t kAnyKernel = 0;

// By what a trunk is known, and one tensor that every block of it has once.
struct TrunkMark {
  TrunkKind kind;
  const char *entry;         // its size 0 is the first stage's width
  int64_t kernel;            // its size 2
  const char *block_part;    // in the block's name
  const char *block_suffix;  // at its end
};
constexpr TrunkMark kTrunkMarks[] = {
    {TrunkKind::kVit, kPatchEmbed, 16, "image_encoder.trunk.blocks.",
     ".norm1.weight"},
    {TrunkKind::kHiera, kPatchEmbed, kAnyKernel, "image_encoder.trunk.blocks.",
     ".norm1.weight"},
    {TrunkKind::kRepVit, kStem, kAnyKernel, ".blocks.",
     ".token_mixer.conv.c.weight"},
};

// nullptr if the file has no trunk that we know.
const TrunkMark *find_trunk(const Checkpoint &checkpoint) {
  for (const TrunkMark &mark : kTrunkMarks) {
    const auto entry = checkpoint.tensors.find(mark.entry);
    if (entry != checkpoint.tensors.end() && entry->second.dim() == 4 &&
        (mark.kernel == kAnyKernel || entry->second.size(2) == mark.kernel))
      return &mark;
  }
  return nullptr;
}

int64_t count_blocks(const Checkpoint &checkpoint, const TrunkMark &mark) {
  int64_t count = 0;
  for (const auto &[name, tensor] : checkpoint.tensors)
    count += name.find(mark.block_part) != std::string::npos &&
             ends_with(name, mark.block_suffix);
  return count;
}

bool is_named(const ModelConfig &config, const std::string &name) {
  return name == config.name || name == short_name(config);
}

bool has_same_tensors(const ModelConfig &a, const ModelConfig &b) {
  const auto equal = [](const TensorSpec &x, const TensorSpec &y) {
    return x.name == y.name && x.shape == y.shape;
  };
  const auto x = expected_tensors(a), y = expected_tensors(b);
  return std::equal(x.begin(), x.end(), y.begin(), y.end(), equal);
}

// Counts training steps; the only integers in a file.
bool is_counter(const std::string &name) {
  return ends_with(name, ".num_batches_tracked");
}

// 2 % of the work: kept in float32 whatever the precision of the rest.
bool stays_float32(const std::string &name) {
  if (starts_with(name, "sam_mask_decoder.conv_s")) return false;
  for (const char *prefix :
       {"sam_prompt_encoder.", "sam_mask_decoder.", "mask_downsample.",
        "obj_ptr", "no_obj", "maskmem_tpos_enc",
        "image_encoder.trunk.pos_embed",
        // Cast when its convolutions are folded.
        "image_encoder.trunk.body."})
    if (starts_with(name, prefix)) return true;
  return false;
}

std::string shape_text(const std::vector<int64_t> &shape) {
  std::ostringstream out;
  for (size_t i = 0; i < shape.size(); ++i) out << (i ? "x" : "") << shape[i];
  return shape.empty() ? "a scalar" : out.str();
}

// Everything wrong with a file, gathered before anything is said.
struct Findings {
  std::vector<std::string> missing, extra, misshapen;

  bool is_clean() const {
    return missing.empty() && extra.empty() && misshapen.empty();
  }
};

void append(std::ostringstream &out, const char *title,
            const std::vector<std::string> &names, size_t limit) {
  if (names.empty()) return;
  out << (out.tellp() > 0 ? "; " : "") << names.size() << " " << title << ": ";
  for (size_t i = 0; i < std::min(limit, names.size()); ++i)
    out << (i ? ", " : "") << names[i];
  if (names.size() > limit) out << ", ...";
}

std::string describe(const Findings &findings, size_t limit) {
  std::ostringstream out;
  append(out, "missing", findings.missing, limit);
  append(out, "not of this model", findings.extra, limit);
  append(out, "of the wrong shape", findings.misshapen, limit);
  return out.str();
}

[[noreturn]] void refuse(const Findings &findings, const std::string &variant) {
  throw Error(ErrorCode::kUnreadable,
              "The model file does not fit the variant " + variant + " (" +
                  describe(findings, kMaxNamesInText) +
                  "). Set model-file to an unmodified SAM 2 checkpoint.",
              describe(findings, SIZE_MAX));
}

}  // namespace

ModelConfig detect_config(const Checkpoint &checkpoint) {
  if (!checkpoint.config_json.empty())
    return config_from_json(checkpoint.config_json);
  const TrunkMark *mark = find_trunk(checkpoint);
  if (!mark)
    throw Error(ErrorCode::kUnreadable,
                "The model file holds no SAM 2 model: there is no tensor "
                "\"" +
                    std::string(kPatchEmbed) + "\" of 4 dimensions among its " +
                    std::to_string(checkpoint.tensors.size()) +
                    ". Set model-file to a SAM 2 .pt or .safetensors file.");
  const int64_t width = checkpoint.tensors.at(mark->entry).size(0);
  const int64_t depth = count_blocks(checkpoint, *mark);
  const bool is_21 = checkpoint.tensors.count("no_obj_embed_spatial") > 0;
  for (const ModelConfig &row : model_configs())
    if (row.trunk == mark->kind && row.stage_channels()[0] == width &&
        row.trunk_depth() == depth && row.has_no_obj_embed_spatial == is_21)
      return row;
  throw Error(ErrorCode::kUnreadable,
              "The model file is of no known SAM 2 variant: its image encoder "
              "has " +
                  std::to_string(depth) + " blocks and starts with " +
                  std::to_string(width) +
                  " channels. Use tiny, small, base-plus, large, EdgeTAM or "
                  "EfficientTAM, or a .safetensors file that carries its "
                  "config.");
}

ModelConfig choose_variant(const ModelConfig &config, const std::string &type,
                           const std::string &file) {
  std::string stem = std::filesystem::path(file).stem().string();
  std::replace(stem.begin(), stem.end(), '_', '-');
  for (const std::string &name : {type, stem})
    for (const ModelConfig &row : model_configs())
      if (is_named(row, name) && has_same_tensors(row, config)) return row;
  return config;
}

void check_model_type(const ModelConfig &config, const std::string &type) {
  const std::string own = short_name(config);
  if (type == "auto" || is_named(config, type)) return;
  std::vector<std::string> names;
  bool is_known = false;
  for (const ModelConfig &row : model_configs()) {
    const std::string name = short_name(row);
    is_known |= is_named(row, type);
    if (std::find(names.begin(), names.end(), name) == names.end())
      names.push_back(name);
  }
  if (is_known)
    throw Error(ErrorCode::kSetting, "The model file holds " + config.name +
                                         ", and model-type is " + type +
                                         ". Set model-type to auto or " + own +
                                         ", or model-file to another file.");
  std::string known;
  for (const std::string &name : names) known += ", " + name;
  throw Error(ErrorCode::kSetting, "There is no model type \"" + type +
                                       "\". Set model-type to auto" + known +
                                       ", or a full name such as " +
                                       config.name + ".");
}

Sam2Network load_network(const ModelConfig &config,
                         const Checkpoint &checkpoint, c10::Device device,
                         c10::ScalarType type) {
  Sam2Network network(config);
  Findings findings;
  std::set<std::string> used;
  network.visit([&](const std::string &name, at::Tensor &weight,
                    const std::vector<int64_t> &shape) {
    used.insert(name);
    const auto found = checkpoint.tensors.find(name);
    if (found == checkpoint.tensors.end()) {
      findings.missing.push_back(name);
    } else if (found->second.sizes() != at::IntArrayRef(shape)) {
      findings.misshapen.push_back(name + " (" +
                                   shape_text(found->second.sizes().vec()) +
                                   " instead of " + shape_text(shape) + ")");
    } else {
      const auto target = is_counter(name)      ? c10::kLong
                          : stays_float32(name) ? c10::kFloat
                                                : type;
      // Always a copy: the checkpoint's tensors view a mapped file.
      weight = found->second
                   .to(device, target, /*non_blocking=*/false,
                       /*copy=*/true)
                   .contiguous();
    }
  });
  for (const auto &[name, tensor] : checkpoint.tensors)
    if (!used.count(name)) findings.extra.push_back(name);
  if (!findings.is_clean()) refuse(findings, config.name);
  network.fold(type);
  return network;
}

}  // namespace sam2
