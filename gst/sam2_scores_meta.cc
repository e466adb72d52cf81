#include "sam2_scores_meta.h"

#include <new>

#include "gst_ptr.h"

namespace sam2 {
namespace {

constexpr const char *kObjects = "objects";

// A program that links this file may load the plugin, which has it too.
void register_meta() {
  static const GstMetaInfo *const info = [] {
    const GstMetaInfo *registered = gst_meta_get_info(kScoresMeta);
    return registered ? registered
                      : gst_meta_register_custom_simple(kScoresMeta);
  }();
  (void)info;
}

StructurePtr structure_of(const ObjectScore &score) {
  StructurePtr fields(gst_structure_new(
      "object", "object-id", G_TYPE_INT64, gint64{score.object_id},
      "object-score", G_TYPE_DOUBLE, gdouble{score.object_score}, "coasted",
      G_TYPE_BOOLEAN, gboolean{score.is_coasted}, nullptr));
  if (score.kf_score)
    gst_structure_set(fields.get(), "kf-score", G_TYPE_DOUBLE,
                      gdouble{*score.kf_score}, nullptr);
  if (score.stable_frames)
    gst_structure_set(fields.get(), "stable-frames", G_TYPE_INT,
                      gint{*score.stable_frames}, nullptr);
  return fields;
}

void append(GValue *list, const ObjectScore &score) {
  GValue value = G_VALUE_INIT;
  g_value_init(&value, GST_TYPE_STRUCTURE);
  g_value_take_boxed(&value, structure_of(score).release());
  gst_value_array_append_and_take_value(list, &value);
}

std::optional<ObjectScore> score_of(const GValue *value) {
  if (!GST_VALUE_HOLDS_STRUCTURE(value)) return std::nullopt;
  const GstStructure *fields = gst_value_get_structure(value);
  gint64 id = 0;
  gdouble number = 0;
  gboolean is_coasted = FALSE;
  if (!gst_structure_get(fields, "object-id", G_TYPE_INT64, &id, "object-score",
                         G_TYPE_DOUBLE, &number, "coasted", G_TYPE_BOOLEAN,
                         &is_coasted, nullptr))
    return std::nullopt;
  ObjectScore score{
      id, static_cast<float>(number), is_coasted != FALSE, {}, {}};
  if (gst_structure_get_double(fields, "kf-score", &number))
    score.kf_score = static_cast<float>(number);
  gint frames = 0;
  if (gst_structure_get_int(fields, "stable-frames", &frames))
    score.stable_frames = frames;
  return score;
}

}  // namespace

void add_scores_meta(GstBuffer *buffer,
                     const std::vector<ObjectScore> &scores) {
  register_meta();
  GstCustomMeta *meta = gst_buffer_get_custom_meta(buffer, kScoresMeta);
  if (!meta) meta = gst_buffer_add_custom_meta(buffer, kScoresMeta);
  if (!meta) throw std::bad_alloc();
  GstStructure *structure = gst_custom_meta_get_structure(meta);
  GValue list = G_VALUE_INIT;
  g_value_init(&list, GST_TYPE_ARRAY);
  const GValue *known = gst_structure_get_value(structure, kObjects);
  if (known) g_value_copy(known, &list);
  for (const ObjectScore &score : scores) append(&list, score);
  gst_structure_take_value(structure, kObjects, &list);
}

std::vector<ObjectScore> read_scores(GstBuffer *buffer) {
  GstCustomMeta *meta = gst_buffer_get_custom_meta(buffer, kScoresMeta);
  const GValue *list = meta ? gst_structure_get_value(
                                  gst_custom_meta_get_structure(meta), kObjects)
                            : nullptr;
  std::vector<ObjectScore> scores;
  if (!list || !GST_VALUE_HOLDS_ARRAY(list)) return scores;
  for (guint i = 0; i < gst_value_array_get_size(list); ++i)
    if (const auto score = score_of(gst_value_array_get_value(list, i)))
      scores.push_back(*score);
  return scores;
}

}  // namespace sam2
