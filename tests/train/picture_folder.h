// A small folder of training pictures, written anew.
#pragma once

#include <filesystem>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <string>

namespace sam2::test {

// A green disc whose transparent surroundings are white.
inline cv::Mat disc_cutout() {
  cv::Mat cutout(80, 80, CV_8UC4, cv::Scalar(255, 255, 255, 0));
  cv::circle(cutout, {40, 40}, 30, cv::Scalar(0, 255, 0, 255), cv::FILLED);
  return cutout;
}

// One cut-out, one photo with a labelled square and one background.
inline std::string picture_folder(const std::string &path) {
  namespace fs = std::filesystem;
  fs::remove_all(path);
  for (const char *name : {"/cutouts", "/photos", "/backgrounds"})
    fs::create_directories(path + name);
  cv::imwrite(path + "/cutouts/disc_1.png", disc_cutout());
  cv::Mat photo(120, 160, CV_8UC3, cv::Scalar(90, 90, 90));
  cv::Mat labels = cv::Mat::zeros(photo.size(), CV_8UC1);
  const cv::Rect square(50, 40, 40, 40);
  photo(square).setTo(cv::Scalar(0, 0, 255));
  labels(square).setTo(7);
  cv::imwrite(path + "/photos/square_1.jpg", photo);
  cv::imwrite(path + "/photos/square_1.png", labels);
  cv::imwrite(path + "/backgrounds/grey_1.jpg",
              cv::Mat(100, 140, CV_8UC3, cv::Scalar(120, 120, 120)));
  return path;
}

}  // namespace sam2::test
