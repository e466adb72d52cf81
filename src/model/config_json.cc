// ModelConfig to and from the JSON that a safetensors file carries.
#include <json-glib/json-glib.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <type_traits>

#include "base/error.h"
#include "model/config.h"

namespace sam2 {
namespace {

[[noreturn]] void refuse(const std::string &what) {
  throw Error(ErrorCode::kUnreadable,
              "The model file's config cannot be used: " + what +
                  ". Write the file again with a tool of this version.");
}

// One list of fields serves both directions: `Io` is a writer or a reader.
template <class Io, class Config>
void each_field(Io &io, Config &c) {
  io.field("name", c.name);
  io.field("image_size", c.image_size);
  io.field("trunk", c.trunk);
  io.field("embed_dim", c.hiera.embed_dim);
  io.field("num_heads", c.hiera.num_heads);
  io.field("stages", c.hiera.stages);
  io.field("global_blocks", c.hiera.global_blocks);
  io.field("window_sizes", c.hiera.window_sizes);
  io.field("pos_grid", c.hiera.pos_grid);
  io.field("repvit_widths", c.repvit.widths);
  io.field("repvit_depths", c.repvit.depths);
  io.field("vit_embed_dim", c.vit.embed_dim);
  io.field("vit_num_heads", c.vit.num_heads);
  io.field("vit_depth", c.vit.depth);
  io.field("vit_global_blocks", c.vit.global_blocks);
  io.field("vit_window_size", c.vit.window_size);
  io.field("vit_pos_grid", c.vit.pos_grid);
  io.field("has_spatial_perceiver", c.has_spatial_perceiver);
  io.field("perceiver_latents", c.perceiver.latents);
  io.field("perceiver_latents_2d", c.perceiver.latents_2d);
  io.field("perceiver_depth", c.perceiver.depth);
  io.field("perceiver_heads", c.perceiver.heads);
  io.field("d_model", c.d_model);
  io.field("mem_dim", c.mem_dim);
  io.field("memory_attention_layers", c.memory_attention_layers);
  io.field("memory_attention_hidden", c.memory_attention_hidden);
  io.field("decoder_hidden", c.decoder_hidden);
  io.field("iou_head_hidden", c.iou_head_hidden);
  io.field("memory_pooling", c.memory_pooling);
  io.field("num_maskmem", c.num_maskmem);
  io.field("max_obj_ptrs", c.max_obj_ptrs);
  io.field("has_no_obj_embed_spatial", c.has_no_obj_embed_spatial);
  io.field("has_obj_ptr_times", c.has_obj_ptr_times);
  io.field("dynamic_multimask_via_stability",
           c.dynamic_multimask_via_stability);
  io.field("stability_delta", c.stability_delta);
  io.field("stability_threshold", c.stability_threshold);
  io.field("binarize_prompted_mask", c.binarize_prompted_mask);
  io.field("kf_score_weight", c.kf_score_weight);
}

// The texts of an enumeration's values, in their order.
template <class Enum>
constexpr const char *kTexts[] = {nullptr};
template <>
constexpr const char *kTexts<TrunkKind>[] = {"hiera", "repvit", "vit"};
template <>
constexpr const char *kTexts<MemoryPooling>[] = {"none", "weighted", "shifted"};

template <class Enum>
using IfEnum = std::enable_if_t<std::is_enum_v<Enum>>;

struct Writer {
  JsonObject *object;
  template <class Enum, class = IfEnum<Enum>>
  void field(const char *name, Enum value) {
    field(name, std::string(kTexts<Enum>[static_cast<size_t>(value)]));
  }
  void field(const char *name, const std::string &value) {
    json_object_set_string_member(object, name, value.c_str());
  }
  void field(const char *name, int64_t value) {
    json_object_set_int_member(object, name, value);
  }
  void field(const char *name, bool value) {
    json_object_set_boolean_member(object, name, value);
  }
  void field(const char *name, double value) {
    json_object_set_double_member(object, name, value);
  }
  void field(const char *name, const std::vector<int64_t> &values) {
    JsonArray *array = json_array_new();
    for (int64_t v : values) json_array_add_int_element(array, v);
    json_object_set_array_member(object, name, array);
  }
};

struct Reader {
  JsonObject *object;
  guint used = 0;

