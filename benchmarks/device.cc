// Whole frames of a model on a device: time, memory, and how far the masks are
// from those of the CPU in float32. Prints a row of a Markdown table for each
// number of objects; see gpu.sh.
#include <glib.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <sstream>
#include <vector>

#include "base/error.h"
#include "engine/engine.h"
#include "gpu/cpu_allocator.h"
#include "tool_options.h"

extern "C" const sam2::EngineApi *sam2_engine_api(void);

namespace sam2 {
namespace {

constexpr SizePx kFrame = {1920, 1080};
constexpr double kMiB = 1 << 20;

struct Options {
  ModelSettings model;
  std::vector<int> objects;
  int frames = 30;
  int compared_frames = 4;
  int compared_objects = 5;
};

std::vector<int> numbers(const std::string &text) {
  std::istringstream in(text);
  std::vector<int> out;
  for (int number = 0; in >> number; in.ignore()) out.push_back(number);
  if (out.empty()) refuse_use("Give --objects numbers, as in 1,5,16.");
  return out;
}

Options parse(int argc, char **argv) {
  Options options;
  ModelOptions model;
  gchar *objects = nullptr;
  gdouble fraction = 0.9;
  const GOptionEntry entries[] = {
      {"objects", 'o', 0, G_OPTION_ARG_STRING, &objects,
       "Numbers of objects, growing (default: 1,5,16)", "N,N..."},
      {"frames", 'n', 0, G_OPTION_ARG_INT, &options.frames,
       "Frames that are timed (default: 30)", "N"},
      {"compare", 'c', 0, G_OPTION_ARG_INT, &options.compared_frames,
       "Frames compared with the CPU, 0 = none (default: 4)", "N"},
      {"compare-objects", 0, 0, G_OPTION_ARG_INT, &options.compared_objects,
       "Most objects that are compared (default: 5)", "N"},
      {"memory-fraction", 'f', 0, G_OPTION_ARG_DOUBLE, &fraction,
       "Of the device's memory (default: 0.9)", "SHARE"},
      {}};
  const OptionContextPtr context(g_option_context_new(nullptr));
  g_option_context_set_summary(context.get(),
                               "Times a model on a device, and compares it.");
  g_option_context_add_main_entries(context.get(), entries, nullptr);
  model.add_to(context.get());
  parse_options(context.get(), &argc, &argv);
  const std::unique_ptr<gchar, decltype(&g_free)> owner(objects, g_free);
  options.model = model.settings();
  options.model.memory.fraction = fraction;
  options.objects = numbers(text_or(objects, "1,5,16"));
  return options;
}

// Where object `id` is in a frame: it goes around a place of its own.
PointPrompt centre(int id, int frame) {
  const double angle = 0.1 * frame + id;
  return {static_cast<float>(240 + 480 * (id % 4) + 60 * std::cos(angle)),
          static_cast<float>(140 + 260 * (id / 4 % 4) + 60 * std::sin(angle)),
          true};
}

constexpr float kRadius = 70;

// Disks of different colours on a background that is nowhere the same.
std::vector<uint8_t> picture(int objects, int frame) {
  std::vector<uint8_t> rgb(size_t{3} * kFrame.width * kFrame.height);
  for (int y = 0; y < kFrame.height; ++y)
    for (int x = 0; x < kFrame.width; ++x) {
      uint8_t *pixel = &rgb[3 * (size_t{1} * y * kFrame.width + x)];
      for (int c = 0; c < 3; ++c)
        pixel[c] = static_cast<uint8_t>(80 + 40 * std::sin(x * 0.01 * (c + 1)) +
                                        y % 32);
    }
  for (int id = 0; id < objects; ++id) {
    const PointPrompt at = centre(id, frame);
    for (int y = -static_cast<int>(kRadius); y < kRadius; ++y)
      for (int x = -static_cast<int>(kRadius); x < kRadius; ++x) {
        if (x * x + y * y > kRadius * kRadius) continue;
        const auto row = static_cast<size_t>(at.y_px + y);
        uint8_t *pixel =
            &rgb[3 * (row * kFrame.width + static_cast<size_t>(at.x_px + x))];
        pixel[id % 3] = 230;
        pixel[(id + 1) % 3] = static_cast<uint8_t>(40 * (id % 5));
      }
  }
  return rgb;
}

// A stream with so many objects from its first frame on.
class Run {
 public:
  Run(const Engine &engine, int objects)
      : tracker_(engine.create_tracker({})), objects_(objects) {
    for (int id = 0; id < objects; ++id) {
      Prompt prompt;
      prompt.object_id = id;
      const PointPrompt at = centre(id, 0);
      prompt.box =
          BoxPx{at.x_px - kRadius, at.y_px - kRadius, 2 * kRadius, 2 * kRadius};
      tracker_->add_prompt(prompt);
    }
  }

