// The whole command, run as its users run it, with a tiny generated model.
#include <glib.h>
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <opencv2/core/mat.hpp>
#include <opencv2/imgcodecs.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "generated_weights.h"
#include "io/json_ptr.h"
#include "io/result_json.h"
#include "io/safetensors.h"
#include "io/test_helpers.h"
#include "label_map.h"
#include "model/config.h"
#include "model/sam2_network.h"

namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

const fs::path kOutput = fs::path(TEST_OUTPUT_FOLDER) / "sam2_track";
const std::string kModel = kOutput / "model.safetensors";
const std::string kBox = "1:box=10,8,30,20; 2:points=50%,50%,+";

void write_model() {
  sam2::Sam2Network network(*sam2::find_config("sam2.1-micro"));
  std::map<std::string, at::Tensor> tensors;
  network.visit([&](const std::string &name, at::Tensor &,
                    const std::vector<int64_t> &shape) {
    tensors[name] = sam2::generated_weight(name, shape, {});
  });
  sam2::write_safetensors(kModel, tensors);
}

std::string frames_folder(int count) {
  const fs::path folder = kOutput / ("frames" + std::to_string(count));
  fs::create_directories(folder);
  for (int i = 0; i < count; ++i) {
    const cv::Mat picture(48, 64, CV_8UC3, cv::Scalar(i, 2 * i, 90));
    cv::imwrite((folder / (std::to_string(i) + ".png")).string(), picture);
  }
  return folder;
}

struct Child {
  GPid pid = 0;
  std::FILE *output = nullptr;
  std::FILE *errors = nullptr;
};

Child start(Words words) {
  words.insert(words.begin(), SAM2_TRACK);
  std::vector<char *> arguments;
  for (std::string &word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  Child child;
  gint output = -1;
  gint errors = -1;
  ck_assert(g_spawn_async_with_pipes(
      nullptr, arguments.data(), nullptr, G_SPAWN_DO_NOT_REAP_CHILD, nullptr,
      nullptr, &child.pid, nullptr, &output, &errors, nullptr));
  child.output = fdopen(output, "r");
  child.errors = fdopen(errors, "r");
  return child;
}

Words lines_of(std::FILE *file) {
  Words lines(1);
  for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) {
    if (c == '\n') {
      lines.emplace_back();
    } else {
      lines.back().push_back(static_cast<char>(c));
    }
  }
  if (lines.back().empty()) lines.pop_back();
  std::fclose(file);
  return lines;
}

struct Outcome {
  int status = -1;
  Words output;
  Words errors;
};

Outcome finish(const Child &child) {
  Outcome outcome;
  outcome.output = lines_of(child.output);
  outcome.errors = lines_of(child.errors);
  int status = 0;
  ck_assert_int_eq(waitpid(child.pid, &status, 0), child.pid);
  outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return outcome;
}

Outcome run(const Words &words) { return finish(start(words)); }

START_TEST(test_wrong_use_is_status_2_and_one_sentence) {
  const Outcome outcome = run({"--model", kModel, "clip.mp4"});
  ck_assert_int_eq(outcome.status, 2);
  ck_assert_uint_eq(outcome.output.size(), 0);
  ck_assert_uint_eq(outcome.errors.size(), 1);
  assert_text_eq(outcome.errors[0],
                 "Give --prompt, --mask or --load-state to say what to track. "
                 "See sam2-track --help.");
}
END_TEST

