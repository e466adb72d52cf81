#include "io/result_json.h"

#include <charconv>
#include <cmath>

#include "io/json_ptr.h"

namespace sam2 {
namespace {

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
  const SizePx size = object.mask_covers_frame
                          ? SizePx{object.mask.width, object.mask.height}
                          : frame;
  const MaskRuns runs = encode_runs(object.mask, mask_box(object, size), size);
  json_builder_set_member_name(builder, "mask");
  json_builder_begin_object(builder);
  json_builder_set_member_name(builder, "size");
  json_builder_begin_array(builder);
  json_builder_add_int_value(builder, size.height);
  json_builder_add_int_value(builder, size.width);
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
  if (object.is_coasted) {
    json_builder_set_member_name(builder, "coasted");
    json_builder_add_boolean_value(builder, TRUE);
  }
  if (object.kf_score) add_float(builder, "kf_score", *object.kf_score);
  if (object.stable_frames)
    add_int(builder, "stable_frames", *object.stable_frames);
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

}  // namespace sam2
