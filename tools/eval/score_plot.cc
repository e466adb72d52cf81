#include "eval/score_plot.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "eval/label_pictures.h"

namespace sam2 {
namespace {

constexpr double kTextScale = 0.5;
constexpr size_t kMostFrameTicks = 10;

const cv::Scalar kWhite(255, 255, 255);
const cv::Scalar kBlack(0, 0, 0);
const cv::Scalar kGrid(220, 220, 220);
const cv::Scalar kShade(240, 240, 240);
// Where the lines are, inside 1000x440.
const cv::Rect kArea(70, 50, 790, 330);

class Plot {
 public:
  explicit Plot(size_t frames)
      : frames_(frames), picture_(440, 1000, CV_8UC3, kWhite) {}

  cv::Point at(double frame, double value) const {
    const double span = static_cast<double>(std::max<size_t>(frames_ - 1, 1));
    return {kArea.x + static_cast<int>(std::lround(frame / span * kArea.width)),
            kArea.br().y - static_cast<int>(std::lround(value * kArea.height))};
  }

  void shade(double first, double last) {
    cv::rectangle(picture_, at(first, 0), at(last, 1), kShade, cv::FILLED);
  }

  // `align` is the share of the text's width left of `place`.
  void write(const std::string &text, cv::Point place, double align) {
    int below = 0;
    const cv::Size size =
        cv::getTextSize(text, cv::FONT_HERSHEY_SIMPLEX, kTextScale, 1, &below);
    place.x -= static_cast<int>(align * size.width);
    cv::putText(picture_, text, place, cv::FONT_HERSHEY_SIMPLEX, kTextScale,
                kBlack, 1, cv::LINE_AA);
  }

  void line(cv::Point from, cv::Point to, const cv::Scalar &colour,
            int width = 1) {
    cv::line(picture_, from, to, colour, width, cv::LINE_AA);
  }

  void draw_value_axis() {
    for (int tenth = 0; tenth <= 10; tenth += 2) {
      const double value = tenth / 10.0;
      line(at(0, value), {kArea.br().x, at(0, value).y}, kGrid);
      write(decimal_text(value, 1), at(0, value) + cv::Point(-8, 5), 1);
    }
    write("J", {22, kArea.y + kArea.height / 2}, 0.5);
  }

  void draw_frame_axis() {
    for (size_t frame = 0; frame < frames_; frame += tick_step()) {
      const cv::Point foot = at(static_cast<double>(frame), 0);
      line(foot, foot + cv::Point(0, 5), kBlack);
      write(std::to_string(frame), foot + cv::Point(0, 22), 0.5);
    }
    write("frame", {kArea.x + kArea.width / 2, kArea.br().y + 45}, 0.5);
    cv::rectangle(picture_, kArea, kBlack);
  }

  cv::Mat picture() const { return picture_; }

 private:
  // 1, 2, 5, 10, 20, ...
  size_t tick_step() const {
    size_t step = 1;
    for (size_t power = 1;; power *= 10) {
      for (const size_t factor : {1, 2, 5}) {
        step = factor * power;
        if (frames_ / step <= kMostFrameTicks) return step;
      }
    }
  }

  size_t frames_;
  cv::Mat picture_;
};

void draw_object(const ObjectScores &object, int place, Plot *plot) {
  const cv::Vec3b rgb = label_colour(object.label);
  const cv::Scalar colour(rgb[2], rgb[1], rgb[0]);
  for (size_t i = 1; i < object.frames.size(); ++i) {
    const auto frame = static_cast<double>(i);
    plot->line(plot->at(frame - 1, object.frames[i - 1].region),
               plot->at(frame, object.frames[i].region), colour, 2);
  }
  // More do not fit beside the plot.
  constexpr int kLegendRows = 16;
  if (place >= kLegendRows) return;
  const cv::Point left(kArea.br().x + 12, kArea.y + 10 + 20 * place);
  plot->line(left, left + cv::Point(24, 0), colour, 2);
  plot->write("object " + std::to_string(object.label), left + cv::Point(30, 5),
              0);
}

}  // namespace

cv::Mat score_plot(const SequenceScores &scores, FrameRange scored) {
  const size_t frames = scores.frame_names.size();
  Plot plot(frames);
  plot.shade(0, static_cast<double>(scored.first));
  plot.shade(static_cast<double>(scored.end) - 1,
             static_cast<double>(frames) - 1);
  plot.draw_value_axis();
  int place = 0;
  for (const ObjectScores &object : scores.objects) {
    draw_object(object, place++, &plot);
  }
  plot.draw_frame_axis();
  const ScoreSummary mean = mean_of(object_summaries(scores, scored));
  plot.write(scores.name + ": J of each frame, mean " +
                 decimal_text(mean.region.mean, 3) +
                 " (shaded frames do not count)",
             {kArea.x, 30}, 0);
  return plot.picture();
}

}  // namespace sam2
