// The log of a run: means, and what an interrupted run finds again.
#include "loss_log.h"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <opencv2/imgcodecs.hpp>
#include <sstream>
// Last: Check's macros get in the way of C++ headers.
#include "support/run_tests.h"

using namespace sam2::train;

namespace {

std::string empty_folder(const char *name) {
  const std::string folder = std::string(TEST_OUTPUT_FOLDER) + "/" + name;
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

std::string text_of(const std::string &path) {
  std::ostringstream out;
  out << std::ifstream(path).rdbuf();
  return out.str();
}

StepReport report(double loss, double prompted_iou) {
  StepReport report;
  report.loss = loss;
  report.prompted_iou = prompted_iou;
  return report;
}

START_TEST(test_mean_leaves_steps_without_a_value_out) {
  ReportMean mean;
  mean.add(report(1, 0.5));
  mean.add(report(3, -1));
  const StepReport all = mean.take();
  ck_assert_double_eq(all.loss, 2);
  ck_assert_double_eq(all.prompted_iou, 0.5);
  ck_assert_double_eq(all.tracked_iou, -1);
}
END_TEST

START_TEST(test_mean_starts_anew_when_it_was_taken) {
  ReportMean mean;
  mean.add(report(1, 0.5));
  mean.take();
  mean.add(report(5, 0.1));
  ck_assert_double_eq(mean.take().loss, 5);
}
END_TEST

START_TEST(test_lines_after_the_checkpoint_are_dropped_on_resume) {
  const std::string folder = empty_folder("log");
  {
    LossLog log(folder, 0);
    for (int i : {20, 40, 60}) log.add(i, report(i, 0), 1e-3, 1, 0);
  }
  LossLog again(folder, 40);
  again.add(60, report(7, 0), 1e-3, 1, 0);
  const std::string text = text_of(folder + "/log.csv");
  ck_assert_ptr_nonnull(strstr(text.c_str(), "\n20,20,"));
  ck_assert_ptr_nonnull(strstr(text.c_str(), "\n40,40,"));
  ck_assert_ptr_null(strstr(text.c_str(), "\n60,60,"));
  ck_assert_ptr_nonnull(strstr(text.c_str(), "\n60,7,"));
}
END_TEST

START_TEST(test_curve_is_drawn) {
  const std::string folder = empty_folder("curve");
  LossLog log(folder, 0);
  for (int i = 1; i < 5; ++i) log.add(i, report(1.0 / i, 0.2 * i), 1e-3, 1, 0);
  log.draw();
  const cv::Mat picture = cv::imread(folder + "/loss.png");
  ck_assert(!picture.empty());
  int colours = 0;  // pixels of a curve: neither grey nor white
  for (int y = 0; y < picture.rows; ++y)
    for (int x = 0; x < picture.cols; ++x) {
      const auto p = picture.at<cv::Vec3b>(y, x);
      colours += p[0] != p[1] || p[1] != p[2];
    }
  ck_assert_int_gt(colours, 1000);
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("loss_log");
  tcase_add_test(tests, test_mean_leaves_steps_without_a_value_out);
  tcase_add_test(tests, test_mean_starts_anew_when_it_was_taken);
  tcase_add_test(tests, test_lines_after_the_checkpoint_are_dropped_on_resume);
  tcase_add_test(tests, test_curve_is_drawn);
  return sam2::test::run_case("loss_log", tests);
}
