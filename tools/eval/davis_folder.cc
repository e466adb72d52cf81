#include "eval/davis_folder.h"

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "frame_source.h"

namespace sam2 {
namespace {

namespace fs = std::filesystem;

constexpr const char *kLayouts =
    "DATA/SEQUENCE/frames with DATA/SEQUENCE/masks, or "
    "DATA/JPEGImages/480p/SEQUENCE with DATA/Annotations/480p/SEQUENCE.";

std::string quoted(const fs::path &path) { return "\"" + path.string() + "\""; }

bool is_folder(const fs::path &path) {
  std::error_code code;
  return fs::is_directory(path, code);
}

void require_folder(const fs::path &path) {
  if (is_folder(path)) return;
  throw Error(ErrorCode::kNotFound, "There is no folder " + quoted(path) +
                                        ". Put pictures and masks into " +
                                        std::string(kLayouts));
}

bool has_davis_layout(const fs::path &data) {
  return is_folder(data / "JPEGImages");
}

fs::path frames_folder(const fs::path &data, const std::string &name) {
  if (has_davis_layout(data)) return data / "JPEGImages" / "480p" / name;
  return data / name / "frames";
}

fs::path masks_folder(const fs::path &data, const std::string &name) {
  if (has_davis_layout(data)) return data / "Annotations" / "480p" / name;
  return data / name / "masks";
}

fs::path mask_of(const fs::path &frame, const fs::path &masks) {
  const fs::path mask = masks / (frame.stem().string() + ".png");
  if (fs::exists(mask)) return mask;
  throw Error(ErrorCode::kUnreadable,
              "The frame " + quoted(frame) + " has no mask " + quoted(mask) +
                  ". Every frame needs one; add it, or take the frame out.");
}

void require_one_mask_a_frame(const DavisSequence &sequence) {
  const size_t masks = pictures_in(sequence.masks_folder).size();
  const size_t frames = sequence.mask_files.size();
  if (masks == frames) return;
  throw Error(ErrorCode::kUnreadable,
              "The sequence \"" + sequence.name + "\" has " +
                  std::to_string(frames) + " frames and " +
                  std::to_string(masks) +
                  " masks. Add the missing frames, or take out the masks "
                  "without a frame.");
}

}  // namespace

std::vector<std::string> sequence_names(const std::string &data_folder) {
  const fs::path data = data_folder;
  require_folder(data);
  const fs::path parent =
      has_davis_layout(data) ? data / "JPEGImages" / "480p" : data;
  require_folder(parent);
  std::vector<std::string> names;
  for (const fs::directory_entry &entry : fs::directory_iterator(parent)) {
    const std::string name = entry.path().filename().string();
    if (is_folder(frames_folder(data, name)) &&
        is_folder(masks_folder(data, name))) {
      names.push_back(name);
    }
  }
  if (names.empty()) {
    throw Error(ErrorCode::kUnreadable,
                "There is no sequence in " + quoted(data) +
                    ". Put pictures and masks into " + std::string(kLayouts));
  }
  std::sort(names.begin(), names.end());
  return names;
}

DavisSequence open_sequence(const std::string &data_folder,
                            const std::string &name) {
  require_folder(data_folder);
  const fs::path frames = frames_folder(data_folder, name);
  const fs::path masks = masks_folder(data_folder, name);
  require_folder(frames);
  require_folder(masks);
  DavisSequence sequence{name, frames.string(), masks.string(), {}};
  for (const fs::path &frame : pictures_in(frames)) {
    sequence.mask_files.push_back(mask_of(frame, masks).string());
  }
  if (sequence.mask_files.empty()) {
    throw Error(ErrorCode::kUnreadable,
                "There is no picture in the folder " + quoted(frames) +
                    ". Put the frames there, as .jpg or .png files.");
  }
  require_one_mask_a_frame(sequence);
  return sequence;
}

}  // namespace sam2
