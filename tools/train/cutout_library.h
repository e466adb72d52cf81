// The pictures that training clips are made of.
#pragma once

#include <cstdint>
#include <map>
#include <opencv2/core/mat.hpp>
#include <string>
#include <vector>

#include "random.h"

namespace sam2::train {

// A picture and its instances.
struct LabelledPhoto {
  cv::Mat picture;  // CV_8UC3, BGR
  cv::Mat labels;   // CV_8UC1, same size; 0 background, 255 not decided
};

// A folder of pictures, kept encoded so that thousands fit and decoded at each
// use. A name up to its first "_" is the picture's group; a group is
// drawn by the root of its size, and by no more from 500 pictures on, so that
// many pictures of one kind do not crowd out the others. Const after loading,
// so any thread may draw from it.
class PictureLibrary {
 public:
  // Reads cutouts/*.png (with alpha), photos/NAME.jpg with photos/NAME.png (its
  // labels) and backgrounds/*.jpg in the order of their names; each may be
  // absent. An empty text gives an empty library. Throws Error: kNotFound if
  // there is no such folder, kUnreadable for a file that cannot be read.
  static PictureLibrary load(const std::string &folder);

  bool has_cutouts() const { return !cutouts_.empty(); }
  bool has_photos() const { return !photos_.empty(); }
  bool has_scenery() const { return has_photos() || !backgrounds_.empty(); }

  // A picture drawn by chance; there is one. CV_8UC4, BGRA, not premultiplied.
  // Throws Error (kUnreadable) naming the file if it is no picture with alpha;
  // the next two likewise.
  cv::Mat draw_cutout(Random &random) const;
  LabelledPhoto draw_photo(Random &random) const;
  // A background or a photo. CV_8UC3, BGR; at half its size, which is faster,
  // if `half`.
  cv::Mat draw_scenery(Random &random, bool half = false) const;

 private:
  struct Picture {
    std::string path;
    std::vector<uint8_t> bytes;
    std::string labels_path;  // of a labelled photo
    std::vector<uint8_t> label_bytes;
  };
  using Groups = std::map<std::string, std::vector<Picture>>;

  static Groups read_all(const std::string &folder,
                         const std::string &extension, bool with_labels);
  static const Picture &drawn(Random &random, const Groups &groups);

  Groups cutouts_;
  Groups photos_;
  Groups backgrounds_;
};

}  // namespace sam2::train