  // The next frame, and the milliseconds it took.
  FrameResult step(double *ms = nullptr) {
    const auto rgb = picture(objects_, frame_++);
    const auto start = std::chrono::steady_clock::now();
    FrameResult result = tracker_->track(ImageView{
        rgb.data(), kFrame.width, kFrame.height, int64_t{3} * kFrame.width});
    const std::chrono::duration<double, std::milli> passed =
        std::chrono::steady_clock::now() - start;
    if (ms) *ms = passed.count();
    return result;
  }

 private:
  std::unique_ptr<StreamTracker> tracker_;
  int objects_;
  int frame_ = 0;
};

std::vector<FrameResult> first_frames(const Engine &engine, int objects,
                                      int frames) {
  Run run(engine, objects);
  std::vector<FrameResult> results;
  while (static_cast<int>(results.size()) < frames)
    results.push_back(run.step());
  return results;
}

// Intersection over union of two masks cut out in their boxes; 1 if both are
// empty.
double iou(const ObjectResult &a, const ObjectResult &b) {
  std::vector<uint8_t> canvas(size_t{1} * kFrame.width * kFrame.height);
  int64_t common = 0, all = 0;
  for (const ObjectResult *object : {&a, &b})
    for (int y = 0; y < object->mask.height; ++y)
      for (int x = 0; x < object->mask.width; ++x) {
        const size_t row = static_cast<size_t>(object->box.y) + y;
        uint8_t &seen =
            canvas[row * kFrame.width + static_cast<size_t>(object->box.x) + x];
        if (object->mask.pixels[size_t{1} * y * object->mask.width + x] == 0)
          continue;
        (seen ? common : all) += 1;
        seen = 1;
      }
  return all == 0 ? 1 : static_cast<double>(common) / static_cast<double>(all);
}

std::string agreement(const std::vector<FrameResult> &found,
                      const std::vector<FrameResult> &expected) {
  double sum = 0, least = 1;
  int count = 0;
  for (size_t f = 0; f < expected.size(); ++f)
    for (size_t i = 0; i < expected[f].objects.size(); ++i, ++count) {
      const double value = iou(found[f].objects.at(i), expected[f].objects[i]);
      sum += value;
      least = std::min(least, value);
    }
  if (count == 0) return "- | -";
  char text[32];
  std::snprintf(text, sizeof text, "%.4f | %.4f", sum / count, least);
  return text;
}

double median_ms(const Engine &engine, int objects, int frames) {
  Run run(engine, objects);
  std::vector<double> times(static_cast<size_t>(frames));
  for (double &ms : times) run.step(&ms);
  std::nth_element(times.begin(), times.begin() + frames / 2, times.end());
  return times[static_cast<size_t>(frames) / 2];
}

// By number of objects, of the CPU in float32.
using Expected = std::vector<std::vector<FrameResult>>;
Expected expected(const Options &options) {
  Expected results(options.objects.size());
  if (options.compared_frames == 0) return results;
  ModelSettings settings = options.model;
  settings.device = "cpu";
  settings.precision = Precision::kFp32;
  settings.memory = {};
  const auto engine = sam2_engine_api()->open(settings);
  for (size_t i = 0; i < results.size(); ++i)
    if (options.objects[i] <= options.compared_objects)
      results[i] =
          first_frames(*engine, options.objects[i], options.compared_frames);
  return results;
}

void print_row(const Engine &engine, const Options &options, int objects,
               const std::vector<FrameResult> &reference) {
  const ModelInfo info = engine.info();
  std::printf("| %s | %s | %s | %.3f | %d | ", info.variant.c_str(),
              info.device.c_str(), info.precision.c_str(),
              options.model.memory.fraction, objects);
  std::fflush(stdout);
  try {
    const auto found =
        first_frames(engine, objects, static_cast<int>(reference.size()));
    const double ms = median_ms(engine, objects, options.frames);
    const MemoryReport memory = engine.memory();
    std::printf("%s | %.1f | %.1f | %.0f | %.0f |\n",
                agreement(found, reference).c_str(), ms, 1000 / ms,
                static_cast<double>(memory.weights_bytes) / kMiB,
                static_cast<double>(memory.peak_bytes) / kMiB);
  } catch (const Error &error) {
    std::printf("%s | | | | | |\n", error.what());
  }
  std::fflush(stdout);
}

void measure(const Options &options) {
  const Expected reference = expected(options);
  reset_cpu_memory_peak();
  const auto engine = sam2_engine_api()->open(options.model);
  for (size_t i = 0; i < options.objects.size(); ++i)
    print_row(*engine, options, options.objects[i], reference[i]);
}

}  // namespace
}  // namespace sam2

int main(int argc, char **argv) {
  try {
    sam2::measure(sam2::parse(argc, argv));
  } catch (const sam2::Error &error) {
    std::fprintf(stderr, "sam2-bench-device: %s\n", error.what());
    return 1;
  }
  return 0;
}
