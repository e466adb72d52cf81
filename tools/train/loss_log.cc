#include "loss_log.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <sstream>
#include <vector>

#include "base/error.h"

namespace sam2::train {
namespace {

constexpr char kHeader[] =
    "iteration,loss,focal,dice,iou_error,object_score,prompted_iou,"
    "tracked_iou,learning_rate,seconds,waiting_share";

struct Row {
  double iteration, loss, prompted_iou, tracked_iou;
};

std::vector<std::string> read_lines(const std::string &path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  if (!lines.empty()) lines.erase(lines.begin());  // the header
  return lines;
}

std::vector<Row> read_rows(const std::string &path) {
  std::vector<Row> rows;
  for (const std::string &line : read_lines(path)) {
    Row row{};
    if (std::sscanf(line.c_str(), "%lf,%lf,%*f,%*f,%*f,%*f,%lf,%lf",
                    &row.iteration, &row.loss, &row.prompted_iou,
                    &row.tracked_iou) == 4)
      rows.push_back(row);
  }
  return rows;
}

constexpr int kWidth = 900, kHeight = 480, kMargin = 60;

void curve(cv::Mat &picture, const std::vector<Row> &rows, double Row::*value,
           double top, const cv::Scalar &color) {
  std::vector<cv::Point> line;
  const double last = std::max(1.0, rows.back().iteration);
  for (const Row &row : rows) {
    if (row.*value < 0) continue;
    const double share = std::min(row.*value / top, 1.0);
    line.emplace_back(
        kMargin +
            static_cast<int>(row.iteration / last * (kWidth - 2 * kMargin)),
        kHeight - kMargin - static_cast<int>(share * (kHeight - 2 * kMargin)));
  }
  cv::polylines(picture, line, false, color, 2, cv::LINE_AA);
}

void label(cv::Mat &picture, const std::string &text, int x, int y,
           const cv::Scalar &color) {
  cv::putText(picture, text, {x, y}, cv::FONT_HERSHEY_SIMPLEX, 0.45, color, 1,
              cv::LINE_AA);
}

}  // namespace

LossLog::LossLog(const std::string &folder, int64_t first_iteration)
    : csv_(folder + "/log.csv"), picture_(folder + "/loss.png") {
  const std::vector<std::string> lines = read_lines(csv_);
  std::ofstream file(csv_, std::ios::trunc);
  file << kHeader << "\n";
  for (const std::string &line : lines)
    if (std::atoll(line.c_str()) <= first_iteration) file << line << "\n";
  if (!file.flush())
    throw Error(ErrorCode::kSetting, "The log " + csv_ +
                                         " cannot be written. Choose another "
                                         "--output folder.");
}

void LossLog::add(int64_t iteration, const StepReport &r, double rate,
                  double seconds, double waiting_share) {
  std::ofstream file(csv_, std::ios::app);
  file << iteration << ',' << r.loss << ',' << r.focal << ',' << r.dice << ','
       << r.iou_error << ',' << r.object_score << ',' << r.prompted_iou << ','
       << r.tracked_iou << ',' << rate << ',' << seconds << ',' << waiting_share
       << "\n";
  std::printf(
      "%7ld  loss %.4f  focal %.5f  dice %.3f  score %.3f  IoU prompted %.3f "
      "tracked %.3f  rate %.1e  %.0f s  waiting %.0f %%\n",
      static_cast<long>(iteration), r.loss, r.focal, r.dice, r.object_score,
      r.prompted_iou, r.tracked_iou, rate, seconds, 100 * waiting_share);
  std::fflush(stdout);
}

void LossLog::draw() const {
  const std::vector<Row> rows = read_rows(csv_);
  if (rows.empty()) return;
  double top = 0.1;
  for (const Row &row : rows) top = std::max(top, row.loss);
  cv::Mat picture(kHeight, kWidth, CV_8UC3, cv::Scalar::all(255));
  const cv::Scalar black(0, 0, 0), red(40, 40, 200), blue(200, 90, 20),
      green(60, 140, 20);
  cv::rectangle(picture, {kMargin, kMargin},
                {kWidth - kMargin, kHeight - kMargin}, black);
  for (int i = 0; i <= 4; ++i) {
    const int y = kHeight - kMargin - i * (kHeight - 2 * kMargin) / 4;
    label(picture, cv::format("%.2f", top * i / 4), 8, y + 5, red);
    label(picture, cv::format("%.2f", 0.25 * i), kWidth - kMargin + 6, y + 5,
          blue);
  }
  label(picture, cv::format("iteration 0 ... %.0f", rows.back().iteration),
        kWidth / 2 - 80, kHeight - kMargin + 25, black);
  label(picture, "loss (left)", kMargin, kMargin - 15, red);
  label(picture, "IoU, prompted frames (right)", kMargin + 160, kMargin - 15,
        blue);
  label(picture, "IoU, tracked frames (right)", kMargin + 440, kMargin - 15,
        green);
  curve(picture, rows, &Row::loss, top, red);
  curve(picture, rows, &Row::prompted_iou, 1, blue);
  curve(picture, rows, &Row::tracked_iou, 1, green);
  cv::imwrite(picture_, picture);
}

StepReport ReportMean::take() {
  StepReport mean;
  for (double StepReport::*value :
       {&StepReport::loss, &StepReport::focal, &StepReport::dice,
        &StepReport::iou_error, &StepReport::object_score,
        &StepReport::prompted_iou, &StepReport::tracked_iou}) {
    double sum = 0;
    int count = 0;
    for (const StepReport &report : reports_) {
      const bool is_there = report.*value >= 0;
      sum += is_there ? report.*value : 0;
      count += is_there;
    }
    mean.*value = count ? sum / count : -1;
  }
  reports_.clear();
  return mean;
}

}  // namespace sam2::train
