#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "eval/davis_folder.h"
#include "io/test_helpers.h"

namespace {

namespace fs = std::filesystem;
using sam2::DavisSequence;
using sam2::open_sequence;
using sam2::test::error_of;
using Names = std::vector<std::string>;

const std::string kLayouts =
    ". Put pictures and masks into DATA/SEQUENCE/frames with "
    "DATA/SEQUENCE/masks, or DATA/JPEGImages/480p/SEQUENCE with "
    "DATA/Annotations/480p/SEQUENCE.";

// A folder of its own for each test, empty at first.
fs::path empty_folder(const char *name) {
  const fs::path folder =
      fs::path(TEST_OUTPUT_FOLDER) / (std::string("davis_folder_") + name);
  fs::remove_all(folder);
  fs::create_directories(folder);
  return folder;
}

void add_files(const fs::path &folder, const Names &names) {
  fs::create_directories(folder);
  for (const std::string &name : names) std::ofstream(folder / name) << "x";
}

fs::path data_with_sequence(const char *test) {
  const fs::path data = empty_folder(test);
  add_files(data / "dog" / "frames", {"00000.jpg", "00001.jpg"});
  add_files(data / "dog" / "masks", {"00000.png", "00001.png"});
  return data;
}

START_TEST(test_own_layout_is_read) {
  const fs::path data = data_with_sequence("own");
  const DavisSequence sequence = open_sequence(data.string(), "dog");
  assert_text_eq(sequence.name, "dog");
  assert_text_eq(sequence.frames_folder, (data / "dog" / "frames").string());
  ck_assert_uint_eq(sequence.mask_files.size(), 2);
  assert_text_eq(sequence.mask_files[1],
                 (data / "dog" / "masks" / "00001.png").string());
}
END_TEST

START_TEST(test_official_layout_is_read) {
  const fs::path data = empty_folder("official");
  add_files(data / "JPEGImages" / "480p" / "cat", {"00000.jpg"});
  add_files(data / "Annotations" / "480p" / "cat", {"00000.png"});
  ck_assert((sam2::sequence_names(data.string()) == Names{"cat"}));
  const DavisSequence sequence = open_sequence(data.string(), "cat");
  ck_assert_uint_eq(sequence.mask_files.size(), 1);
  assert_text_eq(
      sequence.mask_files[0],
      (data / "Annotations" / "480p" / "cat" / "00000.png").string());
}
END_TEST

START_TEST(test_only_folders_with_frames_and_masks_are_sequences) {
  const fs::path data = data_with_sequence("names");
  add_files(data / "ant" / "frames", {"0.jpg"});
  add_files(data / "ant" / "masks", {"0.png"});
  add_files(data / "clips", {"a.mp4"});
  add_files(data / "unfinished" / "frames", {"0.jpg"});
  add_files(data, {"README.md"});
  ck_assert((sam2::sequence_names(data.string()) == Names{"ant", "dog"}));
}
END_TEST

START_TEST(test_folder_without_sequences_is_refused) {
  const std::string data = empty_folder("none").string();
  assert_text_eq(error_of([&] { sam2::sequence_names(data); }),
                 "There is no sequence in \"" + data + "\"" + kLayouts);
}
END_TEST

START_TEST(test_missing_folder_is_refused_by_name) {
  const fs::path data = empty_folder("missing");
  const std::string gone = (data / "gone").string();
  const std::string expected = "There is no folder \"" + gone + "\"" + kLayouts;
  assert_text_eq(error_of([&] { sam2::sequence_names(gone); }), expected);
  assert_text_eq(error_of([&] { open_sequence(gone, "dog"); }), expected);
  assert_text_eq(error_of([&] { open_sequence(data.string(), "dog"); }),
                 "There is no folder \"" + (data / "dog/frames").string() +
                     "\"" + kLayouts);
  fs::create_directories(data / "dog" / "frames");
  assert_text_eq(error_of([&] { open_sequence(data.string(), "dog"); }),
                 "There is no folder \"" + (data / "dog/masks").string() +
                     "\"" + kLayouts);
}
END_TEST

START_TEST(test_frame_without_mask_is_refused_by_name) {
  const fs::path data = data_with_sequence("no_mask");
  fs::remove(data / "dog" / "masks" / "00001.png");
  assert_text_eq(
      error_of([&] { open_sequence(data.string(), "dog"); }),
      "The frame \"" + (data / "dog/frames/00001.jpg").string() +
          "\" has no mask \"" + (data / "dog/masks/00001.png").string() +
          "\". Every frame needs one; add it, or take the frame out.");
}
END_TEST

START_TEST(test_mask_without_frame_is_refused) {
  const fs::path data = data_with_sequence("no_frame");
  fs::remove(data / "dog" / "frames" / "00001.jpg");
  assert_text_eq(error_of([&] { open_sequence(data.string(), "dog"); }),
                 "The sequence \"dog\" has 1 frames and 2 masks. Add the "
                 "missing frames, or take out the masks without a frame.");
}
END_TEST

START_TEST(test_sequence_without_pictures_is_refused) {
  const fs::path data = empty_folder("no_pictures");
  fs::create_directories(data / "dog" / "frames");
  fs::create_directories(data / "dog" / "masks");
  assert_text_eq(error_of([&] { open_sequence(data.string(), "dog"); }),
                 "There is no picture in the folder \"" +
                     (data / "dog/frames").string() +
                     "\". Put the frames there, as .jpg or .png files.");
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("davis_folder");
  tcase_add_test(tests, test_own_layout_is_read);
  tcase_add_test(tests, test_official_layout_is_read);
  tcase_add_test(tests, test_only_folders_with_frames_and_masks_are_sequences);
  tcase_add_test(tests, test_folder_without_sequences_is_refused);
  tcase_add_test(tests, test_missing_folder_is_refused_by_name);
  tcase_add_test(tests, test_frame_without_mask_is_refused_by_name);
  tcase_add_test(tests, test_mask_without_frame_is_refused);
  tcase_add_test(tests, test_sequence_without_pictures_is_refused);
  return sam2::test::run("eval_davis_folder", tests);
}
