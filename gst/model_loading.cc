#include "model_loading.h"

#include <string>

namespace sam2 {
namespace {

void post_progress(GstElement *element, GstProgressType type,
                   const std::string &text) {
  gst_element_post_message(
      element, gst_message_new_progress(GST_OBJECT(element), type, "load-model",
                                        text.c_str()));
}

void warn_if_slow(GstElement *element, const EngineApi &api) {
  const std::string warning = api.slow_matmul_warning();
  if (!warning.empty())
    GST_ELEMENT_WARNING(element, LIBRARY, SETTINGS, ("%s", warning.c_str()),
                        (nullptr));
}

std::shared_ptr<const Engine> open_model(GstElement *element,
                                         const EngineApi &api,
                                         const ModelSettings &settings) {
  post_progress(element, GST_PROGRESS_TYPE_START,
                "Loading " + settings.model_file);
  try {
    auto engine = api.open(settings);
    const ModelInfo info = engine->info();
    post_progress(element, GST_PROGRESS_TYPE_COMPLETE,
                  "Loaded " + info.variant + " on " + info.device + " in " +
                      info.precision);
    return engine;
  } catch (...) {
    post_progress(element, GST_PROGRESS_TYPE_ERROR,
                  "Could not load " + settings.model_file);
    throw;
  }
}

}  // namespace

std::shared_ptr<const Engine> load_model(GstElement *element,
                                         const EngineApi &api,
                                         const ModelSettings &settings) {
  auto engine = open_model(element, api, settings);
  warn_if_slow(element, api);
  return engine;
}

}  // namespace sam2
