#include "model_loading.h"

#include <optional>
#include <string>

#include "boundary.h"

GST_DEBUG_CATEGORY_EXTERN(sam2track_debug);
#define GST_CAT_DEFAULT sam2track_debug

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

// None if it cannot be opened, whatever the reason: the failure that led here
// says more.
std::shared_ptr<const Engine> opened_or_none(GstElement *element,
                                             const EngineApi &api,
                                             const ModelSettings &settings) {
  try {
    return open_model(element, api, settings);
  } catch (const Error &error) {
    GST_WARNING_OBJECT(element, "%s (%s)", error.what(),
                       error.detail().c_str());
    return nullptr;
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

std::shared_ptr<const Engine> reload_model(GstElement *element,
                                           const EngineApi &api,
                                           const ModelSettings &settings,
                                           const Error &failure,
                                           bool tries_device) {
  std::shared_ptr<const Engine> engine;
  if (tries_device) engine = opened_or_none(element, api, settings);
  ModelSettings on_cpu = settings;
  on_cpu.device = "cpu";
  if (!engine && settings.device == "auto")
    engine = opened_or_none(element, api, on_cpu);
  if (!engine) throw failure;
  post_refusal(element,
               Error(failure.code(),
                     "The device has failed. Tracking goes on on " +
                         engine->info().device +
                         ", from the masks that objects had. Start the "
                         "application again if that is too slow.",
                     failure.detail()));
  return engine;
}

}  // namespace sam2
