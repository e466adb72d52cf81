#include <cmath>
#include <limits>
#include <utility>

#include "base/error.h"
#include "base/nearest_pixel.h"
#include "io/json_ptr.h"
#include "io/json_text.h"
#include "io/result_json.h"

namespace sam2 {
namespace {

constexpr const char *kAdvice = ". Give NDJSON as sam2jsonenc writes it.";
// Whole numbers up to here are exact in a float, and sums of two fit an int.
constexpr double kMaxCoordinatePx = 1 << 24;

std::string quoted(const char *name) { return "\"" + std::string(name) + "\""; }

bool holds_text(JsonNode *node) {
  return JSON_NODE_HOLDS_VALUE(node) &&
         json_node_get_value_type(node) == G_TYPE_STRING;
}

bool holds_number(JsonNode *node) {
  if (!JSON_NODE_HOLDS_VALUE(node)) return false;
  const GType type = json_node_get_value_type(node);
  return type == G_TYPE_INT64 || type == G_TYPE_DOUBLE;
}

// A member of an object, or one element of the array in it; `node` is null
// where there is none.
struct Field {
  JsonObject *object = nullptr;
  const char *name = nullptr;
  JsonNode *node = nullptr;
};

Field field_of(JsonObject *object, const char *name) {
  JsonNode *node = json_object_get_member(object, name);
  if (node != nullptr && JSON_NODE_HOLDS_NULL(node)) node = nullptr;
  return {object, name, node};
}

// Where members end, as a parser reports them.
class Columns {
 public:
  explicit Columns(JsonParser *parser) {
    g_signal_connect(parser, "object-member", G_CALLBACK(add), this);
    g_signal_connect(parser, "object-end", G_CALLBACK(add_end), this);
    g_signal_connect(parser, "error", G_CALLBACK(set_error), this);
  }
  Columns(const Columns &) = delete;
  Columns &operator=(const Columns &) = delete;

  // Of the member; of the object's end if it has no such member.
  guint of(JsonObject *object, const char *name) const {
    guint end = 0;
    for (const Entry &entry : entries_) {
      if (entry.object != object) continue;
      if (entry.name == name) return entry.column;
      if (entry.name.empty()) end = entry.column;
    }
    return end;
  }

  guint of_error() const { return error_; }

 private:
  struct Entry {
    JsonObject *object;
    std::string name;  // empty at the end of the object
    guint column;
  };

  static void add(JsonParser *parser, JsonObject *object, const char *name,
                  gpointer self) {
    static_cast<Columns *>(self)->entries_.push_back(
        {object, name, json_parser_get_current_pos(parser)});
  }
  static void add_end(JsonParser *parser, JsonObject *object, gpointer self) {
    add(parser, object, "", self);
  }
  static void set_error(JsonParser *parser, gpointer, gpointer self) {
    static_cast<Columns *>(self)->error_ = json_parser_get_current_pos(parser);
  }

  std::vector<Entry> entries_;
  guint error_ = 0;
};

class ResultLineParser {
 public:
  ResultLineParser(std::string_view line, const std::string &name)
      : name_(name), parser_(json_parser_new()), columns_(parser_.get()) {
    const std::string excess = excess_of_json(line, JsonLimits{});
    if (!excess.empty()) refuse_at(0, excess);
    GError *raw_error = nullptr;
    if (json_parser_load_from_data(parser_.get(), line.data(), line.size(),
                                   &raw_error))
      return;
    const GErrorPtr error(raw_error);
    refuse_at(columns_.of_error(), "it is not JSON", error->message);
  }

  ResultLine read() {
    JsonNode *root = json_parser_get_root(parser_.get());
    if (root == nullptr || !JSON_NODE_HOLDS_OBJECT(root))
      refuse_at(0, "it is not a JSON object");
    JsonObject *json = json_node_get_object(root);
    read_frame(json);
    const Field pts = field_of(json, "pts");
    if (pts.node != nullptr)
      line_.pts_ns = int_of(pts, 0, std::numeric_limits<int64_t>::max());
    return std::move(line_);
  }

 private:
  std::string place(guint column) const {
    return name_ +
           (column != 0 ? ", column " + std::to_string(column) : std::string());
  }

