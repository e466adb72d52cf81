// Streams in threads of their own, over an engine that only takes notes.
#include <atomic>
#include <future>
#include <thread>
#include <vector>

#include "engine/encoder_group.h"
// Last: Check's macros get in the way of C++ headers.
#include "refusal.h"
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

using Images = EncoderGroup::Images;
using Time = EncoderTurns::Time;

constexpr Time kNever = Time::max();
constexpr Time kAtOnce = Time::min();
constexpr int kBad = 99;  // number of a frame that cannot be encoded

// A picture of one pixel, whose address is its number.
ImageView picture(int number) {
  static uint8_t pixels[1000];
  return {pixels + number, 1, 1, 3};
}

struct NumberedImage final : EncodedImage {
  explicit NumberedImage(int n) : number(n) {}
  SizePx frame_size() const override { return {1, 1}; }
  int number;
};

std::vector<int> numbers_of(const std::optional<Images> &images) {
  std::vector<int> numbers;
  if (!images) return {-1};
  for (const auto &image : *images)
    numbers.push_back(dynamic_cast<const NumberedImage &>(*image).number);
  return numbers;
}

class NotingEngine final : public Engine {
 public:
  explicit NotingEngine(ModelInfo info = {}) : info_(std::move(info)) {}
  ModelInfo info() const override { return info_; }
  std::unique_ptr<StreamTracker> create_tracker(
      const TrackerSettings &) const override {
    return nullptr;
  }
  Images encode(const std::vector<ImageView> &frames) const override {
    if (++running_ > 1) has_overlap = true;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      batches_.push_back(static_cast<int>(frames.size()));
    }
    if (on_encode) on_encode();
    Images images;
    bool is_bad = frames.size() > most_frames;
    for (const ImageView &frame : frames) {
      const int number = static_cast<int>(frame.data - picture(0).data);
      is_bad |= number == kBad;
      images.push_back(std::make_shared<const NumberedImage>(number));
    }
    --running_;
    if (is_bad) throw Error(ErrorCode::kNoMemory, "Memory is full.");
    return images;
  }
  std::vector<Proposal> propose(const std::shared_ptr<const EncodedImage> &,
                                const ProposalSettings &) const override {
    return {};
  }
  void release_cached_memory() const override {}
  int64_t encoded_frames() const override { return 0; }
  MemoryReport memory() const override { return {}; }
  MemoryPlan prepare(const MemoryDemand &) const override { return {}; }
  PressureLevel memory_pressure() const override {
    return PressureLevel::kNormal;
  }

  // Sizes of the batches so far.
  std::vector<int> batches() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return batches_;
  }

  std::function<void()> on_encode;
  size_t most_frames = 1000;
  mutable std::atomic<bool> has_overlap{false};

 private:
  ModelInfo info_;
  mutable std::mutex mutex_;
  mutable std::vector<int> batches_;
  mutable std::atomic<int> running_{0};
};

// Some streams in one group.
struct Streams {
  explicit Streams(int count)
      : engine(std::make_shared<NotingEngine>()),
        group(std::make_shared<EncoderGroup>(engine)),
        seats(count) {
    for (EncoderSeat &seat : seats) seat.join(group);
  }

  std::optional<Images> encode(int stream, const std::vector<int> &numbers,
                               Time latest = kNever, size_t most = 4) {
    std::vector<ImageView> frames;
    for (const int number : numbers) frames.push_back(picture(number));
    return seats[stream].encode(frames, {frames.size(), most, latest},
                                [this] { return is_stopping.load(); });
  }
  // The same in a thread of its own.
  std::future<std::optional<Images>> start(int stream, int number) {
    return std::async(std::launch::async,
                      [=] { return encode(stream, {number}); });
  }

  std::shared_ptr<NotingEngine> engine;
  std::shared_ptr<EncoderGroup> group;
  std::vector<EncoderSeat> seats;
  std::atomic<bool> is_stopping{false};
};

