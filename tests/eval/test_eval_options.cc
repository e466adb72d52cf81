#include <string>
#include <vector>

#include "eval/eval_options.h"
#include "io/test_helpers.h"

namespace {

using sam2::EvalOptions;
using Arguments = std::vector<std::string>;

EvalOptions parsed(Arguments arguments) {
  arguments.insert(arguments.begin(), "sam2-eval");
  std::vector<char *> pointers;
  for (std::string &argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  int argc = static_cast<int>(arguments.size());
  char **argv = pointers.data();
  return sam2::parse_eval_options(&argc, &argv);
}

START_TEST(test_defaults_score_masks_of_all_sequences) {
  const EvalOptions options = parsed({"--model=a.pt", "data"});
  assert_text_eq(options.data_folder, "data");
  ck_assert(options.sequences.empty());
  ck_assert(options.prompt == sam2::PromptKind::kMask);
  ck_assert(!options.all_frames);
  assert_text_eq(options.output_folder, "");
  ck_assert(!options.save_masks);
  ck_assert_int_eq(options.overlay_count, 0);
  assert_text_eq(options.tracker.memory_policy, "recent");
  ck_assert(options.tracker.non_overlap_masks);
}
END_TEST

START_TEST(test_every_option_is_read) {
  const EvalOptions options =
      parsed({"--model=a.pt", "--input-size=256", "--precision=fp32",
              "--device=cpu", "--memory-policy=samurai", "--prompt=clicks3",
              "--output=out", "--all-frames", "--save-masks",
              "--save-overlays=6", "data", "dog", "cat/"});
  assert_text_eq(options.model.model_file, "a.pt");
  ck_assert_int_eq(options.model.input_size_px, 256);
  ck_assert(options.model.precision == sam2::Precision::kFp32);
  assert_text_eq(options.model.device, "cpu");
  assert_text_eq(options.tracker.memory_policy, "samurai");
  ck_assert(options.prompt == sam2::PromptKind::kClicks3);
  assert_text_eq(options.prompt_name, "clicks3");
  assert_text_eq(options.output_folder, "out");
  ck_assert(options.all_frames);
  ck_assert(options.save_masks);
  ck_assert_int_eq(options.overlay_count, 6);
  ck_assert((options.sequences == Arguments{"dog", "cat"}));
}
END_TEST

struct WrongUse {
  Arguments arguments;
  const char *sentence;
};

const WrongUse kWrongUses[] = {
    {{"--model=a"}, "Give a folder with sequences of pictures and masks."},
    {{"--model=a", "data", "--prompt=text"},
     "There is no kind of prompt \"text\". Give --prompt mask, box, point or "
     "clicks3."},
    {{"--model=a", "data", "a/b"},
     "The sequence \"a/b\" is not a name. Give names of sequences inside "
     "DATA."},
    {{"--model=a", "data", "--save-masks"},
     "Pictures need a folder. Give --output."},
    {{"--model=a", "data", "--save-overlays=2"},
     "Pictures need a folder. Give --output."},
    {{"--model=a", "data", "--output=o", "--save-overlays=65"},
     "The number of overlays 65 is not between 0 and 64. Give --save-overlays "
     "how many frames to draw."},
    {{"--nonsense"}, "Unknown option --nonsense."},
};

START_TEST(test_wrong_use_is_refused_with_its_own_sentence) {
  const WrongUse &use = kWrongUses[_i];
  assert_text_eq(sam2::test::error_of([&use] { parsed(use.arguments); }),
                 use.sentence);
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("eval_options");
  tcase_add_test(tests, test_defaults_score_masks_of_all_sequences);
  tcase_add_test(tests, test_every_option_is_read);
  tcase_add_loop_test(tests, test_wrong_use_is_refused_with_its_own_sentence, 0,
                      std::size(kWrongUses));
  return sam2::test::run("eval_eval_options", tests);
}
