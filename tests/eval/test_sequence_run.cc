#include <filesystem>
#include <fstream>
#include <functional>
#include <opencv2/imgcodecs.hpp>
#include <set>

#include "eval/label_pictures.h"
#include "eval/sequence_run.h"
#include "io/test_helpers.h"

namespace {

namespace fs = std::filesystem;
using sam2::DavisSequence;
using sam2::FrameResult;
using sam2::LabelMap;
using sam2::ObjectResult;
using sam2::Prompt;
using sam2::PromptKind;
using sam2::ScoredFrame;
using sam2::SequenceScores;
using sam2::test::error_of;

constexpr int kWidth = 40;
constexpr int kHeight = 30;
constexpr int kFrames = 4;

// Answers each frame with the labels `answer` gives for it, for the objects
// that were prompted.
class FakeTracker : public sam2::StreamTracker {
 public:
  explicit FakeTracker(std::function<LabelMap(int frame)> answer)
      : answer_(std::move(answer)) {}

  void add_prompt(const Prompt &prompt) override {
    prompts.push_back(prompt);
    objects_.insert(prompt.object_id);
  }
  std::vector<FrameResult> prompt_at(int64_t, const Prompt &) override {
    return {};
  }
  bool remove_object(int64_t) override { return false; }
  int64_t bank_bytes() const override { return 0; }
  void save(const std::string &) const override {}
  void load(const std::string &) override {}
  sam2::BankOccupancy bank_occupancy() const override { return {}; }
  void set_effort(const sam2::TrackerEffort &) override {}
  sam2::TrackerEffort effort() const override { return {}; }
  bool can_spill_bank() const override { return false; }
  void reset() override {
    ++resets;
    next_ = 0;
    prompts.clear();
    objects_.clear();
  }
  FrameResult track(const sam2::ImageView &frame) override {
    FrameResult result;
    result.frame_index = next_;
    result.frame_size = {frame.width, frame.height};
    const LabelMap map = answer_(next_++);
    for (const int64_t id : objects_) {
      result.objects.push_back(object_of(map, static_cast<int>(id)));
    }
    return result;
  }

  FrameResult track(
      const std::shared_ptr<const sam2::EncodedImage> &) override {
    return {};
  }
  FrameResult skip(const sam2::ImageView &frame) override {
    return track(frame);
  }
  void look_at(const sam2::ImageView &) override {}

  std::vector<Prompt> prompts;  // since the last reset
  int resets = 0;

 private:
  static ObjectResult object_of(const LabelMap &map, int id) {
    ObjectResult object;
    object.object_id = id;
    const cv::Mat mask = sam2::mask_of_label(map, id);
    object.box = {0, 0, static_cast<float>(map.width),
                  static_cast<float>(map.height)};
    object.mask = {
        map.width, map.height, {mask.begin<uint8_t>(), mask.end<uint8_t>()}};
    return object;
  }

