#include "scenario.h"

#include <json-glib/json-glib.h>

#include <cstdio>
#include <memory>
#include <stdexcept>

namespace sam2::test {
namespace {

int64_t int_member(JsonObject *object, const char *name, int64_t otherwise) {
  return json_object_get_int_member_with_default(object, name, otherwise);
}
bool bool_member(JsonObject *object, const char *name, bool otherwise) {
  return json_object_get_boolean_member_with_default(object, name, otherwise);
}

void read_double(JsonObject *object, const char *name, double &value) {
  value = json_object_get_double_member_with_default(object, name, value);
}

// What a session of SAMURAI was configured with.
void parse_samurai(JsonObject *config, Scenario &out) {
  if (bool_member(config, "samurai_mode", false)) out.memory_policy = "samurai";
  read_double(config, "min_obj_score_logits", out.min_object_score);
  read_double(config, "memory_bank_iou_threshold",
              out.memory_thresholds.predicted_iou);
  read_double(config, "memory_bank_obj_score_threshold",
              out.memory_thresholds.object_score);
  read_double(config, "memory_bank_kf_score_threshold",
              out.memory_thresholds.kf_score);
  out.motion.stable_frames = static_cast<int>(
      int_member(config, "stable_frames_threshold", out.motion.stable_frames));
  read_double(config, "stable_ious_threshold", out.motion.stable_iou);
  read_double(config, "kf_score_weight", out.motion.kf_score_weight);
}

void append_floats(JsonArray *array, std::vector<float> &out) {
  for (guint i = 0; i < json_array_get_length(array); ++i) {
    JsonNode *node = json_array_get_element(array, i);
    if (JSON_NODE_HOLDS_ARRAY(node))
      append_floats(json_node_get_array(node), out);
    else
      out.push_back(static_cast<float>(json_node_get_double(node)));
  }
}

std::vector<float> floats(JsonObject *object, const char *name) {
  std::vector<float> out;
  if (json_object_has_member(object, name))
    append_floats(json_object_get_array_member(object, name), out);
  return out;
}

Call parse_call(JsonObject *object) {
  Call call;
  call.is_prompt = json_object_has_member(object, "prompt");
  if (!call.is_prompt) return call;
  JsonObject *prompt = json_object_get_object_member(object, "prompt");
  call.frame = int_member(prompt, "frame", -1);
  call.object_id = int_member(prompt, "object", -1);
  call.points_xy = floats(prompt, "points");
  for (float label : floats(prompt, "labels"))
    call.labels.push_back(static_cast<int>(label));
  call.box_corners = floats(prompt, "box");
  call.is_mask = bool_member(prompt, "mask", false);
  call.keeps_old_points = bool_member(prompt, "keeps_old_points", false);
  return call;
}

Scenario parse_scenario(const char *name, JsonObject *object) {
  Scenario out;
  out.name = name;
  out.model = json_object_get_string_member(object, "model");
  out.video_frames = static_cast<int>(int_member(object, "video_frames", 0));
  out.has_float_memories = bool_member(object, "float_memories", false);
  JsonArray *calls = json_object_get_array_member(object, "calls");
  for (guint i = 0; i < json_array_get_length(calls); ++i)
    out.calls.push_back(parse_call(json_array_get_object_element(calls, i)));
  JsonObject *config = json_object_get_object_member(object, "config");
  out.memory_stride = static_cast<int>(
      int_member(config, "memory_temporal_stride_for_eval", 1));
  out.max_cond_frames_in_attn =
      static_cast<int>(int_member(config, "max_cond_frames_in_attn", -1));
  out.non_overlap_masks = bool_member(config, "non_overlap_masks", false);
  out.corrections_are_conditioning =
      bool_member(config, "add_all_frames_to_correct_as_cond", false);
  out.has_post_processing =
      bool_member(config, "binarize_mask_from_pts_for_mem_enc", true);
  parse_samurai(config, out);
  return out;
}

void append_scenarios(const std::string &file,
                      std::vector<Scenario> &scenarios) {
  const std::unique_ptr<JsonParser, decltype(&g_object_unref)> parser(
      json_parser_new(), &g_object_unref);
  const std::string path = golden_path(file);
  if (!json_parser_load_from_file(parser.get(), path.c_str(), nullptr))
    throw std::runtime_error(path + " cannot be read");
  JsonObjectIter iter;
  const gchar *name = nullptr;
  JsonNode *node = nullptr;
  json_object_iter_init_ordered(
      &iter, json_node_get_object(json_parser_get_root(parser.get())));
  while (json_object_iter_next_ordered(&iter, &name, &node))
    scenarios.push_back(parse_scenario(name, json_node_get_object(node)));
}

}  // namespace

std::vector<Scenario> load_scenarios() {
  std::vector<Scenario> scenarios;
  append_scenarios("scenarios.json", scenarios);
  append_scenarios("efficienttam_scenarios.json", scenarios);
  return scenarios;
}

std::vector<Event> events_of(const GoldenFile &file) {
  std::vector<Event> events;
  for (;;) {
    char prefix[16];
    std::snprintf(prefix, sizeof prefix, "e%03zu.", events.size());
    if (!file.has(std::string(prefix) + "head")) return events;
    const int64_t *head =
        file.tensor(std::string(prefix) + "head").data_ptr<int64_t>();
    events.push_back({prefix, static_cast<EventKind>(head[0]),
                      static_cast<size_t>(head[1] - 1), head[2], head[3],
                      head[6], head[7] == 1});
  }
}

}  // namespace sam2::test
