// The best pairing of two lists.
#pragma once

#include <cstddef>
#include <vector>

namespace sam2 {

// How well each of `rows` things goes with each of `columns` others.
struct ScoreTable {
  ScoreTable(size_t row_count, size_t column_count)
      : rows(row_count),
        columns(column_count),
        values(row_count * column_count) {}
  double &at(size_t row, size_t column) {
    return values[row * columns + column];
  }
  double at(size_t row, size_t column) const {
    return values[row * columns + column];
  }

  size_t rows;
  size_t columns;
  std::vector<double> values;  // row by row
};

// For each row its column, or -1: the pairs with the largest sum of scores,
// of those with a score of `gate` or more; `gate` is above 0. The same table
// always gives the same pairs. Time grows with rows x columns x the smaller of
// them (shortest augmenting paths, Jonker and Volgenant 1987).
std::vector<int> assign_best(const ScoreTable &scores, double gate);

}  // namespace sam2
