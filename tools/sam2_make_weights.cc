// sam2-make-weights: writes a model file whose weights follow from their
// names. It loads like a trained one and costs as much to run; its masks mean
// nothing. Made for tests, measurements and trying pipelines out.
#include <glib.h>

#include <cstdio>
#include <memory>

#include "base/error.h"
#include "generated_weights.h"
#include "io/safetensors.h"
#include "model/config.h"
#include "model/sam2_network.h"

namespace {

constexpr char kDescription[] =
    "Writes a model file with generated weights. It loads and runs like a "
    "trained\nmodel of the same variant, but its masks mean nothing.";

struct Options {
  std::string variant;
  std::string output;
  std::string adjustments;  // file, may be empty
};

std::string variant_names() {
  std::string names;
  for (const sam2::ModelConfig &config : sam2::model_configs())
    names += (names.empty() ? "" : ", ") + config.name;
  return names;
}

// False after a message on the error stream.
bool parse_options(int argc, char **argv, Options *options) {
  gchar *adjustments = nullptr;
  gchar **rest = nullptr;
  const GOptionEntry entries[] = {
      {"seed-adjust", 0, 0, G_OPTION_ARG_FILENAME, &adjustments,
       "JSON file with exceptions to the rules", "FILE"},
      {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &rest, nullptr,
       nullptr},
      {nullptr, 0, 0, G_OPTION_ARG_NONE, nullptr, nullptr, nullptr}};
  const std::unique_ptr<GOptionContext, decltype(&g_option_context_free)>
      context(g_option_context_new("VARIANT OUT.safetensors"),
              &g_option_context_free);
  const std::string variants = "Variants: " + variant_names();
  g_option_context_set_summary(context.get(), kDescription);
  g_option_context_set_description(context.get(), variants.c_str());
  g_option_context_add_main_entries(context.get(), entries, nullptr);
  GError *error = nullptr;
  const bool is_parsed =
      g_option_context_parse(context.get(), &argc, &argv, &error);
  const std::unique_ptr<gchar, decltype(&g_free)> adjustments_owner(adjustments,
                                                                    &g_free);
  const std::unique_ptr<gchar *, decltype(&g_strfreev)> rest_owner(rest,
                                                                   &g_strfreev);
  if (!is_parsed) {
    std::fprintf(stderr, "%s. Run with --help to see the options.\n",
                 error->message);
    g_error_free(error);
    return false;
  }
  if (!rest || g_strv_length(rest) != 2) {
    std::fprintf(stderr,
                 "A variant and the file to write are needed. Variants: %s.\n",
                 variant_names().c_str());
    return false;
  }
  *options = {rest[0], rest[1], adjustments ? adjustments : ""};
  return true;
}

void make_weights(const Options &options) {
  const sam2::ModelConfig *config = sam2::find_config(options.variant);
  if (!config)
    throw sam2::Error(sam2::ErrorCode::kSetting,
                      "There is no variant \"" + options.variant +
                          "\". Use one of " + variant_names() + ".");
  sam2::Adjustments adjustments;
  if (!options.adjustments.empty())
    adjustments = sam2::load_adjustments(options.adjustments);
  std::map<std::string, at::Tensor> tensors;
  for (const sam2::TensorSpec &spec : sam2::expected_tensors(*config))
    tensors[spec.name] =
        sam2::generated_weight(spec.name, spec.shape, adjustments);
  sam2::write_safetensors(options.output, tensors,
                          {{"config", sam2::config_to_json(*config)}});
}

}  // namespace

int main(int argc, char **argv) {
  Options options;
  if (!parse_options(argc, argv, &options)) return 2;
  try {
    make_weights(options);
  } catch (const sam2::Error &error) {
    std::fprintf(stderr, "%s\n", error.user_text().c_str());
    return 1;
  } catch (const std::exception &error) {
    std::fprintf(stderr, "The model file could not be made: %s\n",
                 error.what());
    return 1;
  }
  return 0;
}