START_TEST(test_failure_is_status_1_and_one_sentence) {
  const Words mistakes[] = {
      {"--model", kModel, "--prompt", "1:box=", frames_folder(1)},
      {"--model", kModel, "--prompt", kBox, kOutput / "nothing.mp4"},
      {"--model", kModel, "--prompt", kBox, kModel},
      {"--model", kModel, "--prompt", "@1s " + kBox, frames_folder(1)},
      {"--model", kModel, "--mask", kModel, frames_folder(1)},
  };
  const char *const sentences[] = {
      "The prompt has an error at character 7: ",
      "There is no file or folder ",
      "Could not read ",
      "A prompt names a time, but ",
      "Could not read ",
  };
  for (size_t i = 0; i < std::size(mistakes); ++i) {
    const Outcome outcome = run(mistakes[i]);
    ck_assert_int_eq(outcome.status, 1);
    ck_assert_uint_eq(outcome.output.size(), 0);
    ck_assert_msg(outcome.errors.size() == 1, "mistake %zu", i);
    ck_assert_msg(outcome.errors[0].find(sentences[i]) == 0, "%s",
                  outcome.errors[0].c_str());
  }
}
END_TEST

START_TEST(test_missing_model_is_the_last_sentence) {
  // A warning about a slow matrix library may come before it.
  const std::string model = kOutput / "nothing.pt";
  const Outcome outcome =
      run({"--model", model, "--prompt", kBox, frames_folder(1)});
  ck_assert_int_eq(outcome.status, 1);
  assert_text_eq(outcome.errors.back(),
                 "Could not find the checkpoint \"" + model +
                     "\". Set model-file to a SAM 2 .pt or .safetensors "
                     "file.");
}
END_TEST

START_TEST(test_each_frame_is_one_line_and_one_label_map) {
  const std::string labels = kOutput / "labels";
  const Outcome outcome =
      run({"--model", kModel, "--device", "cpu", "--prompt", kBox, "--fps",
           "10", "--max-frames", "3", "--label-png", labels, frames_folder(5)});
  ck_assert_int_eq(outcome.status, 0);
  ck_assert_uint_eq(outcome.output.size(), 3);
  for (int i = 0; i < 3; ++i) {
    const sam2::TimedResult timed = sam2::result_from_json(outcome.output[i]);
    ck_assert_int_eq(timed.result.frame_index, i);
    ck_assert_int_eq(*timed.pts_ns, 100000000 * i);
    ck_assert_uint_eq(timed.result.objects.size(), 2);
    const sam2::LabelMap map =
        sam2::read_label_map(labels + "/" + std::to_string(i) + ".png");
    ck_assert(map.labels == sam2::label_map_from_result(timed.result).labels);
  }
  ck_assert(outcome.errors.back().find("3 frames in ") == 0);
}
END_TEST

// Scores may differ in the last digits.
void assert_same_masks(const Words &found, const Words &wanted) {
  ck_assert_uint_eq(found.size(), wanted.size());
  for (size_t i = 0; i < wanted.size(); ++i) {
    const sam2::FrameResult a = sam2::result_from_json(found[i]).result;
    const sam2::FrameResult b = sam2::result_from_json(wanted[i]).result;
    ck_assert_int_eq(a.frame_index, b.frame_index);
    ck_assert_uint_eq(a.objects.size(), b.objects.size());
    ck_assert(sam2::label_map_from_result(a).labels ==
              sam2::label_map_from_result(b).labels);
  }
}

START_TEST(test_encoding_ahead_gives_the_same_masks) {
  const Words plain = {"--model",     kModel,     "--device",
                       "cpu",         "--prompt", kBox,
                       "--precision", "fp32",     frames_folder(7)};
  const Outcome wanted = run(plain);
  ck_assert_int_eq(wanted.status, 0);
  const Words ways[] = {{"--batch-size", "3"},
                        {"--lookahead", "2"},
                        {"--batch-size", "3", "--lookahead", "2"}};
  for (const Words &way : ways) {
    Words words = plain;
    words.insert(words.end(), way.begin(), way.end());
    const Outcome outcome = run(words);
    ck_assert_int_eq(outcome.status, 0);
    assert_same_masks(outcome.output, wanted.output);
  }
}
END_TEST

Words limited(const std::string &bytes) {
  return {"--model",  kModel, "--device",       "cpu", "--precision",  "fp32",
          "--prompt", kBox,   "--memory-limit", bytes, "--batch-size", "4"};
}

