#include "track/assignment.h"

#include <algorithm>
#include <limits>

namespace sam2 {
namespace {

constexpr int kNone = -1;

// Costs to be made small, no more rows than columns. A pair that may not be
// costs nothing, like being left alone, so every row can be given a column.
class Assigner {
 public:
  explicit Assigner(const ScoreTable &costs)
      : costs_(costs),
        row_prices_(costs.rows),
        column_prices_(costs.columns),
        row_of_(costs.columns, kNone) {}

  // The cheapest way to give rows 0 to `row` a column each, when it is known
  // for those before.
  void add_row(size_t row) {
    Search search(costs_.columns);
    int column = kNone;
    int at_row = static_cast<int>(row);
    while (at_row != kNone) {
      relax(search, at_row, column);
      column = nearest(search);
      search.is_done[column] = true;
      search.reached = search.distance[column];
      at_row = row_of_[column];
    }
    settle_prices(search, row);
    while (column != kNone) {
      const int before = search.previous[column];
      row_of_[column] =
          before == kNone ? static_cast<int>(row) : row_of_[before];
      column = before;
    }
  }

  const std::vector<int> &row_of() const { return row_of_; }

 private:
  // Shortest paths from the new row to the columns, by way of rows that have
  // one already.
  struct Search {
    explicit Search(size_t columns)
        : distance(columns, std::numeric_limits<double>::infinity()),
          previous(columns, kNone),
          is_done(columns) {}
    std::vector<double> distance;
    std::vector<int> previous;  // column before, on the path
    std::vector<bool> is_done;
    double reached = 0;  // distance of the last one done
  };

  void relax(Search &search, int row, int from) const {
    for (size_t c = 0; c < costs_.columns; ++c) {
      const double distance = search.reached + costs_.at(row, c) -
                              row_prices_[row] - column_prices_[c];
      if (search.is_done[c] || distance >= search.distance[c]) continue;
      search.distance[c] = distance;
      search.previous[c] = from;
    }
  }

  int nearest(const Search &search) const {
    int best = kNone;
    for (size_t c = 0; c < costs_.columns; ++c)
      if (!search.is_done[c] &&
          (best == kNone || search.distance[c] < search.distance[best]))
        best = static_cast<int>(c);
    return best;
  }

  // Keeps all reduced costs at 0 or more, and those of the pairs at 0.
  void settle_prices(const Search &search, size_t row) {
    row_prices_[row] += search.reached;
    for (size_t c = 0; c < costs_.columns; ++c) {
      if (!search.is_done[c] || row_of_[c] == kNone) continue;
      const double rest = search.reached - search.distance[c];
      row_prices_[row_of_[c]] += rest;
      column_prices_[c] -= rest;
    }
  }

  const ScoreTable &costs_;
  std::vector<double> row_prices_;
  std::vector<double> column_prices_;
  std::vector<int> row_of_;  // of each column
};

}  // namespace

std::vector<int> assign_best(const ScoreTable &scores, double gate) {
  const bool is_turned = scores.rows > scores.columns;
  ScoreTable costs(std::min(scores.rows, scores.columns),
                   std::max(scores.rows, scores.columns));
  for (size_t r = 0; r < scores.rows; ++r)
    for (size_t c = 0; c < scores.columns; ++c)
      if (scores.at(r, c) >= gate)
        (is_turned ? costs.at(c, r) : costs.at(r, c)) = -scores.at(r, c);
  Assigner assigner(costs);
  for (size_t row = 0; row < costs.rows; ++row) assigner.add_row(row);

  std::vector<int> column_of(scores.rows, kNone);
  for (size_t c = 0; c < costs.columns; ++c) {
    const int r = assigner.row_of()[c];
    if (r == kNone || costs.at(r, c) == 0) continue;
    if (is_turned)
      column_of[c] = r;
    else
      column_of[r] = static_cast<int>(c);
  }
  return column_of;
}

}  // namespace sam2
