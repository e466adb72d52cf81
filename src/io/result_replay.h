// A file of results beside a stream of frames.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/geometry.h"
#include "io/line_reader.h"
#include "io/result_json.h"

namespace sam2 {

// Finds the line for each frame of a stream. Lines belong to frames by their
// time (`pts`) if the first readable line has one, else by their number
// (`frame`); both are called the key here. The file is read as the stream
// proceeds, a few lines ahead: lines may be out of order by up to
// kReadAheadLines, and memory does not depend on the file's length. Of several
// lines with one key the first counts.
//
// A line that cannot be used is stepped over and reported to `warn`, once
// however often the file is gone through; after kMaxWarnings reports there are
// no more. kMaxBadLines of them in a row are an error: the file is of another
// kind. Thread-bound.
class ResultReplay {
 public:
  using Warn = std::function<void(const Error &)>;

  static constexpr size_t kReadAheadLines = 16;
  static constexpr size_t kReadAheadBytes = size_t{32} << 20;
  static constexpr int kMaxWarnings = 10;
  static constexpr int kMaxBadLines = 1000;

  // Throws sam2::Error as LineReader does; its text names the property
  // location.
  ResultReplay(const std::string &path, Warn warn);

  // Whether lines are found by time. False without a readable line. Throws
  // sam2::Error (kUnreadable) if the file cannot be read on or is of another
  // kind, as all below.
  bool is_timed();

  // The line nearest to `key` (>= 0), at most `tolerance` away, the earlier of
  // two; nothing if there is none. It may be found again by the next frame.
  // Masks and boxes are those of a frame of size `frame`. Keys must rise from
  // call to call; go_to() allows a step back.
  std::optional<FrameResult> find(int64_t key, int64_t tolerance, SizePx frame);

  // Makes a find() of `key` with this tolerance or a smaller one work again
  // after later keys were asked for. What was gone through before is jumped
  // over, in both directions.
  void go_to(int64_t key, int64_t tolerance);

 private:
  struct Entry {
    ResultLine line;
    std::string name;
    int64_t number = 0;
    size_t bytes = 0;
  };
  // A place in the file with only keys up to `latest_key` before it.
  struct Milestone {
    FilePlace place;
    int64_t latest_key = -1;
  };
  using Window = std::map<int64_t, Entry>;

  void fill();
  void read_line();
  void take(const std::string &text);
  int64_t key_of(const ResultLine &line);
  bool drop_before(int64_t key);
  const Entry *nearest(int64_t key, int64_t tolerance) const;
  void add_milestone();
  void count_bad_line();
  void warn_of(const Error &error, int64_t line_number);

  LineReader reader_;
  Warn warn_;
  std::optional<bool> is_timed_;
  Window window_;
  size_t window_bytes_ = 0;
  bool is_at_end_ = false;
  int64_t asked_key_ = -1;
  int64_t latest_key_ = -1;  // of all lines before the reader's place
  std::vector<Milestone> milestones_;
  int64_t lines_per_milestone_ = 16;
  int bad_lines_in_a_row_ = 0;
  std::set<int64_t> warned_lines_;  // at most kMaxWarnings
};

}  // namespace sam2
