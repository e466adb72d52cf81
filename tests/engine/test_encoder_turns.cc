// Who is served when, by a clock of our own.
#include <algorithm>
#include <string>
#include <vector>

#include "engine/encoder_turns.h"
// Last: Check's macros get in the way of C++ headers.
#include "refusal.h"
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

using Stream = EncoderTurns::Stream;

EncoderTurns::Time at(int ms) {
  return EncoderTurns::Time(std::chrono::milliseconds(ms));
}

// Streams are named by letters, in the order they joined.
std::string text_of(const std::vector<Stream> &batch) {
  std::string text;
  for (const Stream stream : batch) text += static_cast<char>('a' + stream);
  return text;
}

// Streams that wait 50 ms for each other, in batches of up to 4.
struct Turns {
  explicit Turns(int streams) {
    for (int i = 0; i < streams; ++i) turns.join();
  }
  void add(Stream stream, int now_ms, size_t frames = 1, size_t most = 4) {
    turns.add(stream, {frames, most, at(now_ms + 50)});
  }
  std::string take(int now_ms) { return text_of(turns.take(at(now_ms))); }

  EncoderTurns turns;
};

START_TEST(test_batch_is_due_when_all_are_there) {
  Turns t(3);
  t.add(0, 0);
  t.add(2, 1);
  assert_texts_equal(t.take(2), "");
  t.add(1, 3);
  assert_texts_equal(t.take(3), "abc");
  assert_texts_equal(t.take(3), "");
  ck_assert(!t.turns.due());
}
END_TEST

START_TEST(test_batch_is_due_when_it_is_full) {
  Turns t(6);
  for (Stream stream = 0; stream < 4; ++stream) t.add(stream, 0);
  assert_texts_equal(t.take(0), "abcd");
}
END_TEST

START_TEST(test_frame_waits_no_longer_than_it_may) {
  Turns t(2);
  t.add(0, 10);
  ck_assert(t.turns.due() == at(60));
  assert_texts_equal(t.take(59), "");
  assert_texts_equal(t.take(60), "a");
}
END_TEST

START_TEST(test_stream_that_was_absent_is_not_waited_for_again) {
  Turns t(2);
  t.add(0, 0);
  assert_texts_equal(t.take(50), "a");
  t.add(0, 60);
  assert_texts_equal(t.take(60), "a");
  t.add(1, 70);
  assert_texts_equal(t.take(70), "");
  t.add(0, 80);
  assert_texts_equal(t.take(80), "ba");
}
END_TEST

START_TEST(test_stream_that_leaves_is_not_waited_for) {
  Turns t(2);
  t.add(0, 0);
  t.turns.leave(1);
  assert_texts_equal(t.take(0), "a");
}
END_TEST

START_TEST(test_frames_of_a_stream_that_leaves_are_gone) {
  Turns t(2);
  t.add(0, 0);
  t.add(1, 0);
  t.turns.leave(1);
  assert_texts_equal(t.take(0), "a");
}
END_TEST

START_TEST(test_withdrawn_frames_are_gone_and_not_waited_for) {
  Turns t(2);
  t.add(0, 0);
  t.add(1, 0);
  t.turns.withdraw(0);
  assert_texts_equal(t.take(0), "b");
  t.add(1, 10);
  assert_texts_equal(t.take(10), "b");
}
END_TEST

START_TEST(test_stream_that_rests_is_not_waited_for) {
  Turns t(2);
  t.add(0, 0);
  t.turns.rest(1);
  t.turns.rest(7);
  assert_texts_equal(t.take(0), "a");
  t.add(0, 10);
  t.turns.rest(0);
  t.add(1, 10);
  assert_texts_equal(t.take(10), "ba");
}
END_TEST

START_TEST(test_batch_takes_one_frame_of_each_stream_in_turn) {
  Turns t(3);
  t.add(0, 0, 4);
  t.add(1, 0, 1);
  t.add(2, 0, 2);
  assert_texts_equal(t.take(0), "abca");
  // The rest waits for b until it must not wait longer.
  assert_texts_equal(t.take(10), "");
  assert_texts_equal(t.take(50), "caa");
}
END_TEST

