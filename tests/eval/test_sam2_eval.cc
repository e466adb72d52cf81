// The whole command, run as its users run it, with a tiny generated model.
#include <glib.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>
#include <opencv2/core/mat.hpp>
#include <opencv2/imgcodecs.hpp>
#include <string>
#include <vector>

#include "eval/label_pictures.h"
#include "io/json_ptr.h"
#include "io/test_helpers.h"
#include "label_map.h"

namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

constexpr int kWidth = 64;
constexpr int kHeight = 48;
constexpr int kFrames = 4;

const fs::path kFolder = fs::path(TEST_OUTPUT_FOLDER) / "sam2_eval";
const std::string kModel = kFolder / "model.safetensors";
const std::string kData = kFolder / "data";

struct Outcome {
  int status = -1;
  std::string output;
  std::string errors;
};

Outcome run(Words words) {
  std::vector<char *> arguments;
  for (std::string &word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  gchar *output = nullptr;
  gchar *errors = nullptr;
  gint status = 0;
  // Check's assertions do not work in main(), which calls this too.
  if (!g_spawn_sync(nullptr, arguments.data(), nullptr, G_SPAWN_DEFAULT,
                    nullptr, nullptr, &output, &errors, &status, nullptr)) {
    return {};
  }
  const sam2::GTextPtr output_owner(output);
  const sam2::GTextPtr errors_owner(errors);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, output, errors};
}

Outcome run_eval(const Words &words) {
  Words all = {SAM2_EVAL, "--model", kModel, "--device", "cpu"};
  all.insert(all.end(), words.begin(), words.end());
  return run(all);
}

void write_sequence(const std::string &name) {
  const fs::path folder = fs::path(kData) / name;
  fs::create_directories(folder / "frames");
  fs::create_directories(folder / "masks");
  sam2::LabelMap truth{kWidth, kHeight,
                       std::vector<uint8_t>(kWidth * kHeight, 0)};
  std::fill(truth.labels.begin() + 640, truth.labels.begin() + 1280, 1);
  std::fill(truth.labels.begin() + 1920, truth.labels.begin() + 2560, 2);
  for (int i = 0; i < kFrames; ++i) {
    const std::string number = "0000" + std::to_string(i);
    cv::imwrite(folder / "frames" / (number + ".jpg"),
                cv::Mat(kHeight, kWidth, CV_8UC3, cv::Scalar(i, 2 * i, 90)));
    sam2::write_indexed_png(folder / "masks" / (number + ".png"), truth);
  }
}

START_TEST(test_every_kind_of_prompt_gives_a_table) {
  for (const char *kind : {"mask", "box", "point", "clicks3"}) {
    const Outcome outcome = run_eval({"--prompt", kind, kData, "one"});
    ck_assert_msg(outcome.status == 0, "%s", outcome.errors.c_str());
    ck_assert_int_eq(outcome.output.find("sequence  "), 0);
    ck_assert(outcome.output.find("\none  ") != std::string::npos);
    ck_assert(outcome.output.find("\nmean over sequences ") !=
              std::string::npos);
  }
}
END_TEST

START_TEST(test_folder_gets_scores_plots_masks_and_overlays) {
  const fs::path output = kFolder / "output";
  const Outcome outcome = run_eval(
      {"--output", output, "--save-masks", "--save-overlays", "2", kData});
  ck_assert_msg(outcome.status == 0, "%s", outcome.errors.c_str());
  ck_assert(fs::exists(output / "scores.json"));
  ck_assert(fs::exists(output / "frames.csv"));
  for (const char *name : {"one", "two"}) {
    for (const char *picture : {"-J.png", "-overlays.png"}) {
      const fs::path path = output / (std::string(name) + picture);
      ck_assert(!cv::imread(path.string()).empty());
    }
    // A mask prompt is its own result on its frame.
    ck_assert(
        sam2::read_label_map(output / "masks" / name / "00000.png").labels ==
        sam2::read_label_map(fs::path(kData) / name / "masks/00000.png")
            .labels);
    ck_assert(fs::exists(output / "masks" / name / "00003.png"));
  }
}
END_TEST

START_TEST(test_failure_is_status_1_and_one_sentence) {
  const Outcome outcome = run_eval({kData, "three"});
  ck_assert_int_eq(outcome.status, 1);
  assert_text_eq(outcome.output, "");
  assert_text_eq(outcome.errors,
                 "There is no folder \"" + kData +
                     "/three/frames\". Put pictures and masks into "
                     "DATA/SEQUENCE/frames with DATA/SEQUENCE/masks, or "
                     "DATA/JPEGImages/480p/SEQUENCE with "
                     "DATA/Annotations/480p/SEQUENCE.\n");
}
END_TEST

START_TEST(test_finished_sequences_survive_a_later_failure) {
  write_sequence("zero");
  std::ofstream(fs::path(kData) / "zero/masks/00002.png") << "no picture";
  const fs::path output = kFolder / "half";
  const Outcome outcome = run_eval({"--output", output, kData, "one", "zero"});
  fs::remove_all(fs::path(kData) / "zero");
  ck_assert_int_eq(outcome.status, 1);
  ck_assert(outcome.output.find("\none  ") != std::string::npos);
  ck_assert(outcome.errors.find("zero/masks/00002.png\" as a PNG. ") !=
            std::string::npos);
  ck_assert(fs::exists(output / "scores.json"));
}
END_TEST

START_TEST(test_wrong_use_is_status_2_and_one_sentence) {
  const Outcome outcome = run_eval({});
  ck_assert_int_eq(outcome.status, 2);
  assert_text_eq(outcome.errors,
                 "Give a folder with sequences of pictures and masks. See "
                 "sam2-eval --help.\n");
}
END_TEST

}  // namespace

int main() {
  fs::remove_all(kFolder);
  fs::create_directories(kFolder);
  if (run({SAM2_MAKE_WEIGHTS, "sam2.1-micro", kModel}).status != 0) return 1;
  write_sequence("one");
  write_sequence("two");
  TCase *tests = tcase_create("sam2_eval");
  // Each start of the command loads LibTorch.
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, test_every_kind_of_prompt_gives_a_table);
  tcase_add_test(tests, test_folder_gets_scores_plots_masks_and_overlays);
  tcase_add_test(tests, test_failure_is_status_1_and_one_sentence);
  tcase_add_test(tests, test_finished_sequences_survive_a_later_failure);
  tcase_add_test(tests, test_wrong_use_is_status_2_and_one_sentence);
  return sam2::test::run("eval_sam2_eval", tests);
}
