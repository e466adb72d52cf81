#include <filesystem>
#include <fstream>
#include <opencv2/core/mat.hpp>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/videoio.hpp>
#include <string>

#include "frame_source.h"
#include "io/test_helpers.h"

namespace {

namespace fs = std::filesystem;
using sam2::VideoFrame;
using sam2::test::error_of;

// A folder of its own for each test, empty at first.
fs::path empty_folder(const char *name) {
  const fs::path folder =
      fs::path(TEST_OUTPUT_FOLDER) / (std::string("frame_source_") + name);
  fs::remove_all(folder);
  fs::create_directories(folder);
  return folder;
}

void write_picture(const fs::path &path, const cv::Scalar &bgr) {
  cv::imwrite(path.string(), cv::Mat(4, 6, CV_8UC3, bgr));
}

START_TEST(test_folder_gives_pictures_in_numerical_order) {
  const fs::path folder = empty_folder("order");
  for (const char *name : {"f10.png", "f9.PNG", "f1.jpg", "f2.jpeg"}) {
    write_picture(folder / name, {0, 0, 0});
  }
  std::ofstream(folder / "notes.txt") << "no picture";
  const auto source = sam2::open_frame_source(folder.string(), 0);
  ck_assert_int_eq(source->frame_count(), 4);
  for (const char *name : {"f1", "f2", "f9", "f10"}) {
    assert_text_eq(source->next()->name, name);
  }
  ck_assert(!source->next().has_value());
}
END_TEST

START_TEST(test_pixels_are_rgb) {
  const fs::path folder = empty_folder("rgb");
  write_picture(folder / "0.png", {1, 2, 3});
  const auto frame = sam2::open_frame_source(folder.string(), 0)->next();
  const sam2::ImageView view = frame->view();
  ck_assert_int_eq(view.width, 6);
  ck_assert_int_eq(view.height, 4);
  ck_assert_int_ge(view.stride_bytes, 18);
  ck_assert_int_eq(view.data[0], 3);
  ck_assert_int_eq(view.data[1], 2);
  ck_assert_int_eq(view.data[2], 1);
}
END_TEST

START_TEST(test_folder_has_time_only_with_a_frame_rate) {
  const fs::path folder = empty_folder("time");
  for (const char *name : {"0.png", "1.png"}) {
    write_picture(folder / name, {0, 0, 0});
  }
  const auto untimed = sam2::open_frame_source(folder.string(), 0);
  ck_assert(!untimed->has_time());
  ck_assert(!untimed->next()->pts_ns.has_value());
  const auto timed = sam2::open_frame_source(folder.string(), 25);
  ck_assert(timed->has_time());
  ck_assert_int_eq(*timed->next()->pts_ns, 0);
  ck_assert_int_eq(*timed->next()->pts_ns, 40000000);
}
END_TEST

START_TEST(test_damaged_picture_is_refused_by_name) {
  const fs::path folder = empty_folder("damaged");
  std::ofstream(folder / "0.jpg") << "no picture";
  const auto source = sam2::open_frame_source(folder.string(), 0);
  assert_text_eq(error_of([&source] { source->next(); }),
                 "Could not read the picture \"" + (folder / "0.jpg").string() +
                     "\". Remove it or put a sound .jpg or .png in its place.");
}
END_TEST

START_TEST(test_folder_without_pictures_is_refused) {
  const std::string folder = empty_folder("nothing").string();
  assert_text_eq(error_of([&folder] { sam2::open_frame_source(folder, 0); }),
                 "There is no picture in the folder \"" + folder +
                     "\". Give a folder of .jpg or .png files.");
}
END_TEST

START_TEST(test_missing_input_is_refused) {
  const std::string path = (empty_folder("missing") / "a.mp4").string();
  assert_text_eq(error_of([&path] { sam2::open_frame_source(path, 0); }),
                 "There is no file or folder \"" + path +
                     "\". Give a video file or a folder of .jpg or .png "
                     "files.");
}
END_TEST

START_TEST(test_file_that_is_no_video_is_refused) {
  const std::string path = (empty_folder("text") / "a.mp4").string();
  std::ofstream(path) << "no video";
  assert_text_eq(error_of([&path] { sam2::open_frame_source(path, 0); }),
                 "Could not read \"" + path +
                     "\" as a video. Give a video file or a folder of .jpg or "
                     ".png files.");
}
END_TEST

START_TEST(test_video_gives_frames_with_times) {
  const std::string path = (empty_folder("video") / "a.avi").string();
  {
    cv::VideoWriter writer(path, cv::CAP_OPENCV_MJPEG,
                           cv::VideoWriter::fourcc('M', 'J', 'P', 'G'), 10,
                           {64, 48});
    ck_assert(writer.isOpened());
    for (int i = 0; i < 3; ++i) {
      writer.write(cv::Mat(48, 64, CV_8UC3, cv::Scalar(0, 0, 80 * i)));
    }
  }
  const auto source = sam2::open_frame_source(path, 0);
  ck_assert(source->has_time());
  for (int i = 0; i < 3; ++i) {
    const std::optional<VideoFrame> frame = source->next();
    ck_assert(frame.has_value());
    assert_text_eq(frame->name, "0000" + std::to_string(i));
    ck_assert_int_eq(*frame->pts_ns, 100000000 * i);
    // JPEG keeps a flat colour to within a few steps.
    ck_assert_int_lt(std::abs(frame->view().data[0] - 80 * i), 8);
  }
  ck_assert(!source->next().has_value());
}
END_TEST

}  // namespace

int main() {
  cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
  TCase *tests = tcase_create("frame_source");
  tcase_add_test(tests, test_folder_gives_pictures_in_numerical_order);
  tcase_add_test(tests, test_pixels_are_rgb);
  tcase_add_test(tests, test_folder_has_time_only_with_a_frame_rate);
  tcase_add_test(tests, test_damaged_picture_is_refused_by_name);
  tcase_add_test(tests, test_folder_without_pictures_is_refused);
  tcase_add_test(tests, test_missing_input_is_refused);
  tcase_add_test(tests, test_file_that_is_no_video_is_refused);
  tcase_add_test(tests, test_video_gives_frames_with_times);
  return sam2::test::run("tools_frame_source", tests);
}