START_TEST(test_what_cannot_fit_is_refused_before_the_first_frame) {
  Words words = limited("4000000");
  words.push_back(frames_folder(4));
  const Outcome outcome = run(words);
  ck_assert_int_eq(outcome.status, 1);
  ck_assert_uint_eq(outcome.output.size(), 0);
  const std::string &text = outcome.errors.back();
  ck_assert_msg(text.find("Up to 2 objects take about ") == 0 &&
                    text.find("raise memory-limit.") != std::string::npos,
                "%s", text.c_str());
}
END_TEST

START_TEST(test_batch_without_room_is_smaller_from_the_start) {
  const fs::path folder = frames_folder(4);
  Words little = limited("9000000"), much = limited("90000000");
  little.push_back(folder);
  much.push_back(folder);
  const Outcome found = run(little), wanted = run(much);
  ck_assert_int_eq(found.status, 0);
  assert_same_masks(found.output, wanted.output);
  const auto is_warned = [](const Outcome &outcome) {
    return std::any_of(
        outcome.errors.begin(), outcome.errors.end(), [](const auto &line) {
          return line.find(
                     "The limit of 9 MiB leaves room for 1 of 4 frames "
                     "encoded together") == 0;
        });
  };
  ck_assert(is_warned(found) && !is_warned(wanted));
}
END_TEST

// The frames before the damaged one are written.
START_TEST(test_damaged_picture_ends_the_lines_in_its_place) {
  const fs::path folder = frames_folder(4);
  std::ofstream(folder / "4.png") << "no picture";
  const Outcome outcome =
      run({"--model", kModel, "--prompt", kBox, "--batch-size", "2",
           "--lookahead", "3", folder});
  fs::remove(folder / "4.png");
  ck_assert_int_eq(outcome.status, 1);
  ck_assert_uint_eq(outcome.output.size(), 4);
  ck_assert_msg(outcome.errors.back().find("Could not read ") == 0, "%s",
                outcome.errors.back().c_str());
}
END_TEST

START_TEST(test_saved_state_goes_on_with_the_same_lines) {
  const std::string state = kOutput / "state.safetensors";
  const fs::path whole = frames_folder(6);
  const fs::path rest = kOutput / "rest";
  fs::create_directories(rest);
  for (const char *name : {"4.png", "5.png"})
    fs::copy_file(whole / name, rest / name);
  const Words model = {"--model", kModel, "--device", "cpu"};
  const auto with = [&](Words words) {
    words.insert(words.begin(), model.begin(), model.end());
    return run(words);
  };
  const Outcome wanted = with({"--prompt", kBox, whole});
  const Outcome first =
      with({"--prompt", kBox, "--max-frames", "4", "--save-state", state,
            "--lookahead", "3", whole});
  const Outcome second = with({"--load-state", state, rest});
  ck_assert_int_eq(first.status, 0);
  ck_assert_int_eq(second.status, 0);
  Words found = first.output;
  found.insert(found.end(), second.output.begin(), second.output.end());
  ck_assert_uint_eq(found.size(), 6);
  ck_assert(found == wanted.output);
}
END_TEST

START_TEST(test_state_that_cannot_be_read_or_written_is_status_1) {
  const std::string nowhere = kOutput / "no_folder/state.safetensors";
  const Outcome loading =
      run({"--model", kModel, "--load-state", nowhere, frames_folder(1)});
  ck_assert_int_eq(loading.status, 1);
  ck_assert_uint_eq(loading.output.size(), 0);
  assert_text_eq(loading.errors.back(),
                 "Could not find the tracker state \"" + nowhere +
                     "\". Give a file that a tracker's state was saved to.");
  const Outcome saving = run({"--model", kModel, "--prompt", kBox,
                              "--save-state", nowhere, frames_folder(1)});
  ck_assert_int_eq(saving.status, 1);
  ck_assert_uint_eq(saving.output.size(), 1);
  ck_assert(saving.errors.back().find(nowhere) != std::string::npos);
}
END_TEST