  [[noreturn]] void refuse_at(guint column, const std::string &reason,
                              const std::string &detail = {}) const {
    throw Error(ErrorCode::kUnreadable,
                "Could not read " + place(column) + ": " + reason + kAdvice,
                detail);
  }

  [[noreturn]] void refuse(const Field &field,
                           const std::string &reason) const {
    refuse_at(columns_.of(field.object, field.name),
              quoted(field.name) + " " + reason);
  }

  int64_t int_of(const Field &field, int64_t lowest, int64_t highest) const {
    if (field.node == nullptr) refuse(field, "is missing");
    if (!JSON_NODE_HOLDS_VALUE(field.node) ||
        json_node_get_value_type(field.node) != G_TYPE_INT64)
      refuse(field, "is not a whole number");
    const int64_t value = json_node_get_int(field.node);
    if (value < lowest || value > highest)
      refuse(field, "is " + std::to_string(value));
    return value;
  }

  float float_of(const Field &field, double highest) const {
    if (field.node == nullptr) return 0;
    if (!holds_number(field.node)) refuse(field, "is not a number");
    const double value = json_node_get_double(field.node);
    if (!(std::abs(value) <= highest)) refuse(field, "is too large a number");
    return static_cast<float>(value);
  }

  // Of `length` elements; nullptr if there is none.
  JsonArray *array_of(const Field &field, guint length) const {
    if (field.node == nullptr) return nullptr;
    if (!JSON_NODE_HOLDS_ARRAY(field.node) ||
        json_array_get_length(json_node_get_array(field.node)) != length)
      refuse(field,
             "is not an array of " + std::to_string(length) + " numbers");
    return json_node_get_array(field.node);
  }

  JsonObject *object_of(const Field &field) const {
    if (!JSON_NODE_HOLDS_OBJECT(field.node)) refuse(field, "is not an object");
    return json_node_get_object(field.node);
  }

  // What `read` returns; where it throws, the place in the line comes first.
  template <typename Read>
  auto with_place(const Field &field, Read read) const {
    try {
      return read();
    } catch (const Error &error) {
      throw Error(ErrorCode::kUnreadable,
                  "Could not read " +
                      place(columns_.of(field.object, field.name)) + ". " +
                      error.user_text());
    }
  }

  MaskRuns runs_of(JsonObject *mask) const {
    const Field counts = field_of(mask, "counts");
    if (counts.node == nullptr) refuse(counts, "is missing");
    if (JSON_NODE_HOLDS_ARRAY(counts.node)) return runs_of_array(counts);
    if (!holds_text(counts.node))
      refuse(counts, "is neither a string nor an array");
    return with_place(counts, [&] {
      return runs_from_text(json_node_get_string(counts.node));
    });
  }

  MaskRuns runs_of_array(const Field &counts) const {
    JsonArray *array = json_node_get_array(counts.node);
    MaskRuns runs;
    for (guint i = 0; i < json_array_get_length(array); ++i) {
      const Field run{counts.object, counts.name,
                      json_array_get_element(array, i)};
      runs.push_back(static_cast<uint32_t>(
          int_of(run, 0, std::numeric_limits<uint32_t>::max())));
    }
    return runs;
  }

  SizePx mask_size(JsonObject *mask) const {
    const Field size = field_of(mask, "size");
    JsonArray *array = array_of(size, 2);
    if (array == nullptr) refuse(size, "of a mask is missing");
    const auto side = [&](guint i) {
      return int_of({mask, "size", json_array_get_element(array, i)}, 1,
                    kMaxRleSidePx);
    };
    return {static_cast<int>(side(1)), static_cast<int>(side(0))};
  }

  EncodedMask read_mask(const Field &field, ObjectResult *object) {
    JsonObject *mask = object_of(field);
    const SizePx frame = line_.result.frame_size;
    const SizePx size = mask_size(mask);
    MaskRuns runs = runs_of(mask);
    const BoxPx box = with_place(field_of(mask, "counts"),
                                 [&] { return box_of_runs(runs, size); });
    object->box = shown_box(box, size, frame);
    object->mask_covers_frame = size != frame;
    mask_pixels_ += object->mask_covers_frame
                        ? int64_t{size.width} * size.height
                        : static_cast<int64_t>(box.width) *
                              static_cast<int64_t>(box.height);
    if (mask_pixels_ > kMaxLineMaskPixels)
      refuse(field, "makes more than " + std::to_string(kMaxLineMaskPixels) +
                        " pixels of masks on one line");
    return {size, std::move(runs)};
  }

