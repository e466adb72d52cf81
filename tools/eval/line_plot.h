// Lines over the frames of a video, with axes and a legend.
#pragma once

#include <opencv2/core/mat.hpp>
#include <string>
#include <utility>
#include <vector>

namespace sam2 {

struct PlotTick {
  double height = 0;  // share of the axis, 0...1
  std::string text;
};

// Draws at once into a picture of 1000 x 440 pixels. Values are shares of the
// height: what they stand for the ticks say.
class LinePlot {
 public:
  // Frames 0 to frames - 1, one at least.
  explicit LinePlot(size_t frames);

  void shade_frames(double first, double last);
  // Above the lines.
  void draw_title(const std::string &text);
  void draw_value_axis(const std::string &name,
                       const std::vector<PlotTick> &ticks);
  // (frame, share of the height) in order, joined by straight lines, with a
  // row of the legend while there is room for one. BGR.
  void draw_line(const std::string &name, const cv::Scalar &colour,
                 const std::vector<std::pair<double, double>> &points);
  // Last, over the ends of the lines.
  void draw_frame_axis();

  // BGR.
  cv::Mat picture() const { return picture_; }

 private:
  cv::Point at(double frame, double height) const;
  void write(const std::string &text, cv::Point place, double align);
  void line(cv::Point from, cv::Point to, const cv::Scalar &colour,
            int width = 1);
  size_t tick_step() const;

  size_t frames_;
  int legend_rows_ = 0;
  cv::Mat picture_;
};

}  // namespace sam2
