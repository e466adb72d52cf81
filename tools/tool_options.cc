#include "tool_options.h"

#include "base/error.h"
#include "io/bundled_model.h"
#include "io/json_ptr.h"

namespace sam2 {
namespace {

Precision precision_named(const std::string &name) {
  const struct {
    const char *name;
    Precision precision;
  } kPrecisions[] = {
      {"auto", Precision::kAuto}, {"fp32", Precision::kFp32},
      {"tf32", Precision::kTf32}, {"bf16", Precision::kBf16},
      {"fp16", Precision::kFp16},
  };
  for (const auto &row : kPrecisions) {
    if (name == row.name) return row.precision;
  }
  refuse_use("There is no precision \"" + name +
             "\". Give --precision auto, fp32, tf32, bf16 or fp16.");
}

}  // namespace

void refuse_use(const std::string &sentence) {
  throw Error(ErrorCode::kSetting, sentence);
}

void parse_options(GOptionContext *context, int *argc, char ***argv) {
  GError *raw_error = nullptr;
  if (g_option_context_parse(context, argc, argv, &raw_error)) return;
  const GErrorPtr error(raw_error);
  refuse_use(std::string(error->message) + ".");
}

std::string text_or(const gchar *text, const char *fallback) {
  return text != nullptr ? text : fallback;
}

ModelOptions::~ModelOptions() {
  for (gchar *text : {model_, type_, device_, precision_, policy_})
    g_free(text);
}

void ModelOptions::add_to(GOptionContext *context) {
  const GOptionEntry entries[] = {
      {"model", 'm', 0, G_OPTION_ARG_FILENAME, &model_,
       "SAM 2 checkpoint, .pt or .safetensors (default: the bundled model)",
       "FILE"},
      {"model-type", 0, 0, G_OPTION_ARG_STRING, &type_,
       "Refuse a model that is not tiny, small, base-plus, large, nano, "
       "edgetam, efficienttam-s, efficienttam-ti or, say, sam2.1-tiny "
       "(default: auto, take any)",
       "NAME"},
      {"device", 0, 0, G_OPTION_ARG_STRING, &device_,
       "auto, cpu, cuda or cuda:N (default: auto)", "NAME"},
      {"precision", 0, 0, G_OPTION_ARG_STRING, &precision_,
       "auto, fp32, tf32 (GPUs), bf16 or fp16 (default: auto)", "NAME"},
      {"input-size", 0, 0, G_OPTION_ARG_INT, &input_size_,
       "Side of the model's input in pixels (default: the model's own)", "N"},
      {"memory-policy", 0, 0, G_OPTION_ARG_STRING, &policy_,
       "Which frames are remembered: recent, samurai or distractor (default: "
       "recent)",
       "NAME"},
      {},
  };
  g_option_context_add_main_entries(context, entries, nullptr);
}

ModelSettings ModelOptions::settings() const {
  if (input_size_ < 0) {
    refuse_use("The input size " + std::to_string(input_size_) +
               " is negative. Give --input-size in pixels.");
  }
  ModelSettings settings;
  settings.model_file = model_ != nullptr ? model_ : bundled_model();
  settings.model_type = text_or(type_, "auto");
  settings.device = text_or(device_, "auto");
  settings.precision = precision_named(text_or(precision_, "auto"));
  settings.input_size_px = input_size_;
  return settings;
}

std::string ModelOptions::memory_policy() const {
  return text_or(policy_, "recent");
}

}  // namespace sam2
