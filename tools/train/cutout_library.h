// The pictures that training clips are made of.
#pragma once

#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <string>
#include <vector>

namespace sam2::train {

// A picture and its instances.
struct LabelledPhoto {
  cv::Mat picture;  // CV_8UC3, BGR
  cv::Mat labels;   // CV_8UC1, same size; 0 background, 255 not decided
};

// A folder of pictures, kept encoded so that thousands fit and decoded at each
// use. Const after loading, so any thread may read it.
class PictureLibrary {
 public:
  // Reads cutouts/*.png (with alpha), photos/NAME.jpg with photos/NAME.png (its
  // labels) and backgrounds/*.jpg in the order of their names; each may be
  // absent. An empty text gives an empty library. Throws Error: kNotFound if
  // there is no such folder, kUnreadable for a file that cannot be read.
  static PictureLibrary load(const std::string &folder);

  size_t cutouts() const { return cutouts_.size(); }
  size_t photos() const { return photos_.size(); }
  // Backgrounds and photos together.
  size_t sceneries() const { return backgrounds_.size() + photos_.size(); }

  // `index` below the count. CV_8UC4, BGRA, not premultiplied. Throws Error
  // (kUnreadable) naming the file if it is no picture with alpha; the next two
  // likewise.
  cv::Mat cutout(size_t index) const;
  LabelledPhoto photo(size_t index) const;
  // CV_8UC3, BGR; at half its size, which is faster, if `half`.
  cv::Mat scenery(size_t index, bool half = false) const;

 private:
  struct File {
    std::string path;
    std::vector<uint8_t> bytes;
  };
  struct PhotoFiles {
    File picture;
    File labels;
  };
  static File read(const std::string &path);
  static std::vector<File> read_all(const std::string &folder,
                                    const std::string &extension);
  static cv::Mat decode(const File &file, int flags, int type);

  std::vector<File> cutouts_;
  std::vector<PhotoFiles> photos_;
  std::vector<File> backgrounds_;
};

}  // namespace sam2::train
