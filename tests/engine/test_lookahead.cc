// Reading and encoding ahead, over an engine that only takes notes.
#include <atomic>
#include <future>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "engine/lookahead.h"
// Last: Check's macros get in the way of C++ headers.
#include "refusal.h"
#include "run_tests.h"

using namespace sam2;

namespace {

// A picture of one pixel, whose address and red are its number.
struct Picture {
  int number = 0;
  ImageView view() const {
    static uint8_t pixels[1000];
    return {pixels + number, 1, 1, 3};
  }
  static int number_of(const ImageView &view) {
    return static_cast<int>(view.data - Picture{}.view().data);
  }
};

struct NumberedImage final : EncodedImage {
  explicit NumberedImage(int n) : number(n) {}
  SizePx frame_size() const override { return {1, 1}; }
  int number;
};

using Images = std::vector<std::shared_ptr<const EncodedImage>>;

class NotingEngine final : public Engine {
 public:
  ModelInfo info() const override { return {}; }
  std::unique_ptr<StreamTracker> create_tracker(
      const TrackerSettings &) const override {
    return nullptr;
  }
  Images encode(const std::vector<ImageView> &frames) const override {
    const std::lock_guard<std::mutex> lock(mutex);
    batches.push_back(static_cast<int>(frames.size()));
    encoding_thread = std::this_thread::get_id();
    Images images;
    for (const ImageView &frame : frames) {
      const int number = Picture::number_of(frame);
      if (number == failing_frame)
        throw Error(ErrorCode::kNoMemory, "Memory is full.");
      images.push_back(std::make_shared<const NumberedImage>(number));
    }
    encoded += static_cast<int>(frames.size());
    most_ahead = std::max(most_ahead, encoded - taken);
    if (encoded >= announced_frame) announced.set_value();
    if (encoded >= announced_frame) announced_frame = 1000;
    return images;
  }
  std::vector<Proposal> propose(const std::shared_ptr<const EncodedImage> &,
                                const ProposalSettings &) const override {
    return {};
  }
  void release_cached_memory() const override {}
  int64_t encoded_frames() const override { return encoded; }
  MemoryReport memory() const override { return {}; }
  MemoryPlan prepare(const MemoryDemand &) const override { return {}; }
  PressureLevel memory_pressure() const override {
    return PressureLevel::kNormal;
  }