  // The member's node if it is there with the type of `value`.
  JsonNode *node(const char *name, GType type) {
    if (!json_object_has_member(object, name)) return nullptr;
    JsonNode *found = json_object_get_member(object, name);
    if (!JSON_NODE_HOLDS_VALUE(found) ||
        json_node_get_value_type(found) != type)
      refuse(std::string("\"") + name + "\" is not a " + g_type_name(type));
    ++used;
    return found;
  }
  void field(const char *name, std::string &value) {
    if (JsonNode *n = node(name, G_TYPE_STRING))
      value = json_node_get_string(n);
  }
  template <class Enum, class = IfEnum<Enum>>
  void field(const char *name, Enum &value) {
    std::string text = kTexts<Enum>[static_cast<size_t>(value)];
    field(name, text);
    const auto found =
        std::find(std::begin(kTexts<Enum>), std::end(kTexts<Enum>), text);
    if (found == std::end(kTexts<Enum>))
      refuse(std::string("\"") + name + "\" is " + text);
    value = static_cast<Enum>(found - std::begin(kTexts<Enum>));
  }
  void field(const char *name, int64_t &value) {
    JsonNode *n = node(name, G_TYPE_INT64);
    if (!n) return;
    value = json_node_get_int(n);
    if (value < 1 || value > 65536)
      refuse(std::string("\"") + name + "\" is " + std::to_string(value));
  }
  void field(const char *name, bool &value) {
    if (JsonNode *n = node(name, G_TYPE_BOOLEAN))
      value = json_node_get_boolean(n);
  }
  void field(const char *name, double &value) {
    if (JsonNode *n = node(name, G_TYPE_DOUBLE))
      value = json_node_get_double(n);
  }
  void field(const char *name, std::vector<int64_t> &values) {
    if (!json_object_has_member(object, name)) return;
    JsonNode *found = json_object_get_member(object, name);
    if (!JSON_NODE_HOLDS_ARRAY(found))
      refuse(std::string("\"") + name + "\" is not a list");
    ++used;
    values.clear();
    JsonArray *array = json_node_get_array(found);
    for (guint i = 0; i < json_array_get_length(array); ++i) {
      JsonNode *n = json_array_get_element(array, i);
      if (!JSON_NODE_HOLDS_VALUE(n) ||
          json_node_get_value_type(n) != G_TYPE_INT64)
        refuse(std::string("\"") + name +
               "\" holds something else than numbers");
      values.push_back(json_node_get_int(n));
    }
  }
};

void check_stages(const std::vector<int64_t> &blocks,
                  const std::vector<int64_t> &other) {
  if (blocks.size() != 4 || other.size() != 4)
    refuse("an image encoder has 4 stages");
  for (int64_t n : blocks)
    if (n < 1 || n > 1024)
      refuse("a stage has " + std::to_string(n) + " blocks");
}

void check_hiera(const HieraConfig &c) {
  check_stages(c.stages, c.window_sizes);
  for (int64_t n : c.window_sizes)
    if (n < 2 || n > 1024)
      refuse("a window has " + std::to_string(n) + " tokens");
  for (int64_t n : c.global_blocks)
    if (n < 0 || n >= c.depth())
      refuse("there is no block " + std::to_string(n));
  if (c.embed_dim % c.num_heads != 0)
    refuse("embed_dim is not a multiple of num_heads");
}

void check_repvit(const RepVitConfig &c) {
  check_stages(c.depths, c.widths);
  for (int64_t n : c.widths)
    if (n < 8 || n > 8192 || n % 8 != 0)
      refuse("a stage of RepViT has " + std::to_string(n) + " channels");
}

void check_vit(const VitConfig &c) {
  if (c.depth > 1024)
    refuse("there are " + std::to_string(c.depth) + " blocks");
  for (int64_t n : c.global_blocks)
    if (n < 0 || n >= c.depth) refuse("there is no block " + std::to_string(n));
  if (c.embed_dim % c.num_heads != 0)
    refuse("vit_embed_dim is not a multiple of vit_num_heads");
}

void check_perceiver(const ModelConfig &c) {
  const PerceiverConfig &p = c.perceiver;
  if (p.side() * p.side() != p.latents_2d)
    refuse("perceiver_latents_2d " + std::to_string(p.latents_2d) +
           " is not a square");
  if (c.mem_dim % p.heads != 0)
    refuse("mem_dim is not a multiple of perceiver_heads");
  if (c.image_size % c.size_step_px() != 0)
    refuse("image_size " + std::to_string(c.image_size) +
           " is not a multiple of " + std::to_string(c.size_step_px()));
}

void check_consistent(const ModelConfig &c) {
  if (c.trunk == TrunkKind::kHiera) check_hiera(c.hiera);
  if (c.trunk == TrunkKind::kRepVit) check_repvit(c.repvit);
  if (c.trunk == TrunkKind::kVit) check_vit(c.vit);
  if (c.d_model % c.mem_dim != 0 || c.d_model % (2 * c.decoder_heads) != 0 ||
      c.mem_dim % 4 != 0)
    refuse("d_model " + std::to_string(c.d_model) +
           " does not go with mem_dim " + std::to_string(c.mem_dim));
  if (c.image_size % 32 != 0)
    refuse("image_size " + std::to_string(c.image_size) +
           " is not a multiple of 32");
  if (c.has_spatial_perceiver) check_perceiver(c);
  if (c.has_spatial_perceiver && c.memory_pooling != MemoryPooling::kNone)
    refuse("memories behind a perceiver have no grid to average over");
}

}  // namespace

std::string config_to_json(const ModelConfig &config) {
  std::unique_ptr<JsonObject, void (*)(JsonObject *)> object(json_object_new(),
                                                             json_object_unref);
  Writer writer{object.get()};
  each_field(writer, config);
  std::unique_ptr<JsonNode, void (*)(JsonNode *)> root(
      json_node_init_object(json_node_alloc(), object.get()), json_node_unref);
  std::unique_ptr<char, void (*)(void *)> text(
      json_to_string(root.get(), FALSE), g_free);
  return text.get();
}

ModelConfig config_from_json(const std::string &json) {
  GError *raw_error = nullptr;
  std::unique_ptr<JsonNode, void (*)(JsonNode *)> root(
      json_from_string(json.c_str(), &raw_error), [](JsonNode *n) {
        if (n) json_node_unref(n);
      });
  if (raw_error) {
    const std::string text = raw_error->message;
    g_error_free(raw_error);
    refuse("it is not JSON (" + text + ")");
  }
  if (!root || !JSON_NODE_HOLDS_OBJECT(root.get()))
    refuse("it is not an object");
  ModelConfig config;
  Reader reader{json_node_get_object(root.get())};
  each_field(reader, config);
  if (reader.used != json_object_get_size(reader.object))
    refuse("it has a field that this version does not know");
  check_consistent(config);
  return config;
}

}  // namespace sam2
