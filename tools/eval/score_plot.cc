#include "eval/score_plot.h"

#include <utility>
#include <vector>

#include "eval/label_pictures.h"
#include "eval/line_plot.h"

namespace sam2 {
namespace {

std::vector<PlotTick> fifths() {
  std::vector<PlotTick> ticks;
  for (int tenth = 0; tenth <= 10; tenth += 2)
    ticks.push_back({tenth / 10.0, decimal_text(tenth / 10.0, 1)});
  return ticks;
}

void draw_object(const ObjectScores &object, LinePlot *plot) {
  const cv::Vec3b rgb = label_colour(object.label);
  std::vector<std::pair<double, double>> points;
  for (size_t i = 0; i < object.frames.size(); ++i)
    points.emplace_back(static_cast<double>(i), object.frames[i].region);
  plot->draw_line("object " + std::to_string(object.label),
                  cv::Scalar(rgb[2], rgb[1], rgb[0]), points);
}

}  // namespace

cv::Mat score_plot(const SequenceScores &scores, FrameRange scored) {
  const size_t frames = scores.frame_names.size();
  LinePlot plot(frames);
  plot.shade_frames(0, static_cast<double>(scored.first));
  plot.shade_frames(static_cast<double>(scored.end) - 1,
                    static_cast<double>(frames) - 1);
  plot.draw_value_axis("J", fifths());
  for (const ObjectScores &object : scores.objects) draw_object(object, &plot);
  plot.draw_frame_axis();
  const ScoreSummary mean = mean_of(object_summaries(scores, scored));
  plot.draw_title(scores.name + ": J of each frame, mean " +
                  decimal_text(mean.region.mean, 3) +
                  " (shaded frames do not count)");
  return plot.picture();
}

}  // namespace sam2