  void read_box(const Field &field, ObjectResult *object) const {
    JsonArray *box = array_of(field, 4);
    if (box == nullptr) return;
    const auto at = [&](guint i) {
      return float_of(
          {field.object, field.name, json_array_get_element(box, i)},
          kMaxCoordinatePx);
    };
    object->box = {at(0), at(1), at(2), at(3)};
  }

  ObjectResult read_scores(JsonObject *json) const {
    constexpr double kMaxFloat = std::numeric_limits<float>::max();
    ObjectResult object;
    object.object_id = int_of(field_of(json, "id"), kUntrackedId,
                              std::numeric_limits<int64_t>::max());
    const Field label = field_of(json, "label");
    if (label.node != nullptr) {
      if (!holds_text(label.node)) refuse(label, "is not a string");
      object.label = json_node_get_string(label.node);
    }
    object.predicted_iou = float_of(field_of(json, "iou"), kMaxFloat);
    object.object_score = float_of(field_of(json, "object_score"), kMaxFloat);
    object.is_lost = flag_of(field_of(json, "lost"));
    object.is_coasted = flag_of(field_of(json, "coasted"));
    const Field kf_score = field_of(json, "kf_score");
    if (kf_score.node != nullptr)
      object.kf_score = float_of(kf_score, kMaxFloat);
    const Field stable_frames = field_of(json, "stable_frames");
    if (stable_frames.node != nullptr)
      object.stable_frames = static_cast<int>(
          int_of(stable_frames, 0, std::numeric_limits<int>::max()));
    return object;
  }

  // False if it is not there.
  bool flag_of(const Field &field) const {
    if (field.node == nullptr) return false;
    if (!JSON_NODE_HOLDS_VALUE(field.node) ||
        json_node_get_value_type(field.node) != G_TYPE_BOOLEAN)
      refuse(field, "is neither true nor false");
    return json_node_get_boolean(field.node);
  }

  void read_object(const Field &field) {
    JsonObject *json = object_of(field);
    ObjectResult object = read_scores(json);
    read_box(field_of(json, "box"), &object);
    const Field mask = field_of(json, "mask");
    line_.masks.push_back(mask.node != nullptr ? read_mask(mask, &object)
                                               : EncodedMask());
    line_.result.objects.push_back(std::move(object));
  }

  void read_frame(JsonObject *json) {
    const auto side = [&](const char *name) {
      return static_cast<int>(int_of(field_of(json, name), 1, kMaxRleSidePx));
    };
    line_.result.frame_index =
        int_of(field_of(json, "frame"), 0, std::numeric_limits<int64_t>::max());
    line_.result.frame_size = {side("width"), side("height")};
    const Field objects = field_of(json, "objects");
    if (objects.node == nullptr) refuse(objects, "is missing");
    if (!JSON_NODE_HOLDS_ARRAY(objects.node))
      refuse(objects, "is not an array");
    JsonArray *array = json_node_get_array(objects.node);
    const guint count = json_array_get_length(array);
    if (count > kMaxLineObjects)
      refuse(objects, "has " + std::to_string(count) + " objects, more than " +
                          std::to_string(kMaxLineObjects));
    for (guint i = 0; i < count; ++i)
      read_object({json, "objects", json_array_get_element(array, i)});
  }

  const std::string &name_;
  JsonParserPtr parser_;
  Columns columns_;
  ResultLine line_;
  int64_t mask_pixels_ = 0;
};

}  // namespace

ResultLine parse_result_line(std::string_view line, const std::string &name) {
  return ResultLineParser(line, name).read();
}

TimedResult decode_masks(ResultLine line) {
  for (size_t i = 0; i < line.masks.size(); ++i) {
    const EncodedMask &mask = line.masks[i];
    ObjectResult &object = line.result.objects[i];
    if (mask.is_empty() || object.box.is_empty()) continue;
    object.mask = object.mask_covers_frame
                      ? decode_frame(mask)
                      : decode_runs(mask.runs, mask.frame).mask;
  }
  return {std::move(line.result), line.pts_ns};
}

TimedResult result_from_json(std::string_view line) {
  return decode_masks(parse_result_line(line));
}

}  // namespace sam2
