#include "io/result_json.h"

#include <charconv>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "io/json_ptr.h"
#include "io/json_text.h"
#include "io/mask_rle.h"

namespace sam2 {
namespace {

// Ours has 5 levels; leaves room for other tools' fields.
constexpr int kMaxLevels = 32;

// ---- writing ----

void add_int(JsonBuilder *builder, const char *name, int64_t value) {
  json_builder_set_member_name(builder, name);
  json_builder_add_int_value(builder, value);
}

// JSON has no infinity: such a number is written as null.
void add_float(JsonBuilder *builder, float value) {
  if (!std::isfinite(value)) {
    json_builder_add_null_value(builder);
    return;
  }
  // By way of the shortest text, so that 0.9f becomes the double nearest to
  // 0.9 and not 0.89999997615814209.
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  double number = 0;
  std::from_chars(text, end, number);
  json_builder_add_double_value(builder, number);
}

void add_float(JsonBuilder *builder, const char *name, float value) {
  json_builder_set_member_name(builder, name);
  add_float(builder, value);
}

void add_box(JsonBuilder *builder, const BoxPx &box) {
  json_builder_set_member_name(builder, "box");
  json_builder_begin_array(builder);
  for (const float value : {box.x, box.y, box.width, box.height}) {
    if (value == std::floor(value)) {
      json_builder_add_int_value(builder, static_cast<gint64>(value));
    } else {
      add_float(builder, value);
    }
  }
  json_builder_end_array(builder);
}

void add_mask(JsonBuilder *builder, const ObjectResult &object, SizePx frame) {
  const MaskRuns runs = encode_runs(object.mask, object.box, frame);
  json_builder_set_member_name(builder, "mask");
  json_builder_begin_object(builder);
  json_builder_set_member_name(builder, "size");
  json_builder_begin_array(builder);
  json_builder_add_int_value(builder, frame.height);
  json_builder_add_int_value(builder, frame.width);
  json_builder_end_array(builder);
  json_builder_set_member_name(builder, "counts");
  json_builder_add_string_value(builder, text_from_runs(runs).c_str());
  json_builder_end_object(builder);
}

void add_object(JsonBuilder *builder, const ObjectResult &object,
                SizePx frame) {
  json_builder_begin_object(builder);
  add_int(builder, "id", object.object_id);
  if (!object.label.empty()) {
    const GTextPtr label(
        g_utf8_make_valid(object.label.data(), object.label.size()));
    json_builder_set_member_name(builder, "label");
    json_builder_add_string_value(builder, label.get());
  }
  add_box(builder, object.box);
  add_float(builder, "iou", object.predicted_iou);
  add_float(builder, "object_score", object.object_score);
  json_builder_set_member_name(builder, "lost");
  json_builder_add_boolean_value(builder, object.is_lost);
  if (!object.is_lost && !object.mask.is_empty()) {
    add_mask(builder, object, frame);
  }
  json_builder_end_object(builder);
}

std::string text_of(JsonBuilder *builder) {
  const JsonNodePtr root(json_builder_get_root(builder));
  const JsonGeneratorPtr generator(json_generator_new());
  json_generator_set_root(generator.get(), root.get());
  gsize length = 0;
  const GTextPtr text(json_generator_to_data(generator.get(), &length));
  return std::string(text.get(), length);
}

// ---- reading ----

[[noreturn]] void refuse(const std::string &reason) {
  throw Error(ErrorCode::kUnreadable,
              "Could not read a line of results: " + reason +
                  ". Give NDJSON as sam2jsonenc writes it.");
}

std::string quoted(const char *name) { return "\"" + std::string(name) + "\""; }

JsonNode *member(JsonObject *object, const char *name) {
  JsonNode *node = json_object_get_member(object, name);
  return node == nullptr || JSON_NODE_HOLDS_NULL(node) ? nullptr : node;
}

bool holds_number(JsonNode *node) {
  if (!JSON_NODE_HOLDS_VALUE(node)) return false;
  const GType type = json_node_get_value_type(node);
  return type == G_TYPE_INT64 || type == G_TYPE_DOUBLE;
}

int64_t int_of(JsonNode *node, const char *name, int64_t lowest,
               int64_t highest) {
  if (node == nullptr) refuse(quoted(name) + " is missing");
  if (!JSON_NODE_HOLDS_VALUE(node) ||
      json_node_get_value_type(node) != G_TYPE_INT64) {
    refuse(quoted(name) + " is not a whole number");
  }
  const int64_t value = json_node_get_int(node);
  if (value < lowest || value > highest) {
    refuse(quoted(name) + " is " + std::to_string(value));
  }
  return value;
}

float float_of(JsonNode *node, const char *name) {
  if (node == nullptr) return 0;
  if (!holds_number(node)) refuse(quoted(name) + " is not a number");
  return static_cast<float>(json_node_get_double(node));
}

// The array under `name`, of `length` elements; nullptr if there is none.
JsonArray *array_of(JsonObject *object, const char *name, guint length) {
  JsonNode *node = member(object, name);
  if (node == nullptr) return nullptr;
  if (!JSON_NODE_HOLDS_ARRAY(node) ||
      json_array_get_length(json_node_get_array(node)) != length) {
    refuse(quoted(name) + " is not an array of " + std::to_string(length) +
           " numbers");
  }
  return json_node_get_array(node);
}

JsonObject *object_of(JsonNode *node, const char *name) {
  if (!JSON_NODE_HOLDS_OBJECT(node)) refuse(quoted(name) + " is not an object");
  return json_node_get_object(node);
}

MaskRuns runs_of(JsonObject *mask) {
  JsonNode *counts = member(mask, "counts");
  if (counts == nullptr) refuse("\"counts\" is missing");
  if (JSON_NODE_HOLDS_ARRAY(counts)) {
    JsonArray *array = json_node_get_array(counts);
    MaskRuns runs;
    for (guint i = 0; i < json_array_get_length(array); ++i) {
      runs.push_back(static_cast<uint32_t>(
          int_of(json_array_get_element(array, i), "counts", 0,
                 std::numeric_limits<uint32_t>::max())));
    }
    return runs;
  }
  if (!JSON_NODE_HOLDS_VALUE(counts) ||
      json_node_get_value_type(counts) != G_TYPE_STRING) {
    refuse("\"counts\" is neither a string nor an array");
  }
  return runs_from_text(json_node_get_string(counts));
}

void read_mask(JsonNode *node, SizePx frame, ObjectResult *object) {
  JsonObject *mask = object_of(node, "mask");
  JsonArray *size = array_of(mask, "size", 2);
  if (size == nullptr) refuse("\"size\" of a mask is missing");
  const auto side = [size](guint i) {
    return int_of(json_array_get_element(size, i), "size", 1, kMaxRleSidePx);
  };
  if (side(0) != frame.height || side(1) != frame.width) {
    refuse("\"size\" of a mask is not the frame's height and width");
  }
  PlacedMask placed = decode_runs(runs_of(mask), frame);
  object->box = placed.box;
  object->mask = std::move(placed.mask);
}

void read_box(JsonObject *json, ObjectResult *object) {
  JsonArray *box = array_of(json, "box", 4);
  if (box == nullptr) return;
  const auto at = [box](guint i) {
    return float_of(json_array_get_element(box, i), "box");
  };
  object->box = {at(0), at(1), at(2), at(3)};
}

ObjectResult read_object(JsonNode *node, SizePx frame) {
  JsonObject *json = object_of(node, "objects");
  ObjectResult object;
  object.object_id =
      int_of(member(json, "id"), "id", 0, std::numeric_limits<int64_t>::max());
  if (JsonNode *label = member(json, "label")) {
    const char *text = json_node_get_value_type(label) == G_TYPE_STRING
                           ? json_node_get_string(label)
                           : nullptr;
    if (text == nullptr) refuse("\"label\" is not a string");
    object.label = text;
  }
  object.predicted_iou = float_of(member(json, "iou"), "iou");
  object.object_score = float_of(member(json, "object_score"), "object_score");
  if (JsonNode *lost = member(json, "lost")) {
    if (json_node_get_value_type(lost) != G_TYPE_BOOLEAN) {
      refuse("\"lost\" is neither true nor false");
    }
    object.is_lost = json_node_get_boolean(lost);
  }
  read_box(json, &object);
  if (JsonNode *mask = member(json, "mask")) read_mask(mask, frame, &object);
  return object;
}

FrameResult read_frame(JsonObject *json) {
  constexpr int64_t kMaxInt = std::numeric_limits<int64_t>::max();
  const auto side = [json](const char *name) {
    return static_cast<int>(int_of(member(json, name), name, 1, kMaxRleSidePx));
  };
  FrameResult frame;
  frame.frame_index = int_of(member(json, "frame"), "frame", 0, kMaxInt);
  frame.frame_size = {side("width"), side("height")};
  JsonNode *objects = member(json, "objects");
  if (objects == nullptr) refuse("\"objects\" is missing");
  if (!JSON_NODE_HOLDS_ARRAY(objects)) refuse("\"objects\" is not an array");
  JsonArray *array = json_node_get_array(objects);
  for (guint i = 0; i < json_array_get_length(array); ++i) {
    frame.objects.push_back(
        read_object(json_array_get_element(array, i), frame.frame_size));
  }
  return frame;
}

}  // namespace

std::string json_from_result(const FrameResult &result,
                             std::optional<int64_t> pts_ns) {
  const JsonBuilderPtr builder(json_builder_new());
  json_builder_begin_object(builder.get());
  add_int(builder.get(), "frame", result.frame_index);
  json_builder_set_member_name(builder.get(), "pts");
  if (pts_ns) {
    json_builder_add_int_value(builder.get(), *pts_ns);
  } else {
    json_builder_add_null_value(builder.get());
  }
  add_int(builder.get(), "width", result.frame_size.width);
  add_int(builder.get(), "height", result.frame_size.height);
  json_builder_set_member_name(builder.get(), "objects");
  json_builder_begin_array(builder.get());
  for (const ObjectResult &object : result.objects) {
    add_object(builder.get(), object, result.frame_size);
  }
  json_builder_end_array(builder.get());
  json_builder_end_object(builder.get());
  return text_of(builder.get());
}

TimedResult result_from_json(std::string_view line) {
  if (is_nested_deeper(line, kMaxLevels)) refuse("it is nested too deeply");
  const JsonParserPtr parser(json_parser_new());
  GError *raw_error = nullptr;
  if (!json_parser_load_from_data(parser.get(), line.data(), line.size(),
                                  &raw_error)) {
    const GErrorPtr error(raw_error);
    throw Error(ErrorCode::kUnreadable,
                "Could not read a line of results: it is not JSON. Give "
                "NDJSON as sam2jsonenc writes it.",
                error->message);
  }
  JsonNode *root = json_parser_get_root(parser.get());
  if (root == nullptr || !JSON_NODE_HOLDS_OBJECT(root)) {
    refuse("it is not a JSON object");
  }
  JsonObject *json = json_node_get_object(root);
  TimedResult timed;
  timed.result = read_frame(json);
  if (JsonNode *pts = member(json, "pts")) {
    timed.pts_ns = int_of(pts, "pts", 0, std::numeric_limits<int64_t>::max());
  }
  return timed;
}

}  // namespace sam2
