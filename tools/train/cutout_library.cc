#include "cutout_library.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <opencv2/imgcodecs.hpp>

#include "base/error.h"

namespace sam2::train {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> files_in(const std::string &folder,
                                  const std::string &extension) {
  std::vector<std::string> paths;
  if (!fs::is_directory(folder)) return paths;
  for (const fs::directory_entry &entry : fs::directory_iterator(folder))
    if (entry.path().extension() == extension)
      paths.push_back(entry.path().string());
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace

PictureLibrary::File PictureLibrary::read(const std::string &path) {
  std::ifstream stream(path, std::ios::binary);
  File file{path, {std::istreambuf_iterator<char>(stream), {}}};
  if (!stream)
    throw Error(ErrorCode::kUnreadable,
                "The training picture \"" + path +
                    "\" could not be read. Check its permissions.");
  return file;
}

std::vector<PictureLibrary::File> PictureLibrary::read_all(
    const std::string &folder, const std::string &extension) {
  std::vector<File> files;
  for (const std::string &path : files_in(folder, extension))
    files.push_back(read(path));
  return files;
}

PictureLibrary PictureLibrary::load(const std::string &folder) {
  PictureLibrary library;
  if (folder.empty()) return library;
  if (!fs::is_directory(folder))
    throw Error(ErrorCode::kNotFound,
                "There is no folder of training pictures \"" + folder +
                    "\". Name the folder that holds cutouts, photos and "
                    "backgrounds.");
  library.cutouts_ = read_all(folder + "/cutouts", ".png");
  library.backgrounds_ = read_all(folder + "/backgrounds", ".jpg");
  for (const std::string &path : files_in(folder + "/photos", ".jpg")) {
    const std::string labels = fs::path(path).replace_extension(".png");
    if (fs::exists(labels))
      library.photos_.push_back({read(path), read(labels)});
  }
  return library;
}

cv::Mat PictureLibrary::decode(const File &file, int flags, int type) {
  const cv::Mat picture = cv::imdecode(file.bytes, flags);
  if (picture.empty() || picture.type() != type)
    throw Error(ErrorCode::kUnreadable,
                "The training picture \"" + file.path +
                    "\" is damaged or of the wrong kind. Remove it or make it "
                    "again.");
  return picture;
}

cv::Mat PictureLibrary::cutout(size_t index) const {
  return decode(cutouts_.at(index), cv::IMREAD_UNCHANGED, CV_8UC4);
}

LabelledPhoto PictureLibrary::photo(size_t index) const {
  const PhotoFiles &files = photos_.at(index);
  LabelledPhoto photo{decode(files.picture, cv::IMREAD_COLOR, CV_8UC3),
                      decode(files.labels, cv::IMREAD_UNCHANGED, CV_8UC1)};
  if (photo.picture.size() != photo.labels.size())
    throw Error(ErrorCode::kUnreadable,
                "The labels \"" + files.labels.path +
                    "\" do not have the size of their photo. Make them again.");
  return photo;
}

cv::Mat PictureLibrary::scenery(size_t index, bool half) const {
  const bool is_photo = index >= backgrounds_.size();
  const File &file = is_photo ? photos_.at(index - backgrounds_.size()).picture
                              : backgrounds_[index];
  return decode(file, half ? cv::IMREAD_REDUCED_COLOR_2 : cv::IMREAD_COLOR,
                CV_8UC3);
}

}  // namespace sam2::train
