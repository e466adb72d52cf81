// Compiled with -ffp-contract=off: the product is rounded before the sum, else
// the values depend on the processor.
#include "generated_weights.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <json-glib/json-glib.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <memory>
#include <regex>

#include "base/error.h"

namespace sam2 {
namespace {

constexpr uint64_t kGolden = 0x9E3779B97F4A7C15;

uint64_t mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

enum class Scale {
  kOne,        // spread as it stands
  kFanIn,      // times sqrt(3 / product of shape[1:]): keeps the variance
  kFirstAxis,  // times sqrt(3 / shape[0]): transposed convolutions
};

struct Rule {
  const char *pattern;  // searched in the whole name
  double center;
  double spread;
  Scale scale = Scale::kOne;
};

// The first match wins.
constexpr Rule kRules[] = {
    {R"(running_mean$)", 0, 0.1},
    {R"(running_var$)", 1, 0.2},
    {R"(positional_encoding_gaussian_matrix$)", 0, 1},
    {R"(\.gamma$)", 0.3, 0.1},
    {R"((^|\.)(point_embeddings\.\d+|not_a_point_embed|no_mask_embed|)"
     R"(iou_token|mask_tokens|obj_score_token)\.weight$)",
     0, 0.5},
    {R"((^|\.)(maskmem_tpos_enc|no_mem_embed|no_mem_pos_enc|no_obj_ptr|)"
     R"(no_obj_embed_spatial|pos_embed|pos_embed_window)$)",
     0, 0.5},
    {R"((^|\.)(latents|latents_2d)$)", 0, 1},
    {R"(output_upscaling\.[03]\.weight$)", 0, 1, Scale::kFirstAxis},
    {R"(\.attn\.qkv\.weight$)", 0, 1.5, Scale::kFanIn},
    {R"(memory_attention\.layers\.\d+\.\w+\.(q_proj|k_proj)\.weight$)", 0, 2,
     Scale::kFanIn},
    {R"(\.(q_proj|k_proj)\.weight$)", 0, 1.7, Scale::kFanIn},
    {R"(spatial_perceiver\.layers\.\d+\.\w+\.(to_q|to_kv)\.weight$)", 0, 1.5,
     Scale::kFanIn},
    {R"(image_encoder\.trunk\.blocks\.\d+\.(attn\.proj|mlp\.layers\.1)\.weight$)",
     0, 0.6, Scale::kFanIn},
    {R"(token_mixer\.(conv|conv1)\.c\.weight$)", 0, 0.4, Scale::kFanIn},
    {R"(channel_mixer\.conv2\.c\.weight$)", 0, 0.6, Scale::kFanIn},
    {R"(memory_encoder\.out_proj\.weight$)", 0, 0.4, Scale::kFanIn},
    {R"(obj_ptr_proj\.layers\.2\.weight$)", 0, 4, Scale::kFanIn},
    {R"(obj_ptr_tpos_proj\.weight$)", 0, 2, Scale::kFanIn},
    {R"(output_hypernetworks_mlps\.\d+\.layers\.2\.weight$)", 0, 3,
     Scale::kFanIn},
    {R"(iou_prediction_head\.layers\.2\.weight$)", 0, 4, Scale::kFanIn},
    {R"(pred_obj_score_head\.layers\.2\.weight$)", 0, 6, Scale::kFanIn},
    {R"(\.bias$)", 0, 0.1},
};
constexpr Rule kNormWeight = {"", 1, 0.1};
constexpr Rule kAnyWeight = {"", 0, 1, Scale::kFanIn};

const Rule &rule_for(const std::string &name, at::IntArrayRef shape) {
  static const std::vector<std::regex> patterns = [] {
    std::vector<std::regex> compiled;
    for (const Rule &rule : kRules) compiled.emplace_back(rule.pattern);
    return compiled;
  }();
  for (size_t i = 0; i < patterns.size(); ++i)
    if (std::regex_search(name, patterns[i])) return kRules[i];
  return shape.size() == 1 ? kNormWeight : kAnyWeight;
}

double spread_of(const Rule &rule, at::IntArrayRef shape) {
  int64_t fan_in = 1;
  for (size_t i = 1; i < shape.size(); ++i) fan_in *= shape[i];
  switch (rule.scale) {
    case Scale::kFanIn:
      return rule.spread * std::sqrt(3.0 / static_cast<double>(fan_in));
    case Scale::kFirstAxis:
      return rule.spread * std::sqrt(3.0 / static_cast<double>(shape[0]));
    case Scale::kOne:
      break;
  }
  return rule.spread;
}

Adjustment recipe(const std::string &name, at::IntArrayRef shape,
                  const Adjustments &adjustments) {
  const auto it = adjustments.find(name);
  if (it != adjustments.end()) return it->second;
  const Rule &rule = rule_for(name, shape);
  return {rule.center, spread_of(rule, shape), {}};
}

void fill(at::Tensor &tensor, const std::string &name, double center,
          double spread) {
  const uint64_t seed = fnv1a64(name);
  float *out = tensor.data_ptr<float>();
  const int64_t count = tensor.numel();
  for (int64_t i = 0; i < count; ++i) {
    const double uniform =
        static_cast<double>(splitmix64(seed, i) >> 40) * 0x1p-23 - 1;
    out[i] = static_cast<float>(center + spread * uniform);
  }
}

std::vector<double> numbers(JsonArray *array) {
  std::vector<double> values;
  for (guint i = 0; i < json_array_get_length(array); ++i)
    values.push_back(json_array_get_double_element(array, i));
  return values;
}

// Empty if `node` is neither form.
bool parse_adjustment(JsonNode *node, Adjustment *out) {
  if (JSON_NODE_HOLDS_ARRAY(node)) {
    const std::vector<double> pair = numbers(json_node_get_array(node));
    if (pair.size() != 2) return false;
    *out = {pair[0], pair[1], {}};
    return true;
  }
  if (!JSON_NODE_HOLDS_OBJECT(node)) return false;
  JsonObject *object = json_node_get_object(node);
  JsonNode *values = json_object_get_member(object, "values");
  if (!values || !JSON_NODE_HOLDS_ARRAY(values)) return false;
  out->values = numbers(json_node_get_array(values));
  return !out->values.empty();
}

[[noreturn]] void refuse(const std::string &path, const std::string &detail) {
  throw Error(ErrorCode::kUnreadable,
              "The adjustments \"" + path +
                  "\" cannot be used. They are a JSON object of "
                  "\"tensor name\": [center, spread] or {\"values\": [...]}.",
              detail);
}

}  // namespace

uint64_t fnv1a64(const void *bytes, size_t size_bytes) {
  const auto *data = static_cast<const uint8_t *>(bytes);
  uint64_t hash = 0xCBF29CE484222325;
  for (size_t i = 0; i < size_bytes; ++i)
    hash = (hash ^ data[i]) * 0x100000001B3;
  return hash;
}

uint64_t fnv1a64(const std::string &text) {
  return fnv1a64(text.data(), text.size());
}

uint64_t splitmix64(uint64_t seed, uint64_t index) {
  return mix(seed + (index + 1) * kGolden);
}

Adjustments load_adjustments(const std::string &path) {
  using Parser = std::unique_ptr<JsonParser, decltype(&g_object_unref)>;
  const Parser parser(json_parser_new(), &g_object_unref);
  GError *raw = nullptr;
  json_parser_load_from_file(parser.get(), path.c_str(), &raw);
  const std::unique_ptr<GError, decltype(&g_error_free)> error(raw,
                                                               &g_error_free);
  if (error && error->domain == G_FILE_ERROR)
    throw Error(ErrorCode::kNotFound,
                "The adjustments \"" + path +
                    "\" cannot be opened. Check the file's name.",
                error->message);
  if (error) refuse(path, error->message);
  JsonNode *root = json_parser_get_root(parser.get());
  if (!root || !JSON_NODE_HOLDS_OBJECT(root)) refuse(path, "not an object");
  Adjustments adjustments;
  JsonObjectIter iter;
  const gchar *name = nullptr;
  JsonNode *node = nullptr;
  json_object_iter_init(&iter, json_node_get_object(root));
  while (json_object_iter_next(&iter, &name, &node))
    if (!parse_adjustment(node, &adjustments[name])) refuse(path, name);
  return adjustments;
}

at::Tensor generated_weight(const std::string &name, at::IntArrayRef shape,
                            const Adjustments &adjustments) {
  constexpr const char kCounter[] = "num_batches_tracked";
  if (name.size() >= sizeof kCounter - 1 &&
      name.compare(name.size() - (sizeof kCounter - 1), std::string::npos,
                   kCounter) == 0)
    return at::zeros(shape, at::kLong);
  at::Tensor tensor = at::empty(shape, at::kFloat);
  const Adjustment how = recipe(name, shape, adjustments);
  if (how.values.empty()) {
    fill(tensor, name, how.center, how.spread);
  } else {
    assert(static_cast<int64_t>(how.values.size()) == tensor.numel());
    std::copy(how.values.begin(), how.values.end(), tensor.data_ptr<float>());
  }
  return tensor;
}

}  // namespace sam2