START_TEST(test_every_nth_frame_and_those_with_prompts_are_inferred) {
  const Outcome outcome = run({"--model", kModel, "--prompt",
                               "1:box=10,8,30,20; @0.4s 2:points=50%,50%,+",
                               "--fps", "10", "--inference-interval", "3",
                               "--skipped-frames", "none", frames_folder(8)});
  ck_assert_int_eq(outcome.status, 0);
  std::string counts;
  for (const std::string &line : outcome.output)
    counts +=
        std::to_string(sam2::result_from_json(line).result.objects.size());
  assert_text_eq(counts, "10012002");
}
END_TEST

START_TEST(test_label_map_prompts_the_first_frame) {
  const std::string mask = kOutput / "mask.png";
  sam2::LabelMap map{64, 48, std::vector<uint8_t>(64 * 48, 0)};
  std::fill(map.labels.begin() + 640, map.labels.begin() + 1280, 7);
  sam2::write_label_map(mask, map);
  const std::string output = kOutput / "masks.ndjson";
  const Outcome outcome = run({"--model", kModel, "--mask", mask, "--output",
                               output, frames_folder(2)});
  ck_assert_int_eq(outcome.status, 0);
  ck_assert_uint_eq(outcome.output.size(), 0);
  const Words lines = lines_of(std::fopen(output.c_str(), "r"));
  ck_assert_uint_eq(lines.size(), 2);
  const sam2::TimedResult timed = sam2::result_from_json(lines[0]);
  ck_assert(!timed.pts_ns.has_value());
  ck_assert_int_eq(timed.result.objects.at(0).object_id, 7);
  // A mask prompt is its own result on its frame.
  ck_assert(sam2::label_map_from_result(timed.result).labels == map.labels);
}
END_TEST

START_TEST(test_interrupt_keeps_what_was_written) {
  constexpr int kFrames = 300;
  const Child child =
      start({"--model", kModel, "--prompt", kBox, frames_folder(kFrames)});
  // The first line is out: the loop runs.
  for (int c = 0; c != '\n' && c != EOF;) c = std::fgetc(child.output);
  kill(child.pid, SIGINT);
  const Outcome outcome = finish(child);
  ck_assert_int_eq(outcome.status, 0);
  ck_assert_uint_lt(outcome.output.size(), kFrames - 1);
  for (const std::string &line : outcome.output) sam2::result_from_json(line);
  ck_assert(outcome.errors.back().find("Stopped by a signal. ") == 0);
}
END_TEST

}  // namespace

int main() {
  fs::remove_all(kOutput);
  fs::create_directories(kOutput);
  write_model();
  TCase *tests = tcase_create("sam2_track");
  // Each start of the command loads LibTorch.
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, test_wrong_use_is_status_2_and_one_sentence);
  tcase_add_test(tests, test_failure_is_status_1_and_one_sentence);
  tcase_add_test(tests, test_missing_model_is_the_last_sentence);
  tcase_add_test(tests, test_each_frame_is_one_line_and_one_label_map);
  tcase_add_test(tests, test_encoding_ahead_gives_the_same_masks);
  tcase_add_test(tests, test_what_cannot_fit_is_refused_before_the_first_frame);
  tcase_add_test(tests, test_batch_without_room_is_smaller_from_the_start);
  tcase_add_test(tests, test_damaged_picture_ends_the_lines_in_its_place);
  tcase_add_test(tests, test_saved_state_goes_on_with_the_same_lines);
  tcase_add_test(tests, test_state_that_cannot_be_read_or_written_is_status_1);
  tcase_add_test(tests,
                 test_every_nth_frame_and_those_with_prompts_are_inferred);
  tcase_add_test(tests, test_label_map_prompts_the_first_frame);
  tcase_add_test(tests, test_interrupt_keeps_what_was_written);
  return sam2::test::run("tools_sam2_track", tests);
}
