// Whose turn a frame is, as a table of cases.
#include "track/prompt_mode.h"
// Last: Check's macros get in the way of C++ headers.
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

constexpr PromptMode kOnDemand = PromptMode::kOnDemand;
constexpr PromptMode kFirstFrame = PromptMode::kFirstFrame;
constexpr PromptMode kEveryNFrames = PromptMode::kEveryNFrames;
constexpr PromptMode kEveryFrame = PromptMode::kEveryFrame;

constexpr bool kRun = true;
constexpr bool kUsable = true;
constexpr bool kRequested = true;
constexpr int kInterval = 10;

const struct Case {
  const char *name;
  PromptMode mode;
  PromptTurn turn;
  bool is_used;
} kCases[] = {
    {"every frame", kEveryFrame, {7, kRun, kUsable, false, 6}, true},
    {"every frame, nothing found", kEveryFrame, {7, kRun, false}, true},
    {"every frame, no detector", kEveryFrame, {7, false, kUsable}, false},
    {"first frame", kFirstFrame, {7, kRun, kUsable}, true},
    {"first frame, nothing found", kFirstFrame, {7, kRun, false}, false},
    {"first frame, once", kFirstFrame, {99, kRun, kUsable, false, 0}, false},
    {"first frame asks nobody",
     kFirstFrame,
     {9, kRun, kUsable, true, 0},
     false},
    {"first frame, no detector", kFirstFrame, {7, false, kUsable}, false},
    {"first of every n", kEveryNFrames, {7, kRun, kUsable}, true},
    {"first of every n, empty", kEveryNFrames, {7, kRun, false}, true},
    {"too early", kEveryNFrames, {16, kRun, kUsable, false, 7}, false},
    {"in time", kEveryNFrames, {17, kRun, kUsable, false, 7}, true},
    {"late", kEveryNFrames, {18, kRun, kUsable, false, 7}, true},
    {"in time, no detector",
     kEveryNFrames,
     {17, false, kUsable, false, 7},
     false},
    {"not asked for", kOnDemand, {7, kRun, kUsable}, false},
    {"asked for", kOnDemand, {7, kRun, kUsable, kRequested}, true},
    {"asked for again", kOnDemand, {8, kRun, kUsable, kRequested, 7}, true},
    {"asked for, no detector",
     kOnDemand,
     {7, false, kUsable, kRequested},
     false},
};

START_TEST(test_frame_is_used_when_it_is_its_turn) {
  const Case &c = kCases[_i];
  ck_assert_msg(uses_detections(c.mode, kInterval, c.turn) == c.is_used, "%s",
                c.name);
}
END_TEST

START_TEST(test_every_n_and_every_frame_alone_look_again) {
  ck_assert(!is_recurring(kOnDemand));
  ck_assert(!is_recurring(kFirstFrame));
  ck_assert(is_recurring(kEveryNFrames));
  ck_assert(is_recurring(kEveryFrame));
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("prompt_mode");
  tcase_add_loop_test(tests, test_frame_is_used_when_it_is_its_turn, 0,
                      sizeof(kCases) / sizeof(kCases[0]));
  tcase_add_test(tests, test_every_n_and_every_frame_alone_look_again);
  return run_case("track", tests);
}
