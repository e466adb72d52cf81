#include "sam2_scores_meta.h"

#include <new>

namespace sam2 {
namespace {

constexpr const char *kApiName = "GstSam2ScoresMetaAPI";
constexpr const char *kImplementationName = "GstSam2ScoresMeta";

ScoresMeta *as_scores(GstMeta *meta) {
  return reinterpret_cast<ScoresMeta *>(meta);
}

gboolean init_scores(GstMeta *meta, gpointer, GstBuffer *) noexcept {
  as_scores(meta)->scores = new (std::nothrow) std::vector<ObjectScore>();
  return as_scores(meta)->scores != nullptr;
}

void free_scores(GstMeta *meta, GstBuffer *) noexcept {
  delete as_scores(meta)->scores;
}

// Runs in other elements' threads, where no message can be posted: a copy
// that does not fit into memory is left out.
gboolean transform_scores(GstBuffer *target, GstMeta *meta, GstBuffer *, GQuark,
                          gpointer) noexcept {
  try {
    add_scores_meta(target, *as_scores(meta)->scores);
    return true;
  } catch (...) {
    return false;
  }
}

// A program that links this file may load the plugin, which has it too.
GType api_type() {
  const GType registered = g_type_from_name(kApiName);
  if (registered) return registered;
  static const gchar *no_tags[] = {nullptr};
  return gst_meta_api_type_register(kApiName, no_tags);
}

const GstMetaInfo *registered_info() {
  if (const GstMetaInfo *info = gst_meta_get_info(kImplementationName))
    return info;
  return gst_meta_register(api_type(), kImplementationName, sizeof(ScoresMeta),
                           init_scores, free_scores, transform_scores);
}

}  // namespace

const GstMetaInfo *scores_meta_info() {
  static const GstMetaInfo *const info = registered_info();
  return info;
}

void add_scores_meta(GstBuffer *buffer,
                     const std::vector<ObjectScore> &scores) {
  GstMeta *meta = gst_buffer_get_meta(buffer, scores_meta_info()->api);
  if (!meta) meta = gst_buffer_add_meta(buffer, scores_meta_info(), nullptr);
  if (!meta) throw std::bad_alloc();
  auto &all = *as_scores(meta)->scores;
  all.insert(all.end(), scores.begin(), scores.end());
}

const std::vector<ObjectScore> *find_scores(GstBuffer *buffer) {
  GstMeta *meta = gst_buffer_get_meta(buffer, scores_meta_info()->api);
  return meta ? as_scores(meta)->scores : nullptr;
}

}  // namespace sam2
