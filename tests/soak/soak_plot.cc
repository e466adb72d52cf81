// Draws the samples of a soak, and judges them: soak-plot soak.csv memory.png
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <opencv2/imgcodecs.hpp>
#include <string>
#include <vector>

#include "base/error.h"
#include "eval/line_plot.h"
#include "soak_ledger.h"

namespace {

using sam2::SoakSample;

// Powers of ten, in bytes, at the ends of the axis.
constexpr double kBottom = 4, kTop = 12;
constexpr const char *kUnits[] = {"10 kB", "100 kB", "1 MB",
                                  "10 MB", "100 MB", "1 GB",
                                  "10 GB", "100 GB", "1 TB"};
// The reference implementation keeps 0.524 MB of memory and 0.262 MB of mask
// logits of each frame and object, at 1024 px, for good.
constexpr double kReferenceBytesPerFrame = 0.79e6;

double height_of(double bytes) {
  return std::clamp(
      (std::log10(std::max(bytes, 1.)) - kBottom) / (kTop - kBottom), 0., 1.);
}

std::vector<sam2::PlotTick> byte_ticks() {
  std::vector<sam2::PlotTick> ticks;
  for (size_t i = 0; i < std::size(kUnits); ++i)
    ticks.push_back({static_cast<double>(i) / (kTop - kBottom), kUnits[i]});
  return ticks;
}

// The most of each of `parts` parts of the stream: single samples would be
// narrower than a pixel.
void draw(sam2::LinePlot &plot, const char *name, const cv::Scalar &colour,
          const std::vector<SoakSample> &samples, int64_t SoakSample::*value) {
  constexpr size_t kParts = 400;
  const size_t length = std::max<size_t>(samples.size() / kParts, 1);
  std::vector<std::pair<double, double>> points;
  for (size_t first = 0; first + length <= samples.size(); first += length) {
    int64_t most = 0;
    for (size_t i = first; i < first + length; ++i)
      most = std::max(most, samples[i].*value);
    points.emplace_back(static_cast<double>(samples[first].frame),
                        height_of(static_cast<double>(most)));
  }
  plot.draw_line(name, colour, points);
}

void draw_reference(sam2::LinePlot &plot, int64_t frames) {
  std::vector<std::pair<double, double>> points;
  constexpr int kPoints = 200;
  for (int i = 1; i <= kPoints; ++i) {
    const double frame = static_cast<double>(frames) * i / kPoints;
    points.emplace_back(frame, height_of(kReferenceBytesPerFrame * frame));
  }
  plot.draw_line("ref. object", {60, 60, 200}, points);
}

cv::Mat picture_of(const std::vector<SoakSample> &samples) {
  const int64_t frames = samples.back().frame;
  sam2::LinePlot plot(static_cast<size_t>(frames) + 1);
  plot.draw_title(
      "sam2track: bytes over frames; red: what an object adds to the "
      "reference");
  plot.draw_value_axis("", byte_ticks());
  draw_reference(plot, frames);
  draw(plot, "process", {30, 30, 30}, samples, &SoakSample::resident);
  draw(plot, "heap", {150, 150, 150}, samples, &SoakSample::heap);
  draw(plot, "tensors", {200, 90, 20}, samples, &SoakSample::in_use);
  draw(plot, "banks", {60, 140, 20}, samples, &SoakSample::banks);
  plot.draw_frame_axis();
  return plot.picture();
}

}  // namespace

int main(int argc, char **argv) {
  if (argc != 3) {
    std::fprintf(stderr, "Usage: %s SAMPLES.csv PICTURE.png\n", argv[0]);
    return 2;
  }
  try {
    const auto samples = sam2::read_soak_csv(argv[1]);
    if (samples.empty())
      throw sam2::Error(sam2::ErrorCode::kUnreadable,
                        std::string("There is no sample in \"") + argv[1] +
                            "\". Let tests/soak.sh run for longer.");
    std::printf("%s", sam2::judge(samples, true).table.c_str());
    if (cv::imwrite(argv[2], picture_of(samples))) return 0;
    std::fprintf(stderr, "Could not write \"%s\".\n", argv[2]);
  } catch (const std::exception &error) {
    std::fprintf(stderr, "%s\n", error.what());
  }
  return 1;
}
