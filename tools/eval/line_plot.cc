#include "eval/line_plot.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

namespace sam2 {
namespace {

constexpr double kTextScale = 0.5;
constexpr size_t kMostFrameTicks = 10;
// More do not fit beside the plot.
constexpr int kMostLegendRows = 16;

const cv::Scalar kWhite(255, 255, 255);
const cv::Scalar kBlack(0, 0, 0);
const cv::Scalar kGrid(220, 220, 220);
const cv::Scalar kShade(240, 240, 240);
// Where the lines are, inside 1000x440.
const cv::Rect kArea(70, 50, 790, 330);

}  // namespace

LinePlot::LinePlot(size_t frames)
    : frames_(frames), picture_(440, 1000, CV_8UC3, kWhite) {}

cv::Point LinePlot::at(double frame, double height) const {
  const double span = static_cast<double>(std::max<size_t>(frames_ - 1, 1));
  return {kArea.x + static_cast<int>(std::lround(frame / span * kArea.width)),
          kArea.br().y - static_cast<int>(std::lround(height * kArea.height))};
}

void LinePlot::shade_frames(double first, double last) {
  cv::rectangle(picture_, at(first, 0), at(last, 1), kShade, cv::FILLED);
}

// `align` is the share of the text's width left of `place`.
void LinePlot::write(const std::string &text, cv::Point place, double align) {
  int below = 0;
  const cv::Size size =
      cv::getTextSize(text, cv::FONT_HERSHEY_SIMPLEX, kTextScale, 1, &below);
  place.x -= static_cast<int>(align * size.width);
  cv::putText(picture_, text, place, cv::FONT_HERSHEY_SIMPLEX, kTextScale,
              kBlack, 1, cv::LINE_AA);
}

void LinePlot::line(cv::Point from, cv::Point to, const cv::Scalar &colour,
                    int width) {
  cv::line(picture_, from, to, colour, width, cv::LINE_AA);
}

void LinePlot::draw_title(const std::string &text) {
  write(text, {kArea.x, 30}, 0);
}

void LinePlot::draw_value_axis(const std::string &name,
                               const std::vector<PlotTick> &ticks) {
  for (const PlotTick &tick : ticks) {
    const cv::Point left = at(0, tick.height);
    line(left, {kArea.br().x, left.y}, kGrid);
    write(tick.text, left + cv::Point(-8, 5), 1);
  }
  write(name, {22, kArea.y + kArea.height / 2}, 0.5);
}

void LinePlot::draw_line(const std::string &name, const cv::Scalar &colour,
                         const std::vector<std::pair<double, double>> &points) {
  for (size_t i = 1; i < points.size(); ++i)
    line(at(points[i - 1].first, points[i - 1].second),
         at(points[i].first, points[i].second), colour, 2);
  if (legend_rows_ >= kMostLegendRows) return;
  const cv::Point left(kArea.br().x + 12, kArea.y + 10 + 20 * legend_rows_++);
  line(left, left + cv::Point(24, 0), colour, 2);
  write(name, left + cv::Point(30, 5), 0);
}

void LinePlot::draw_frame_axis() {
  for (size_t frame = 0; frame < frames_; frame += tick_step()) {
    const cv::Point foot = at(static_cast<double>(frame), 0);
    line(foot, foot + cv::Point(0, 5), kBlack);
    write(std::to_string(frame), foot + cv::Point(0, 22), 0.5);
  }
  write("frame", {kArea.x + kArea.width / 2, kArea.br().y + 45}, 0.5);
  cv::rectangle(picture_, kArea, kBlack);
}

// 1, 2, 5, 10, 20, ...
size_t LinePlot::tick_step() const {
  for (size_t power = 1;; power *= 10)
    for (const size_t factor : {1, 2, 5})
      if (frames_ / (factor * power) <= kMostFrameTicks) return factor * power;
}

}  // namespace sam2