START_TEST(test_one_frame_of_each_stream_is_one_batch) {
  Streams streams(4);
  std::vector<std::future<std::optional<Images>>> threads;
  for (int i = 0; i < 4; ++i) threads.push_back(streams.start(i, 10 + i));
  for (int i = 0; i < 4; ++i)
    ck_assert(numbers_of(threads[i].get()) == std::vector<int>{10 + i});
  ck_assert(streams.engine->batches() == std::vector<int>{4});
}
END_TEST

START_TEST(test_frame_goes_alone_when_it_must_wait_no_longer) {
  Streams streams(2);
  ck_assert(numbers_of(streams.encode(0, {5}, kAtOnce)) == std::vector<int>{5});
  ck_assert(streams.engine->batches() == std::vector<int>{1});
}
END_TEST

START_TEST(test_frames_of_a_stream_come_back_in_their_order) {
  Streams streams(1);
  const std::vector<int> numbers = {1, 2, 3, 4, 5};
  ck_assert(numbers_of(streams.encode(0, numbers, kNever, 2)) == numbers);
  ck_assert((streams.engine->batches() == std::vector<int>{2, 2, 1}));
}
END_TEST

START_TEST(test_bad_frame_fails_its_stream_alone) {
  Streams streams(3);
  auto first = streams.start(0, 1);
  auto bad = streams.start(1, kBad);
  ck_assert(numbers_of(streams.encode(2, {3})) == std::vector<int>{3});
  ck_assert(numbers_of(first.get()) == std::vector<int>{1});
  assert_refused(bad.get(), ErrorCode::kNoMemory, "Memory is full.");
  ck_assert((streams.engine->batches() == std::vector<int>{3, 1, 1, 1}));
}
END_TEST

START_TEST(test_batch_too_large_for_memory_is_encoded_frame_by_frame) {
  Streams streams(2);
  streams.engine->most_frames = 1;
  auto other = streams.start(0, 1);
  ck_assert(numbers_of(streams.encode(1, {2})) == std::vector<int>{2});
  ck_assert(numbers_of(other.get()) == std::vector<int>{1});
}
END_TEST

START_TEST(test_error_of_one_frame_ends_the_request) {
  Streams streams(1);
  assert_refused(streams.encode(0, {1, kBad, 3, 4}, kNever, 2),
                 ErrorCode::kNoMemory, "Memory is full.");
  ck_assert((streams.engine->batches() == std::vector<int>{2, 1, 1}));
  ck_assert(numbers_of(streams.encode(0, {5})) == std::vector<int>{5});
}
END_TEST

START_TEST(test_stream_that_stops_does_not_wait) {
  Streams streams(2);
  auto waiting = streams.start(0, 1);
  streams.is_stopping = true;
  streams.seats[0].rest();
  ck_assert(!waiting.get());
  streams.is_stopping = false;
  ck_assert(numbers_of(streams.encode(1, {2})) == std::vector<int>{2});
  ck_assert(streams.engine->batches() == std::vector<int>{1});
}
END_TEST

START_TEST(test_stream_that_rests_frees_those_who_wait_for_it) {
  Streams streams(2);
  auto waiting = streams.start(0, 1);
  streams.seats[1].rest();
  ck_assert(numbers_of(waiting.get()) == std::vector<int>{1});
}
END_TEST

START_TEST(test_frame_that_is_being_encoded_is_waited_for) {
  Streams streams(1);
  std::promise<void> has_arrived, may_go_on;
  streams.engine->on_encode = [&] {
    has_arrived.set_value();
    may_go_on.get_future().wait();
  };
  auto running = streams.start(0, 1);
  has_arrived.get_future().wait();
  streams.is_stopping = true;
  streams.seats[0].rest();
  may_go_on.set_value();
  ck_assert(numbers_of(running.get()) == std::vector<int>{1});
}
END_TEST

