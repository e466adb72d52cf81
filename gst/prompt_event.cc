#include "prompt_event.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "boundary.h"
#include "mask_sample.h"

namespace sam2 {
namespace {

constexpr const char *kFields[] = {"object-id", "label",       "box",
                                   "points",    "labels",      "mask",
                                   "remove",    "stream-time", "text"};

[[noreturn]] void refuse(const std::string &what) {
  throw Error(ErrorCode::kSetting,
              std::string("The event ") + kPromptEvent + " " + what);
}

// GLib changes a number's type if it has a rule for it, but it has rules for
// booleans as well.
bool read_integer(const GValue *value, int64_t &number) {
  GValue changed = G_VALUE_INIT;
  g_value_init(&changed, G_TYPE_INT64);
  const GType type = G_VALUE_TYPE(value);
  const bool is_integer = type == G_TYPE_INT || type == G_TYPE_UINT ||
                          type == G_TYPE_INT64 || type == G_TYPE_UINT64;
  if (!is_integer || !g_value_transform(value, &changed)) return false;
  number = g_value_get_int64(&changed);
  return true;
}

bool read_number(const GValue *value, float &number) {
  int64_t integer = 0;
  if (G_VALUE_HOLDS_DOUBLE(value))
    number = static_cast<float>(g_value_get_double(value));
  else if (G_VALUE_HOLDS_FLOAT(value))
    number = g_value_get_float(value);
  else if (read_integer(value, integer))
    number = static_cast<float>(integer);
  else
    return false;
  return true;
}

// A structure and the complaints about it.
class PromptFields {
 public:
  explicit PromptFields(const GstStructure *fields) : fields_(fields) {
    for (gint i = 0; i < gst_structure_n_fields(fields); ++i)
      check_name(gst_structure_nth_field_name(fields, static_cast<guint>(i)));
  }

  bool has(const char *name) const {
    return gst_structure_has_field(fields_, name);
  }
  bool has_only(const char *name) const {
    return has(name) && gst_structure_n_fields(fields_) == 1;
  }

  std::string text(const char *name) const {
    const GValue *value = gst_structure_get_value(fields_, name);
    if (!value) return "";
    if (!G_VALUE_HOLDS_STRING(value)) refuse_type(name, "a string");
    const char *text = g_value_get_string(value);
    return text ? text : "";
  }

  bool flag(const char *name) const {
    const GValue *value = gst_structure_get_value(fields_, name);
    if (value && !G_VALUE_HOLDS_BOOLEAN(value)) refuse_type(name, "a boolean");
    return value && g_value_get_boolean(value);
  }

  std::optional<int64_t> integer(const char *name) const {
    const GValue *value = gst_structure_get_value(fields_, name);
    if (!value) return std::nullopt;
    int64_t number = 0;
    if (!read_integer(value, number)) refuse_type(name, "an integer");
    return number;
  }

  std::vector<float> numbers(const char *name) const {
    std::vector<float> numbers;
    const GValue *value = gst_structure_get_value(fields_, name);
    if (!value) return numbers;
    if (!GST_VALUE_HOLDS_ARRAY(value)) refuse_type(name, "an array of numbers");
    for (guint i = 0; i < gst_value_array_get_size(value); ++i) {
      numbers.push_back(0);
      if (!read_number(gst_value_array_get_value(value, i), numbers.back()))
        refuse_type(name, "an array of numbers");
    }
    return numbers;
  }

  // Empty if it is not there.
  EncodedMask mask(const char *name) const {
    const GValue *value = gst_structure_get_value(fields_, name);
    if (!value) return {};
    if (!GST_VALUE_HOLDS_SAMPLE(value)) refuse_type(name, "a GstSample");
    return encode_mask_sample(gst_value_get_sample(value));
  }

 private:
  static void check_name(const char *name) {
    const auto is_it = [name](const char *known) {
      return g_str_equal(name, known);
    };
    if (std::none_of(std::begin(kFields), std::end(kFields), is_it))
      refuse(std::string("has a field \"") + name +
             "\". Use object-id, label, box, points, labels, mask, "
             "stream-time, remove or text.");
  }

  [[noreturn]] void refuse_type(const char *name, const char *wanted) const {
    refuse(std::string("has a field ") + name + " of type " +
           g_type_name(gst_structure_get_field_type(fields_, name)) +
           ". Give " + wanted + ".");
  }

  const GstStructure *fields_;
};

std::optional<UnresolvedBox> read_box(const PromptFields &fields) {
  if (!fields.has("box")) return std::nullopt;
  const std::vector<float> n = fields.numbers("box");
  if (n.size() != 4)
    refuse("has a box of " + std::to_string(n.size()) +
           " numbers. Give 4: x, y, width, height.");
  return UnresolvedBox{{n[0]}, {n[1]}, {n[2]}, {n[3]}};
}

std::vector<UnresolvedPoint> read_points(const PromptFields &fields) {
  const std::vector<float> n = fields.numbers("points");
  std::vector<float> labels = fields.numbers("labels");
  if (!fields.has("labels")) labels.assign(n.size() / 2, 1);
  if (n.size() != 2 * labels.size())
    refuse("has " + std::to_string(n.size()) + " numbers in points and " +
           std::to_string(labels.size()) +
           " in labels. Give x and y of each point, and one label.");
  std::vector<UnresolvedPoint> points;
  for (size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] != 0 && labels[i] != 1)
      refuse(
          "has a point with a label that is neither 0 nor 1. Give 1 for a "
          "point on the object, else 0.");
    points.push_back({{n[2 * i]}, {n[2 * i + 1]}, labels[i] == 1});
  }
  return points;
}

std::optional<int64_t> read_time(const PromptFields &fields) {
  const auto time_ns = fields.integer("stream-time");
  if (time_ns && *time_ns < 0)
    refuse(
        "has a stream-time below 0. Give nanoseconds, or leave it out for "
        "the next frame.");
  return time_ns;
}

void obey(const PromptFields &fields, PromptDesk &desk) {
  if (fields.has("text")) {
    if (!fields.has_only("text"))
      refuse("has other fields beside text. Send two events.");
    for (TimedPrompt &prompt : parse_prompt_text(fields.text("text")))
      desk.add(std::move(prompt));
    return;
  }
  TimedPrompt prompt;
  prompt.object_id = fields.integer("object-id").value_or(kNewObject);
  if (fields.flag("remove")) return desk.remove_object(prompt.object_id);
  prompt.label = fields.text("label");
  prompt.time_ns = read_time(fields);
  prompt.box = read_box(fields);
  prompt.points = read_points(fields);
  prompt.mask = fields.mask("mask");
  desk.add(std::move(prompt));
}

}  // namespace

bool is_prompt_event(GstEvent *event) {
  return gst_event_has_name(event, kPromptEvent) && !GST_EVENT_IS_STICKY(event);
}

bool obey_prompt_event(GstElement *element, GstEvent *event, PromptDesk &desk) {
  return warned(element, false, [&] {
    obey(PromptFields(gst_event_get_structure(event)), desk);
    return true;
  });
}

}  // namespace sam2
