#include "cutout_library.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <opencv2/imgcodecs.hpp>

#include "base/error.h"

namespace sam2::train {
namespace {

namespace fs = std::filesystem;

constexpr size_t kLargestGroup = 500;

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

std::vector<uint8_t> bytes_of(const std::string &path) {
  std::ifstream stream(path, std::ios::binary | std::ios::ate);
  std::vector<uint8_t> bytes(std::max<std::streamoff>(0, stream.tellg()));
  stream.seekg(0);
  stream.read(reinterpret_cast<char *>(bytes.data()), bytes.size());
  if (!stream)
    throw Error(ErrorCode::kUnreadable,
                "The training picture \"" + path +
                    "\" could not be read. Check its permissions.");
  return bytes;
}

cv::Mat decoded(const std::string &path, const std::vector<uint8_t> &bytes,
                int flags, int type) {
  cv::Mat picture;
  if (!bytes.empty()) picture = cv::imdecode(bytes, flags);
  if (picture.empty() || picture.type() != type)
    throw Error(ErrorCode::kUnreadable,
                "The training picture \"" + path +
                    "\" is damaged or of the wrong kind. Remove it or make it "
                    "again.");
  return picture;
}

double weight_of(size_t size) {
  return std::sqrt(static_cast<double>(std::min<size_t>(size, kLargestGroup)));
}

std::string group_of(const std::string &path) {
  const std::string name = fs::path(path).stem();
  return name.substr(0, name.find('_'));
}

}  // namespace

PictureLibrary::Groups PictureLibrary::read_all(const std::string &folder,
                                                const std::string &extension,
                                                bool with_labels) {
  Groups groups;
  for (const std::string &path : files_in(folder, extension)) {
    const std::string labels = fs::path(path).replace_extension(".png");
    if (with_labels && !fs::exists(labels)) continue;
    Picture picture{path, bytes_of(path), {}, {}};
    if (with_labels) {
      picture.labels_path = labels;
      picture.label_bytes = bytes_of(labels);
    }
    groups[group_of(path)].push_back(std::move(picture));
  }
  return groups;
}

PictureLibrary PictureLibrary::load(const std::string &folder) {
  PictureLibrary library;
  if (folder.empty()) return library;
  if (!fs::is_directory(folder))
    throw Error(ErrorCode::kNotFound,
                "There is no folder of training pictures \"" + folder +
                    "\". Name the folder that holds cutouts, photos and "
                    "backgrounds.");
  library.cutouts_ = read_all(folder + "/cutouts", ".png", false);
  library.photos_ = read_all(folder + "/photos", ".jpg", true);
  library.backgrounds_ = read_all(folder + "/backgrounds", ".jpg", false);
  return library;
}

const PictureLibrary::Picture &PictureLibrary::drawn(Random &random,
                                                     const Groups &groups) {
  double total = 0;
  for (const auto &group : groups) total += weight_of(group.second.size());
  double left = random.unit() * total;
  auto group = groups.begin();
  while (std::next(group) != groups.end() &&
         left >= weight_of(group->second.size()))
    left -= weight_of((group++)->second.size());
  return group->second[random.index(group->second.size())];
}

cv::Mat PictureLibrary::draw_cutout(Random &random) const {
  const Picture &file = drawn(random, cutouts_);
  return decoded(file.path, file.bytes, cv::IMREAD_UNCHANGED, CV_8UC4);
}

LabelledPhoto PictureLibrary::draw_photo(Random &random) const {
  const Picture &file = drawn(random, photos_);
  LabelledPhoto photo{decoded(file.path, file.bytes, cv::IMREAD_COLOR, CV_8UC3),
                      decoded(file.labels_path, file.label_bytes,
                              cv::IMREAD_UNCHANGED, CV_8UC1)};
  if (photo.picture.size() != photo.labels.size())
    throw Error(ErrorCode::kUnreadable,
                "The labels \"" + file.labels_path +
                    "\" do not have the size of their photo. Make them again.");
  return photo;
}

cv::Mat PictureLibrary::draw_scenery(Random &random, bool half) const {
  const bool is_photo =
      backgrounds_.empty() || (has_photos() && random.chance(0.5));
  const Picture &file = drawn(random, is_photo ? photos_ : backgrounds_);
  return decoded(file.path, file.bytes,
                 half ? cv::IMREAD_REDUCED_COLOR_2 : cv::IMREAD_COLOR, CV_8UC3);
}

}  // namespace sam2::train