START_TEST(test_stream_that_leaves_frees_those_who_wait_for_it) {
  Streams streams(2);
  auto waiting = streams.start(0, 1);
  streams.seats[1].leave();
  ck_assert(numbers_of(waiting.get()) == std::vector<int>{1});
}
END_TEST

// Streams come and go while others encode: nobody waits for ever, gets
// another's frame, or encodes beside another.
START_TEST(test_streams_may_come_and_go_at_any_time) {
  Streams streams(4);
  const auto run = [&](int stream) {
    for (int round = 0; round < 300; ++round) {
      if (round % 7 == stream) streams.seats[stream].join(streams.group);
      const Time latest = round % 5 == stream ? kAtOnce : kNever;
      const std::vector<int> numbers = {10 * stream, 10 * stream + round % 10};
      if (numbers_of(streams.encode(stream, numbers, latest)) != numbers)
        return false;
      if (round % 3 == stream) streams.seats[(stream + 1) % 4].rest();
    }
    streams.seats[stream].leave();
    return true;
  };
  std::vector<std::future<bool>> threads;
  for (int i = 0; i < 4; ++i)
    threads.push_back(std::async(std::launch::async, run, i));
  for (auto &thread : threads) ck_assert(thread.get());
  ck_assert(!streams.engine->has_overlap);
}
END_TEST

std::shared_ptr<const Engine> engine_of(int64_t load_number,
                                        int input_size_px = 256,
                                        const char *precision = "fp32") {
  ModelInfo info;
  info.load_number = load_number;
  info.input_size_px = input_size_px;
  info.precision = precision;
  return std::make_shared<NotingEngine>(info);
}

START_TEST(test_group_is_that_of_id_and_model) {
  const auto group = encoder_group("a", engine_of(1));
  ck_assert(group == encoder_group("a", engine_of(1)));
  ck_assert(group != encoder_group("b", engine_of(1)));
  ck_assert(group != encoder_group("a", engine_of(2)));
  ck_assert(group != encoder_group("a", engine_of(1, 128)));
  ck_assert(group != encoder_group("a", engine_of(1, 256, "tf32")));
}
END_TEST

START_TEST(test_group_and_its_engine_go_with_the_last_seat) {
  std::weak_ptr<const Engine> watch;
  EncoderSeat first, second;
  {
    const auto engine = engine_of(1);
    watch = engine;
    first.join(encoder_group("a", engine));
    second.join(encoder_group("a", engine));
  }
  first.leave();
  ck_assert(!watch.expired());
  second.leave();
  ck_assert(watch.expired());
}
END_TEST

START_TEST(test_seat_without_a_group_may_rest_and_leave) {
  EncoderSeat seat;
  seat.rest();
  seat.leave();
  ck_assert(!seat.is_taken());
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("encoder_group");
  tcase_add_test(tests, test_one_frame_of_each_stream_is_one_batch);
  tcase_add_test(tests, test_frame_goes_alone_when_it_must_wait_no_longer);
  tcase_add_test(tests, test_frames_of_a_stream_come_back_in_their_order);
  tcase_add_test(tests, test_bad_frame_fails_its_stream_alone);
  tcase_add_test(tests,
                 test_batch_too_large_for_memory_is_encoded_frame_by_frame);
  tcase_add_test(tests, test_error_of_one_frame_ends_the_request);
  tcase_add_test(tests, test_stream_that_stops_does_not_wait);
  tcase_add_test(tests, test_stream_that_rests_frees_those_who_wait_for_it);
  tcase_add_test(tests, test_frame_that_is_being_encoded_is_waited_for);
  tcase_add_test(tests, test_stream_that_leaves_frees_those_who_wait_for_it);
  tcase_add_test(tests, test_streams_may_come_and_go_at_any_time);
  tcase_add_test(tests, test_group_is_that_of_id_and_model);
  tcase_add_test(tests, test_group_and_its_engine_go_with_the_last_seat);
  tcase_add_test(tests, test_seat_without_a_group_may_rest_and_leave);
  return run_case("engine", tests);
}
