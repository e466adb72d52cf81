#include "bench_model.h"

#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <glib.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>

#include "base/error.h"
#include "generated_weights.h"
#include "gpu/cpu_allocator.h"
#include "gpu/device.h"
#include "model/model_loader.h"

namespace sam2 {
namespace {

at::ScalarType type_named(const std::string &name, c10::Device device) {
  if (name == "fp32") return at::kFloat;
  if (name == "bf16") return at::kBFloat16;
  if (name == "fp16") return at::kHalf;
  return fastest_type(device);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

std::shared_ptr<const Sam2Model> make_model(const BenchArguments &arguments) {
  install_cpu_allocator();
  const ModelConfig *config = find_config(arguments.variant);
  if (!config)
    throw Error(ErrorCode::kSetting,
                "There is no variant \"" + arguments.variant + "\".");
  const c10::Device device = find_device(arguments.device);
  Checkpoint weights;
  for (const TensorSpec &spec : expected_tensors(*config))
    weights.tensors[spec.name] = generated_weight(spec.name, spec.shape, {});
  return std::make_shared<Sam2Model>(
      load_network(*config, weights, device,
                   type_named(arguments.precision, device)),
      arguments.input_size);
}

void Stopwatch::time(const std::string &name,
                     const std::function<void()> &work) {
  const auto start = std::chrono::steady_clock::now();
  const std::clock_t processor_start = std::clock();
  work();
  if (!device_.is_cpu())
    c10::impl::getDeviceGuardImpl(device_.type())
        ->synchronizeDevice(device_.index());
  const std::clock_t processor = std::clock() - processor_start;
  const std::chrono::duration<double> passed =
      std::chrono::steady_clock::now() - start;
  seconds_[name].push_back(passed.count());
  processor_seconds_[name].push_back(static_cast<double>(processor) /
                                     CLOCKS_PER_SEC);
}

double Stopwatch::median_s(const std::string &name) const {
  return median(seconds_.at(name));
}

double Stopwatch::median_processor_s(const std::string &name) const {
  return median(processor_seconds_.at(name));
}

void Stopwatch::print(const std::string &name) const {
  std::printf("%-32s %8.3f s %8.3f s processor\n", name.c_str(), median_s(name),
              median_processor_s(name));
}

bool parse(int argc, char **argv, const char *summary, BenchArguments &out) {
  gchar *variant = nullptr, *precision = nullptr, *device = nullptr,
        *objects = nullptr;
  const GOptionEntry entries[] = {
      {"variant", 'v', 0, G_OPTION_ARG_STRING, &variant, "Model variant",
       "NAME"},
      {"precision", 'p', 0, G_OPTION_ARG_STRING, &precision,
       "auto, fp32, bf16 or fp16", "TYPE"},
      {"device", 'd', 0, G_OPTION_ARG_STRING, &device, "cpu, cuda, cuda:N",
       "DEVICE"},
      {"input-size", 's', 0, G_OPTION_ARG_INT, &out.input_size,
       "Side of the model input, pixels (0: the model's own)", "N"},
      {"runs", 'n', 0, G_OPTION_ARG_INT, &out.runs, "Runs that count", "N"},
      {"objects", 'o', 0, G_OPTION_ARG_STRING, &objects,
       "Numbers of objects, if they are what is compared", "N,N..."},
      {"group", 'g', 0, G_OPTION_ARG_INT, &out.group,
       "Most objects in one pass (0: the tracker's default)", "N"},
      {}};
  GOptionContext *context = g_option_context_new(summary);
  g_option_context_add_main_entries(context, entries, nullptr);
  GError *error = nullptr;
  const bool is_ok = g_option_context_parse(context, &argc, &argv, &error);
  if (!is_ok) std::fprintf(stderr, "%s\n", error->message);
  g_clear_error(&error);
  g_option_context_free(context);
  if (variant) out.variant = variant;
  if (precision) out.precision = precision;
  if (device) out.device = device;
  if (objects) out.objects = objects;
  for (gchar *text : {variant, precision, device, objects}) g_free(text);
  return is_ok;
}

}  // namespace sam2
