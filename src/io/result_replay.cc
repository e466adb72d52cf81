#include "io/result_replay.h"

#include <algorithm>
#include <utility>

#include "io/result_scale.h"

namespace sam2 {
namespace {

// When there are more, every other one goes and they get rarer.
constexpr size_t kMaxMilestones = 1024;

bool is_blank(const std::string &text) {
  return text.find_first_not_of(" \t") == std::string::npos;
}

}  // namespace

ResultReplay::ResultReplay(const std::string &path, Warn warn)
    : reader_(path, "Set location to a file of results that may be read."),
      warn_(std::move(warn)) {}

bool ResultReplay::is_timed() {
  fill();
  return is_timed_.value_or(false);
}

std::optional<FrameResult> ResultReplay::find(int64_t key, int64_t tolerance,
                                              SizePx frame) {
  asked_key_ = key;
  do {
    fill();
  } while (drop_before(key));
  const Entry *entry = nearest(key, tolerance);
  if (entry == nullptr) return std::nullopt;
  try {
    FrameResult result = decode_masks(entry->line).result;
    scale_result(frame, &result);
    return result;
  } catch (const Error &error) {
    warn_of(Error(error.code(),
                  "Could not use " + entry->name + ". " + error.user_text()),
            entry->number);
    return std::nullopt;
  }
}

void ResultReplay::go_to(int64_t key, int64_t tolerance) {
  const auto is_too_late = [&](const Milestone &milestone) {
    return milestone.latest_key >= key - tolerance;
  };
  const auto first_too_late =
      std::find_if(milestones_.begin(), milestones_.end(), is_too_late);
  const Milestone start = first_too_late == milestones_.begin()
                              ? Milestone()
                              : *std::prev(first_too_late);
  if (key >= asked_key_ &&
      start.place.lines_before <= reader_.place().lines_before) {
    return;
  }
  reader_.go_to(start.place);
  latest_key_ = start.latest_key;
  window_.clear();
  window_bytes_ = 0;
  is_at_end_ = false;
  asked_key_ = key;
}

// One line may stay for its time to pass; the others are ahead.
void ResultReplay::fill() {
  while (!is_at_end_ && window_.size() <= kReadAheadLines &&
         window_bytes_ < kReadAheadBytes) {
    read_line();
  }
}

void ResultReplay::read_line() {
  add_milestone();
  std::string text;
  const LineStatus status = reader_.next(&text);
  if (status == LineStatus::kEnd) {
    is_at_end_ = true;
    return;
  }
  const int64_t number = reader_.place().lines_before;
  try {
    if (status == LineStatus::kTooLong) {
      throw Error(ErrorCode::kUnreadable,
                  "Could not read " + reader_.line_name() +
                      ": it is longer than " + std::to_string(kMaxLineBytes) +
                      " bytes. Give NDJSON as sam2jsonenc writes it.");
    }
    if (!is_blank(text)) take(text);
  } catch (const Error &error) {
    warn_of(error, number);
    count_bad_line();
  }
}

void ResultReplay::take(const std::string &text) {
  Entry entry;
  entry.name = reader_.line_name();
  entry.number = reader_.place().lines_before;
  entry.bytes = text.size();
  entry.line = parse_result_line(text, entry.name);
  const int64_t key = key_of(entry.line);
  bad_lines_in_a_row_ = 0;
  latest_key_ = std::max(latest_key_, key);
  const size_t bytes = entry.bytes;
  if (window_.emplace(key, std::move(entry)).second) window_bytes_ += bytes;
}

int64_t ResultReplay::key_of(const ResultLine &line) {
  if (!is_timed_) is_timed_ = line.pts_ns.has_value();
  if (!*is_timed_) return line.result.frame_index;
  if (line.pts_ns) return *line.pts_ns;
  throw Error(ErrorCode::kUnreadable,
              "Could not use " + reader_.line_name() +
                  ": it has no \"pts\", but the first line has one. Give all "
                  "lines one, or none.");
}

// Leaves one line up to `key`: those before it are nearest to no later key.
// True if any went.
bool ResultReplay::drop_before(int64_t key) {
  auto end = window_.upper_bound(key);
  if (end != window_.begin()) --end;
  if (end == window_.begin()) return false;
  for (auto entry = window_.begin(); entry != end; ++entry) {
    window_bytes_ -= entry->second.bytes;
  }
  window_.erase(window_.begin(), end);
  return true;
}

const ResultReplay::Entry *ResultReplay::nearest(int64_t key,
                                                 int64_t tolerance) const {
  const auto later = window_.upper_bound(key);
  auto found = window_.end();
  int64_t distance = tolerance;
  if (later != window_.end() && later->first - key <= distance) {
    found = later;
    distance = later->first - key;
  }
  if (later != window_.begin() && key - std::prev(later)->first <= distance) {
    found = std::prev(later);
  }
  return found == window_.end() ? nullptr : &found->second;
}

void ResultReplay::add_milestone() {
  const FilePlace place = reader_.place();
  const int64_t last =
      milestones_.empty() ? 0 : milestones_.back().place.lines_before;
  if (place.lines_before < last + lines_per_milestone_) return;
  milestones_.push_back({place, latest_key_});
  if (milestones_.size() <= kMaxMilestones) return;
  for (size_t i = 0; 2 * i + 1 < milestones_.size(); ++i) {
    milestones_[i] = milestones_[2 * i + 1];
  }
  milestones_.resize(milestones_.size() / 2);
  lines_per_milestone_ *= 2;
}

void ResultReplay::count_bad_line() {
  if (++bad_lines_in_a_row_ < kMaxBadLines) return;
  bad_lines_in_a_row_ = 0;
  throw Error(ErrorCode::kUnreadable,
              "Could not read " + reader_.line_name() + ", nor the " +
                  std::to_string(kMaxBadLines - 1) +
                  " lines before it. Give NDJSON as sam2jsonenc writes it.");
}

void ResultReplay::warn_of(const Error &error, int64_t line_number) {
  if (warned_lines_.size() == kMaxWarnings) return;
  if (!warned_lines_.insert(line_number).second) return;
  const bool is_last = warned_lines_.size() == kMaxWarnings;
  warn_(Error(
      error.code(),
      error.user_text() + (is_last ? " Further lines are not reported." : ""),
      error.detail()));
}

}  // namespace sam2