  int failing_frame = -1;
  mutable std::atomic<int> taken{0};
  mutable std::mutex mutex;  // guards what follows, but for the future
  mutable std::vector<int> batches;
  mutable std::thread::id encoding_thread;
  mutable int encoded = 0;
  mutable int most_ahead = 0;
  // Fulfilled when so many frames have been encoded.
  mutable int announced_frame = 1000;
  mutable std::promise<void> announced;
};

using Ahead = Lookahead<Picture>;

// `count` pictures, then the end or an error.
Ahead::Source pictures(int count, bool is_failing = false) {
  return [=, next = 0]() mutable -> std::optional<Picture> {
    if (next < count) return Picture{next++};
    if (is_failing) throw std::runtime_error("torn film");
    return std::nullopt;
  };
}

struct Case {
  int batch_size;
  int frames_ahead;
};
constexpr Case kCases[] = {{2, 0}, {4, 0}, {1, 1}, {1, 3}, {4, 1}, {4, 8}};

LookaheadSettings settings_of(const Case &each) {
  return {each.batch_size, each.frames_ahead};
}

// Takes frames in order until there are none.
int take_all(Ahead &ahead, const NotingEngine &engine) {
  int number = 0;
  while (const auto item = ahead.next()) {
    ++engine.taken;
    ck_assert_int_eq(item->frame.number, number);
    ck_assert_int_eq(dynamic_cast<const NumberedImage &>(*item->image).number,
                     number);
    ++number;
  }
  return number;
}

// What a failure says, and how many frames came before it.
std::string failure_of(Ahead &ahead, int frames_before) {
  for (int i = 0; i < frames_before; ++i)
    ck_assert_int_eq(ahead.next()->frame.number, i);
  try {
    ahead.next();
  } catch (const std::exception &error) {
    ck_assert(!ahead.next());
    return error.what();
  }
  return "none";
}

START_TEST(test_frames_come_in_order_with_their_own_features) {
  const auto engine = std::make_shared<NotingEngine>();
  Ahead ahead(engine, pictures(10), settings_of(kCases[_i]));
  ck_assert_int_eq(take_all(ahead, *engine), 10);
  ck_assert(!ahead.next());
  const bool is_elsewhere =
      engine->encoding_thread != std::this_thread::get_id();
  ck_assert(is_elsewhere == (kCases[_i].frames_ahead > 0));
}
END_TEST

START_TEST(test_frames_one_at_a_time_are_left_to_the_tracker) {
  const auto engine = std::make_shared<NotingEngine>();
  Ahead ahead(engine, pictures(3, true), {});
  for (int i = 0; i < 3; ++i) {
    const auto item = ahead.next();
    ck_assert_int_eq(item->frame.number, i);
    ck_assert(!item->image);
  }
  assert_texts_equal(failure_of(ahead, 0), "torn film");
  ck_assert_int_eq(engine->encoded, 0);
}
END_TEST

START_TEST(test_frames_are_encoded_in_batches_and_the_rest) {
  const auto engine = std::make_shared<NotingEngine>();
  Ahead ahead(engine, pictures(10), {4, _i});
  take_all(ahead, *engine);
  ck_assert(engine->batches == (std::vector<int>{4, 4, 2}));
}
END_TEST

// Those that wait, the one that next() is about to return, and the batch
// that finds no room.
START_TEST(test_no_more_frames_wait_than_were_asked_for) {
  const Case &each = kCases[_i];
  const auto engine = std::make_shared<NotingEngine>();
  {
    Ahead ahead(engine, pictures(100), settings_of(each));
    take_all(ahead, *engine);
  }
  ck_assert_int_le(engine->most_ahead, each.frames_ahead + 1 + each.batch_size);
}
END_TEST

START_TEST(test_frames_are_encoded_before_they_are_asked_for) {
  const auto engine = std::make_shared<NotingEngine>();
  engine->announced_frame = 3;
  Ahead ahead(engine, pictures(10), {1, 3});
  engine->announced.get_future().wait();  // hangs if nothing runs ahead
  ck_assert_int_eq(take_all(ahead, *engine), 10);
}
END_TEST

START_TEST(test_nothing_is_encoded_ahead_unless_asked_for) {
  const auto engine = std::make_shared<NotingEngine>();
  Ahead ahead(engine, pictures(10), {2, 0});
  ck_assert_int_eq(engine->encoded, 0);
  ahead.next();
  ck_assert_int_eq(engine->encoded, 2);
}
END_TEST

START_TEST(test_error_of_the_source_comes_after_the_frames_before_it) {
  const auto engine = std::make_shared<NotingEngine>();
  Ahead ahead(engine, pictures(6, true), settings_of(kCases[_i]));
  assert_texts_equal(failure_of(ahead, 6), "torn film");
}
END_TEST

START_TEST(test_error_of_the_encoder_comes_in_place_of_its_batch) {
  const auto engine = std::make_shared<NotingEngine>();
  engine->failing_frame = 6;
  Ahead ahead(engine, pictures(10), settings_of(kCases[_i]));
  assert_texts_equal(failure_of(ahead, kCases[_i].batch_size == 4 ? 4 : 6),
                     "Memory is full.");
}
END_TEST

// The thread waits for room then, and is woken.
START_TEST(test_ending_early_leaves_no_thread_behind) {
  const auto engine = std::make_shared<NotingEngine>();
  {
    engine->announced_frame = 3;
    Ahead ahead(engine, pictures(100), {2, 2});
    engine->announced.get_future().wait();
    ahead.next();
  }
  ck_assert_int_eq(engine.use_count(), 1);
  ck_assert_int_lt(engine->encoded, 10);
}
END_TEST

START_TEST(test_number_out_of_range_is_refused) {
  const auto engine = std::make_shared<NotingEngine>();
  const auto make = [&](int batch_size, int frames_ahead) {
    Ahead(engine, pictures(1), {batch_size, frames_ahead});
  };
  assert_refused(make(0, 0), ErrorCode::kSetting,
                 "batch-size is 0. Set it to 1...64.");
  assert_refused(make(65, 0), ErrorCode::kSetting,
                 "batch-size is 65. Set it to 1...64.");
  assert_refused(make(1, -1), ErrorCode::kSetting,
                 "lookahead is -1. Set it to 0...64.");
  assert_refused(make(1, 65), ErrorCode::kSetting,
                 "lookahead is 65. Set it to 0...64.");
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("lookahead");
  const int cases = static_cast<int>(std::size(kCases));
  tcase_add_loop_test(tests, test_frames_come_in_order_with_their_own_features,
                      0, cases);
  tcase_add_test(tests, test_frames_one_at_a_time_are_left_to_the_tracker);
  tcase_add_loop_test(tests, test_frames_are_encoded_in_batches_and_the_rest, 0,
                      3);
  tcase_add_loop_test(tests, test_no_more_frames_wait_than_were_asked_for, 0,
                      cases);
  tcase_add_test(tests, test_frames_are_encoded_before_they_are_asked_for);
  tcase_add_test(tests, test_nothing_is_encoded_ahead_unless_asked_for);
  tcase_add_loop_test(tests,
                      test_error_of_the_source_comes_after_the_frames_before_it,
                      0, cases);
  tcase_add_loop_test(
      tests, test_error_of_the_encoder_comes_in_place_of_its_batch, 0, cases);
  tcase_add_test(tests, test_ending_early_leaves_no_thread_behind);
  tcase_add_test(tests, test_number_out_of_range_is_refused);
  return test::run_case("engine", tests);
}