  std::function<LabelMap(int)> answer_;
  int next_ = 0;
  std::set<int64_t> objects_;
};

LabelMap empty_map() {
  return {kWidth, kHeight, std::vector<uint8_t>(kWidth * kHeight, 0)};
}

void paint(const cv::Rect &place, uint8_t label, LabelMap *map) {
  for (int y = place.y; y < place.br().y; ++y) {
    for (int x = place.x; x < place.br().x; ++x) {
      map->labels[y * kWidth + x] = label;
    }
  }
}

// Object 1 moves to the right, object 3 stays.
LabelMap truth_at(int frame) {
  LabelMap map = empty_map();
  paint({2 + frame, 4, 10, 10}, 1, &map);
  paint({25, 15, 10, 10}, 3, &map);
  return map;
}

// The files of a sequence of its own for each test.
DavisSequence write_sequence(const char *test) {
  const fs::path folder =
      fs::path(TEST_OUTPUT_FOLDER) / (std::string("sequence_run_") + test);
  fs::remove_all(folder);
  fs::create_directories(folder / "frames");
  fs::create_directories(folder / "masks");
  DavisSequence sequence{"test", folder / "frames", folder / "masks", {}};
  for (int i = 0; i < kFrames; ++i) {
    const std::string name = "0000" + std::to_string(i) + ".png";
    cv::imwrite(sequence.frames_folder + "/" + name,
                cv::Mat(kHeight, kWidth, CV_8UC3, cv::Scalar(9, 9, 9)));
    sequence.mask_files.push_back(sequence.masks_folder + "/" + name);
    sam2::write_indexed_png(sequence.mask_files.back(), truth_at(i));
  }
  return sequence;
}

void ignore(const ScoredFrame &) {}

START_TEST(test_truth_against_itself_scores_1_on_every_frame) {
  FakeTracker tracker(truth_at);
  const SequenceScores scores = sam2::run_sequence(
      write_sequence("truth"), PromptKind::kMask, &tracker, ignore);
  ck_assert_uint_eq(scores.frame_names.size(), kFrames);
  assert_text_eq(scores.frame_names[2], "00002");
  ck_assert_uint_eq(scores.objects.size(), 2);
  ck_assert_int_eq(scores.objects[0].label, 1);
  ck_assert_int_eq(scores.objects[1].label, 3);
  for (const auto &object : scores.objects) {
    ck_assert_uint_eq(object.frames.size(), kFrames);
    for (const auto &frame : object.frames) {
      ck_assert_double_eq(frame.region, 1);
      ck_assert_double_eq(frame.boundary, 1);
    }
  }
  ck_assert(scores.peak_memory_bytes > 0);
}
END_TEST

START_TEST(test_each_frame_is_scored_against_its_own_mask) {
  // Stands still: 10x10 moved by i overlaps (10 - i) / (10 + i).
  FakeTracker tracker([](int) { return truth_at(0); });
  const SequenceScores scores = sam2::run_sequence(
      write_sequence("still"), PromptKind::kBox, &tracker, ignore);
  for (int i = 0; i < kFrames; ++i) {
    ck_assert_double_eq_tol(scores.objects[0].frames[i].region,
                            (10.0 - i) / (10 + i), 1e-12);
    ck_assert_double_eq(scores.objects[1].frames[i].region, 1);
  }
}
END_TEST

START_TEST(test_all_objects_are_prompted_before_the_first_frame) {
  FakeTracker tracker(truth_at);
  sam2::run_sequence(write_sequence("prompts"), PromptKind::kPoint, &tracker,
                     ignore);
  ck_assert_int_eq(tracker.resets, 1);
  ck_assert_uint_eq(tracker.prompts.size(), 2);
  ck_assert_int_eq(tracker.prompts[0].object_id, 1);
  ck_assert_int_eq(tracker.prompts[1].object_id, 3);
}
END_TEST

START_TEST(test_wrong_answer_is_corrected_twice) {
  // Object 1 is right, object 3 never found.
  FakeTracker tracker([](int frame) {
    LabelMap map = truth_at(frame);
    paint({25, 15, 10, 10}, 0, &map);
    return map;
  });
  sam2::run_sequence(write_sequence("clicks"), PromptKind::kClicks3, &tracker,
                     ignore);
  ck_assert_int_eq(tracker.resets, 3);
  ck_assert_uint_eq(tracker.prompts.size(), 2);
  ck_assert_uint_eq(tracker.prompts[0].points.size(), 1);
  ck_assert_uint_eq(tracker.prompts[1].points.size(), 3);
}
END_TEST

START_TEST(test_right_answer_is_not_corrected) {
  FakeTracker tracker(truth_at);
  const SequenceScores scores = sam2::run_sequence(
      write_sequence("no_clicks"), PromptKind::kClicks3, &tracker, ignore);
  ck_assert_uint_eq(tracker.prompts[0].points.size(), 1);
  // The track begins anew after the looks at the first frame.
  ck_assert_double_eq(scores.objects[0].frames[kFrames - 1].region, 1);
}
END_TEST

START_TEST(test_visitor_sees_each_frame_after_scoring) {
  FakeTracker tracker(truth_at);
  size_t count = 0;
  sam2::run_sequence(write_sequence("visitor"), PromptKind::kMask, &tracker,
                     [&count](const ScoredFrame &frame) {
                       ck_assert_uint_eq(frame.index, count++);
                       ck_assert(frame.predicted.labels == frame.truth.labels);
                       ck_assert_uint_eq(frame.scores.objects[0].frames.size(),
                                         count);
                     });
  ck_assert_uint_eq(count, kFrames);
}
END_TEST

std::string error_with(const DavisSequence &sequence) {
  FakeTracker tracker(truth_at);
  return error_of([&] {
    sam2::run_sequence(sequence, PromptKind::kMask, &tracker, ignore);
  });
}

START_TEST(test_mask_of_another_size_is_refused) {
  const DavisSequence sequence = write_sequence("size");
  sam2::write_indexed_png(sequence.mask_files[1], {2, 1, {0, 1}});
  assert_text_eq(error_with(sequence),
                 "The mask \"" + sequence.mask_files[1] +
                     "\" has 2x1 pixels, but its frame has 40x30. Give masks "
                     "of the frames' size.");
}
END_TEST

START_TEST(test_first_mask_without_objects_is_refused) {
  const DavisSequence sequence = write_sequence("no_object");
  sam2::write_indexed_png(sequence.mask_files[0], empty_map());
  assert_text_eq(error_with(sequence),
                 "The first mask \"" + sequence.mask_files[0] +
                     "\" has no object. Begin the sequence with a frame on "
                     "which every object is seen.");
}
END_TEST

START_TEST(test_unreadable_mask_is_refused) {
  const DavisSequence sequence = write_sequence("damaged");
  std::ofstream(sequence.mask_files[2]) << "no picture";
  assert_text_eq(error_with(sequence),
                 "Could not read \"" + sequence.mask_files[2] +
                     "\" as a PNG. Give an indexed or grey PNG of 8 bits.");
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("sequence_run");
  tcase_add_test(tests, test_truth_against_itself_scores_1_on_every_frame);
  tcase_add_test(tests, test_each_frame_is_scored_against_its_own_mask);
  tcase_add_test(tests, test_all_objects_are_prompted_before_the_first_frame);
  tcase_add_test(tests, test_wrong_answer_is_corrected_twice);
  tcase_add_test(tests, test_right_answer_is_not_corrected);
  tcase_add_test(tests, test_visitor_sees_each_frame_after_scoring);
  tcase_add_test(tests, test_mask_of_another_size_is_refused);
  tcase_add_test(tests, test_first_mask_without_objects_is_refused);
  tcase_add_test(tests, test_unreadable_mask_is_refused);
  return sam2::test::run("eval_sequence_run", tests);
}
