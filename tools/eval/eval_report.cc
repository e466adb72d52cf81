#include "eval/eval_report.h"

#include <algorithm>

#include "io/json_ptr.h"

namespace sam2 {
namespace {

constexpr double kBytesPerMebibyte = 1024.0 * 1024.0;

std::string padded(const std::string &text, size_t width) {
  return text.size() < width ? std::string(width - text.size(), ' ') + text
                             : text;
}

// The first column stands to the left, the others to the right.
std::string line_of(const std::vector<std::string> &cells) {
  constexpr size_t kWidths[] = {20, 8, 7, 7, 7, 7, 8, 7, 7, 9};
  std::string line = cells[0];
  line.resize(std::max(line.size(), kWidths[0]), ' ');
  for (size_t i = 1; i < cells.size(); ++i)
    line += padded(cells[i], kWidths[i]);
  return line;
}

// J, F, J&F, recall and decay of J.
std::vector<std::string> score_cells(const ScoreSummary &summary) {
  std::vector<std::string> cells;
  for (const double value :
       {summary.region.mean, summary.boundary.mean, summary.mean(),
        summary.region.recall, summary.region.decay}) {
    cells.push_back(decimal_text(value, 3));
  }
  return cells;
}

std::vector<std::string> joined(std::vector<std::string> first,
                                const std::vector<std::string> &second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

struct Means {
  ScoreSummary over_sequences;
  ScoreSummary over_objects;
  size_t objects = 0;
};

Means means_of(const std::vector<SequenceScores> &sequences, bool all_frames) {
  std::vector<ScoreSummary> by_sequence;
  std::vector<ScoreSummary> by_object;
  for (const SequenceScores &scores : sequences) {
    const auto objects = object_summaries(
        scores,
        scored_frames(scores.name, scores.frame_names.size(), all_frames));
    by_sequence.push_back(mean_of(objects));
    by_object.insert(by_object.end(), objects.begin(), objects.end());
  }
  return {mean_of(by_sequence), mean_of(by_object), by_object.size()};
}

void add(JsonBuilder *builder, const char *name, double value) {
  json_builder_set_member_name(builder, name);
  json_builder_add_double_value(builder, value);
}

void add(JsonBuilder *builder, const char *name, int64_t value) {
  json_builder_set_member_name(builder, name);
  json_builder_add_int_value(builder, value);
}

void add(JsonBuilder *builder, const char *name, const std::string &value) {
  const GTextPtr text(g_utf8_make_valid(value.data(), value.size()));
  json_builder_set_member_name(builder, name);
  json_builder_add_string_value(builder, text.get());
}

void add_summary(JsonBuilder *builder, const char *name,
                 const Summary &summary) {
  json_builder_set_member_name(builder, name);
  json_builder_begin_object(builder);
  add(builder, "mean", summary.mean);
  add(builder, "recall", summary.recall);
  add(builder, "decay", summary.decay);
  json_builder_end_object(builder);
}

// Into the object that is open.
void add_scores(JsonBuilder *builder, const ScoreSummary &summary) {
  add(builder, "J&F", summary.mean());
  add_summary(builder, "J", summary.region);
  add_summary(builder, "F", summary.boundary);
}

void add_settings(JsonBuilder *builder, const EvalOptions &options,
                  const ModelInfo &model) {
  json_builder_set_member_name(builder, "settings");
  json_builder_begin_object(builder);
  add(builder, "model", options.model.model_file);
  add(builder, "variant", model.variant);
  add(builder, "device", model.device);
  add(builder, "precision", model.precision);
  add(builder, "input_size", int64_t{model.input_size_px});
  add(builder, "memory_policy", options.tracker.memory_policy);
  add(builder, "prompt", options.prompt_name);
  json_builder_set_member_name(builder, "all_frames");
  json_builder_add_boolean_value(builder, options.all_frames);
  json_builder_end_object(builder);
}

void add_mean(JsonBuilder *builder, const char *name,
              const ScoreSummary &mean) {
  json_builder_set_member_name(builder, name);
  json_builder_begin_object(builder);
  add_scores(builder, mean);
  json_builder_end_object(builder);
}

void add_sequence(JsonBuilder *builder, const SequenceScores &scores,
                  FrameRange scored) {
  const auto objects = object_summaries(scores, scored);
  json_builder_begin_object(builder);
  add(builder, "name", scores.name);
  add(builder, "frames", static_cast<int64_t>(scores.frame_names.size()));
  add(builder, "scored_frames", static_cast<int64_t>(scored.size()));
  add(builder, "fps", scores.fps());
  add(builder, "peak_memory_bytes", scores.peak_memory_bytes);
  add_scores(builder, mean_of(objects));
  json_builder_set_member_name(builder, "objects");
  json_builder_begin_array(builder);
  for (size_t i = 0; i < objects.size(); ++i) {
    json_builder_begin_object(builder);
    add(builder, "id", int64_t{scores.objects[i].label});
    add_scores(builder, objects[i]);
    json_builder_end_object(builder);
  }
  json_builder_end_array(builder);
  json_builder_end_object(builder);
}

std::string indented_text(JsonBuilder *builder) {
  const JsonNodePtr root(json_builder_get_root(builder));
  const JsonGeneratorPtr generator(json_generator_new());
  json_generator_set_root(generator.get(), root.get());
  json_generator_set_pretty(generator.get(), TRUE);
  const GTextPtr text(json_generator_to_data(generator.get(), nullptr));
  return std::string(text.get()) + "\n";
}

std::string csv_line(const SequenceScores &scores, const ObjectScores &object,
                     size_t frame, bool is_scored) {
  return scores.name + "," + scores.frame_names[frame] + "," +
         std::to_string(object.label) + (is_scored ? ",1," : ",0,") +
         decimal_text(object.frames[frame].region, 6) + "," +
         decimal_text(object.frames[frame].boundary, 6) + "\n";
}

}  // namespace

std::string table_header() {
  return line_of({"sequence", "objects", "frames", "J", "F", "J&F", "recall",
                  "decay", "fps", "peak MiB"});
}

std::string table_row(const SequenceScores &scores, FrameRange scored) {
  const auto peak = static_cast<double>(scores.peak_memory_bytes);
  return line_of(
      joined(joined({scores.name, std::to_string(scores.objects.size()),
                     std::to_string(scores.frame_names.size())},
                    score_cells(mean_of(object_summaries(scores, scored)))),
             {decimal_text(scores.fps(), 2),
              decimal_text(peak / kBytesPerMebibyte, 0)}));
}

std::string table_means(const std::vector<SequenceScores> &sequences,
                        bool all_frames) {
  const Means means = means_of(sequences, all_frames);
  const std::string objects = std::to_string(means.objects);
  return line_of(joined({"mean over sequences", objects, ""},
                        score_cells(means.over_sequences))) +
         "\n" +
         line_of(joined({"mean over objects", objects, ""},
                        score_cells(means.over_objects)));
}

std::string json_report(const EvalOptions &options, const ModelInfo &model,
                        const std::vector<SequenceScores> &sequences) {
  const Means means = means_of(sequences, options.all_frames);
  const JsonBuilderPtr builder(json_builder_new());
  json_builder_begin_object(builder.get());
  add_settings(builder.get(), options, model);
  add_mean(builder.get(), "mean_over_sequences", means.over_sequences);
  add_mean(builder.get(), "mean_over_objects", means.over_objects);
  json_builder_set_member_name(builder.get(), "sequences");
  json_builder_begin_array(builder.get());
  for (const SequenceScores &scores : sequences) {
    add_sequence(builder.get(), scores,
                 scored_frames(scores.name, scores.frame_names.size(),
                               options.all_frames));
  }
  json_builder_end_array(builder.get());
  json_builder_end_object(builder.get());
  return indented_text(builder.get());
}

std::string csv_report(const std::vector<SequenceScores> &sequences,
                       bool all_frames) {
  std::string text = "sequence,frame,object,scored,J,F\n";
  for (const SequenceScores &scores : sequences) {
    const FrameRange scored =
        scored_frames(scores.name, scores.frame_names.size(), all_frames);
    for (size_t i = 0; i < scores.frame_names.size(); ++i) {
      for (const ObjectScores &object : scores.objects) {
        text += csv_line(scores, object, i, scored.contains(i));
      }
    }
  }
  return text;
}

}  // namespace sam2