START_TEST(test_next_batch_begins_where_the_former_ended) {
  Turns t(5);
  for (Stream stream = 0; stream < 5; ++stream) t.add(stream, 0);
  assert_texts_equal(t.take(0), "abcd");
  for (Stream stream = 0; stream < 4; ++stream) t.add(stream, 1);
  assert_texts_equal(t.take(1), "eabc");
}
END_TEST

START_TEST(test_largest_batch_asked_for_counts) {
  Turns t(3);
  t.add(0, 0, 1, 1);
  assert_texts_equal(t.take(0), "a");
  t.add(0, 0, 1, 1);
  t.add(1, 0, 1, 2);
  assert_texts_equal(t.take(0), "ba");
}
END_TEST

// A stream brings its next frame so long after it got the former one.
struct Source {
  int period_ms;
  int next_ms = 0;
  bool is_waiting = false;
  int came_ms = 0;
  int served = 0;
  int longest_ms = 0;
};

// Runs all for a while, an encoder that takes 20 ms a batch.
void simulate(std::vector<Source> &sources, size_t most, int end_ms) {
  Turns t(static_cast<int>(sources.size()));
  int free_ms = 0;
  for (int now = 0; now < end_ms; ++now) {
    for (size_t i = 0; i < sources.size(); ++i) {
      Source &source = sources[i];
      if (source.is_waiting || now < source.next_ms) continue;
      t.add(static_cast<Stream>(i), now, 1, most);
      source.is_waiting = true;
      source.came_ms = now;
    }
    if (now < free_ms) continue;
    const auto batch = t.turns.take(at(now));
    if (!batch.empty()) free_ms = now + 20;
    for (const Stream stream : batch) {
      Source &source = sources[stream];
      ++source.served;
      source.longest_ms = std::max(source.longest_ms, now - source.came_ms);
      source.is_waiting = false;
      source.next_ms = free_ms + source.period_ms;
    }
  }
}

START_TEST(test_fast_stream_does_not_starve_three_slow_ones) {
  std::vector<Source> sources = {{0}, {100}, {100}, {100}};
  simulate(sources, 2, 10000);
  for (int slow = 1; slow < 4; ++slow) {
    // Its wait for others, and two batches that are before it.
    ck_assert_int_le(sources[slow].longest_ms, 50 + 2 * 20);
    ck_assert_int_ge(sources[slow].served, 10000 / (100 + 20 + 50 + 2 * 20));
  }
  ck_assert_int_gt(sources[0].served, 2 * sources[1].served);
}
END_TEST

START_TEST(test_streams_that_are_always_there_are_served_alike) {
  std::vector<Source> sources = {{0}, {0}, {0}, {0}, {0}};
  simulate(sources, 2, 10000);
  const auto [least, most] = std::minmax_element(
      sources.begin(), sources.end(),
      [](const Source &a, const Source &b) { return a.served < b.served; });
  ck_assert_int_le(most->served - least->served, 1);
  ck_assert_int_ge(least->served, 2 * 10000 / 20 / 5 - 1);
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("encoder_turns");
  tcase_add_test(tests, test_batch_is_due_when_all_are_there);
  tcase_add_test(tests, test_batch_is_due_when_it_is_full);
  tcase_add_test(tests, test_frame_waits_no_longer_than_it_may);
  tcase_add_test(tests, test_stream_that_was_absent_is_not_waited_for_again);
  tcase_add_test(tests, test_stream_that_leaves_is_not_waited_for);
  tcase_add_test(tests, test_frames_of_a_stream_that_leaves_are_gone);
  tcase_add_test(tests, test_withdrawn_frames_are_gone_and_not_waited_for);
  tcase_add_test(tests, test_stream_that_rests_is_not_waited_for);
  tcase_add_test(tests, test_batch_takes_one_frame_of_each_stream_in_turn);
  tcase_add_test(tests, test_next_batch_begins_where_the_former_ended);
  tcase_add_test(tests, test_largest_batch_asked_for_counts);
  tcase_add_test(tests, test_fast_stream_does_not_starve_three_slow_ones);
  tcase_add_test(tests, test_streams_that_are_always_there_are_served_alike);
  return run_case("engine", tests);
}
