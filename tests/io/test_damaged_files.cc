// Thousands of damaged files of results and prompts: each is read or refused.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "io/png_writer.h"
#include "io/prompt_file.h"
#include "io/result_json.h"
#include "io/result_replay.h"
#include "io/test_helpers.h"

namespace {

constexpr unsigned kSeed = 5;
constexpr int kMutations = 2000;
const std::string kPath = TEST_OUTPUT_FOLDER "/damaged";

// What numbers and structure break on.
const char *const kTokens[] = {"0",     "-1",         "99999999999999999999",
                               "1e308", "-1e-308",    "nan",
                               "inf",   "null",       "true",
                               "\"\"",  "[",          "]",
                               "{",     "}",          ",",
                               ":",     "\n",         "\\u0000",
                               "\xFF",  "4294967295", "16384",
                               "[[]]"};

class Mutator {
 public:
  std::string damaged(std::string text) {
    const int count = 1 + below(4);
    for (int i = 0; i < count && !text.empty(); ++i) damage(&text);
    return text;
  }

 private:
  int below(size_t limit) { return static_cast<int>(random_() % limit); }

  void damage(std::string *text) {
    const size_t at = below(text->size());
    const size_t length = 1 + below(8);
    switch (below(6)) {
      case 0:
        (*text)[at] = static_cast<char>(below(256));
        break;
      case 1:
        text->erase(at, length);
        break;
      case 2:
        text->insert(at, text->substr(below(text->size()), length));
        break;
      case 3:
        text->replace(at, below(3), kTokens[below(std::size(kTokens))]);
        break;
      case 4:
        text->resize(at);
        break;
      case 5:
        replace_number(text, at);
        break;
    }
  }

  // The first number from `at` on.
  void replace_number(std::string *text, size_t at) {
    const size_t begin = text->find_first_of("0123456789", at);
    if (begin == text->npos) return;
    const size_t end = text->find_first_not_of("0123456789", begin);
    text->replace(begin, end == text->npos ? end : end - begin,
                  kTokens[below(std::size(kTokens))]);
  }

  std::mt19937 random_{kSeed};
};

void write(const std::string &bytes) {
  // Some file systems wait for the disk when a file is written over.
  std::remove(kPath.c_str());
  std::ofstream(kPath, std::ios::binary) << bytes;
}

// True if the file is read; refusals are sentences.
bool is_read_as_prompts(const std::string &bytes) {
  write(bytes);
  try {
    for (const auto &prompt : sam2::load_prompt_file(kPath, 0.6)) {
      if (prompt.mask.frame.width > 1000) continue;
      try {
        sam2::resolve(prompt, {64, 48});
      } catch (const sam2::Error &error) {
        ck_assert(error.code() == sam2::ErrorCode::kSetting);
      }
    }
    return true;
  } catch (const sam2::Error &error) {
    ck_assert(error.code() == sam2::ErrorCode::kUnreadable ||
              error.code() == sam2::ErrorCode::kSetting);
    ck_assert(error.user_text().back() == '.');
    return false;
  }
}

std::string results() {
  std::string text;
  for (int i = 0; i < 4; ++i) {
    sam2::FrameResult frame;
    frame.frame_index = i;
    frame.frame_size = {64, 48};
    frame.objects.resize(2);
    frame.objects[0].object_id = 3;
    frame.objects[0].label = "a \"b\"";
    frame.objects[0].box = {10, 5, 3, 2};
    frame.objects[0].mask = {3, 2, {255, 0, 255, 255, 255, 0}};
    frame.objects[1].object_id = 4;
    frame.objects[1].box = {1.5f, 2, 3, 4};
    text += sam2::json_from_result(frame, 40 * i) + "\n";
  }
  return text;
}

const std::string kTable =
    "scorer,a,a,a,a,a,a\nindividuals,m,m,m,n,n,n\n"
    "bodyparts,\"no,se\",nose,nose,tail,tail,tail\n"
    "coords,x,y,likelihood,x,y,likelihood\n"
    "0,1.5,2.5,0.1,3.5,4.5,0.2\n1,1.5,2.5,0.99,,,\n2,1,2,3,4,5e-1,1.0\n";

std::string picture() {
  ck_assert(sam2::test::write_png(kPath, 4, 2, PNG_FORMAT_RGB_COLORMAP,
                                  {0, 1, 2, 2, 1, 0, 1, 1},
                                  {0, 0, 0, 128, 0, 0, 0, 128, 0}));
  std::ifstream file(kPath, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string kind(int i) {
  return i == 0 ? results() : i == 1 ? kTable : picture();
}

START_TEST(test_damaged_prompt_files_are_read_or_refused) {
  std::cout << "seed " << kSeed << std::endl;
  const std::string sound = kind(_i);
  ck_assert(is_read_as_prompts(sound));
  Mutator mutator;
  int refused = 0;
  for (int i = 0; i < kMutations; ++i)
    refused += is_read_as_prompts(mutator.damaged(sound)) ? 0 : 1;
  // Enough of both to mean something.
  ck_assert_int_gt(refused, kMutations / 10);
}
END_TEST

START_TEST(test_cut_prompt_files_are_read_or_refused) {
  const std::string sound = kind(_i);
  for (size_t size = 0; size < sound.size(); ++size)
    is_read_as_prompts(sound.substr(0, size));
}
END_TEST

START_TEST(test_damaged_results_are_replayed_or_skipped) {
  Mutator mutator;
  const std::string sound = results();
  int found = 0, warnings = 0;
  for (int i = 0; i < kMutations; ++i) {
    write(mutator.damaged(sound));
    sam2::ResultReplay replay(kPath, [&](const sam2::Error &) { ++warnings; });
    replay.is_timed();
    for (const int64_t key : {0, 1, 40, 80, 20, 120}) {
      replay.go_to(key, 20);
      if (replay.find(key, 20, {100, 40})) ++found;
    }
  }
  ck_assert_int_gt(found, kMutations);
  ck_assert_int_gt(warnings, kMutations / 10);
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("damaged_files");
  tcase_set_timeout(tests, 120);
  tcase_add_loop_test(tests, test_damaged_prompt_files_are_read_or_refused, 0,
                      3);
  tcase_add_loop_test(tests, test_cut_prompt_files_are_read_or_refused, 0, 3);
  tcase_add_test(tests, test_damaged_results_are_replayed_or_skipped);
  return sam2::test::run("io_damaged_files", tests);
}
