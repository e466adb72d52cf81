// The best pairing, against all pairings of small tables.
#include <algorithm>
#include <numeric>
#include <random>

#include "track/assignment.h"
// Last: Check's macros get in the way of C++ headers.
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

constexpr double kGate = 0.5;
constexpr size_t kMost = 6;  // rows and columns for which all is tried

ScoreTable table(size_t rows, size_t columns,
                 const std::vector<double> &values) {
  ScoreTable scores(rows, columns);
  scores.values = values;
  return scores;
}

// Sum of the pairs' scores, after a check that each is allowed.
double sum_of(const ScoreTable &scores, const std::vector<int> &column_of) {
  std::vector<bool> is_used(scores.columns);
  double sum = 0;
  ck_assert_uint_eq(column_of.size(), scores.rows);
  for (size_t row = 0; row < scores.rows; ++row) {
    if (column_of[row] < 0) continue;
    ck_assert_uint_lt(column_of[row], scores.columns);
    ck_assert(!is_used[column_of[row]]);
    is_used[column_of[row]] = true;
    ck_assert_double_ge(scores.at(row, column_of[row]), kGate);
    sum += scores.at(row, column_of[row]);
  }
  return sum;
}

// The largest sum, by trying everything from `row` on.
double best_sum(const ScoreTable &scores, size_t row,
                std::vector<bool> &is_used) {
  if (row == scores.rows) return 0;
  double best = best_sum(scores, row + 1, is_used);
  for (size_t column = 0; column < scores.columns; ++column) {
    if (is_used[column] || scores.at(row, column) < kGate) continue;
    is_used[column] = true;
    best = std::max(
        best, scores.at(row, column) + best_sum(scores, row + 1, is_used));
    is_used[column] = false;
  }
  return best;
}

START_TEST(test_sum_is_the_largest_of_all_pairings) {
  std::mt19937 random(_i);
  for (size_t rows = 0; rows <= kMost; ++rows)
    for (size_t columns = 0; columns <= kMost; ++columns) {
      ScoreTable scores(rows, columns);
      // First few values, so that many are equal; then hardly any are.
      for (double &value : scores.values)
        value = random() % (5 + 50 * _i) / (6.0 + 50 * _i);
      std::vector<bool> is_used(columns);
      ck_assert_double_eq_tol(sum_of(scores, assign_best(scores, kGate)),
                              best_sum(scores, 0, is_used), 1e-12);
    }
}
END_TEST

START_TEST(test_best_sum_wins_over_best_pair) {
  const auto pairs = assign_best(table(2, 2, {0.9, 0.8, 0.8, 0.1}), 0.05);
  ck_assert_int_eq(pairs[0], 1);
  ck_assert_int_eq(pairs[1], 0);
}
END_TEST

START_TEST(test_score_at_the_gate_is_a_pair_and_below_is_none) {
  ck_assert_int_eq(assign_best(table(1, 1, {0.5}), 0.5)[0], 0);
  ck_assert_int_eq(assign_best(table(1, 1, {0.499}), 0.5)[0], -1);
}
END_TEST

START_TEST(test_rows_and_columns_too_many_stay_alone) {
  const auto wide = assign_best(table(1, 3, {0.6, 0.8, 0.7}), kGate);
  ck_assert_int_eq(wide[0], 1);
  const auto tall = assign_best(table(3, 1, {0.6, 0.8, 0.7}), kGate);
  ck_assert_int_eq(tall[0], -1);
  ck_assert_int_eq(tall[1], 0);
  ck_assert_int_eq(tall[2], -1);
}
END_TEST

START_TEST(test_empty_tables_have_no_pairs) {
  ck_assert_uint_eq(assign_best(ScoreTable(0, 0), kGate).size(), 0);
  ck_assert_uint_eq(assign_best(ScoreTable(0, 3), kGate).size(), 0);
  ck_assert_int_eq(assign_best(ScoreTable(1, 0), kGate)[0], -1);
}
END_TEST

START_TEST(test_first_of_equal_ones_wins) {
  for (size_t count : {2, 3, 5}) {
    ScoreTable equal(count, count);
    std::fill(equal.values.begin(), equal.values.end(), 0.7);
    const auto pairs = assign_best(equal, kGate);
    for (size_t row = 0; row < count; ++row)
      ck_assert_int_eq(pairs[row], static_cast<int>(row));
  }
  ck_assert_int_eq(assign_best(table(2, 2, {0.5, 0.5, 0.75, 0.75}), kGate)[0],
                   0);
  ck_assert_int_eq(assign_best(table(1, 3, {0.6, 0.8, 0.8}), kGate)[0], 1);
  ck_assert_int_eq(assign_best(table(3, 1, {0.6, 0.8, 0.8}), kGate)[1], 0);
}
END_TEST

START_TEST(test_hundred_of_each_find_their_own) {
  constexpr size_t kCount = 100;
  std::vector<int> own(kCount);
  std::iota(own.begin(), own.end(), 0);
  std::shuffle(own.begin(), own.end(), std::mt19937(1));
  ScoreTable scores(kCount, kCount);
  std::fill(scores.values.begin(), scores.values.end(), 0.6);
  for (size_t row = 0; row < kCount; ++row) scores.at(row, own[row]) = 0.7;
  ck_assert(assign_best(scores, kGate) == own);
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("assignment");
  tcase_add_loop_test(tests, test_sum_is_the_largest_of_all_pairings, 0, 40);
  tcase_add_test(tests, test_best_sum_wins_over_best_pair);
  tcase_add_test(tests, test_score_at_the_gate_is_a_pair_and_below_is_none);
  tcase_add_test(tests, test_rows_and_columns_too_many_stay_alone);
  tcase_add_test(tests, test_empty_tables_have_no_pairs);
  tcase_add_test(tests, test_first_of_equal_ones_wins);
  tcase_add_test(tests, test_hundred_of_each_find_their_own);
  return run_case("track", tests);
}
