#include "io/prompt_text.h"

#include <glib.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/error.h"

namespace sam2 {
namespace {

constexpr std::string_view kSpace = " \t\r\n";
constexpr std::string_view kDelimiters = " \t\r\n;,:=@";
constexpr const char *kBoxExample = "1:box=320,120,200,160";
constexpr const char *kPointsExample = "2:points=400,300,+ 420,310,-";
constexpr const char *kPointsOnlyExample = "400,300,+ 420,310,-";
constexpr const char *kMaskExample = "3:mask=seed.png";
constexpr const char *kTimeExample = "@2.5s 1:points=330,140,+";
constexpr size_t kMaxQuoteBytes = 24;
// Far beyond any stream, and its nanoseconds still fit an int64.
constexpr double kMaxSeconds = 1e9;
// Keeps sums of two lengths finite.
constexpr double kMaxLength = 1e9;

bool is_one_of(char c, std::string_view set) {
  return set.find(c) != std::string_view::npos;
}

std::string quoted(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

// Reads the text from left to right and knows how to complain about it.
class PromptReader {
 public:
  explicit PromptReader(std::string_view text) : text_(text) {}

  bool at_end() const { return position_ >= text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[position_]; }
  void set_example(const char *example) { example_ = example; }

  void skip_space() {
    while (!at_end() && is_one_of(peek(), kSpace)) ++position_;
  }

  bool accept(std::string_view token) {
    if (text_.substr(position_, token.size()) != token) return false;
    position_ += token.size();
    previous_ = quoted(token);
    return true;
  }

  void expect(std::string_view token) {
    skip_space();
    if (!accept(token)) fail_expected(quoted(token));
  }

  // `text` from the next character on, without the delimiter.
  std::string_view word(std::string_view delimiters) const {
    const size_t end = text_.find_first_of(delimiters, position_);
    return text_.substr(position_, end == text_.npos ? end : end - position_);
  }

  void advance(size_t bytes) { position_ += bytes; }

  double number() {
    skip_space();
    const size_t start = position_;
    accept_silently('+');
    double value = 0;
    const char *first = text_.data() + position_;
    const auto [end, code] =
        std::from_chars(first, text_.data() + text_.size(), value);
    if (code != std::errc() || !std::isfinite(value)) {
      position_ = start;
      fail_expected("a number");
    }
    position_ += end - first;
    previous_ = quoted(text_.substr(start, position_ - start));
    return value;
  }

  PromptLength length() {
    skip_space();
    const size_t start = position_;
    const double value = number();
    if (std::abs(value) > kMaxLength) fail_at(start, "the number is too large");
    return {static_cast<float>(value), accept("%")};
  }

  int64_t object_id() {
    skip_space();
    int64_t id = 0;
    const char *first = text_.data() + position_;
    const auto [end, code] =
        std::from_chars(first, text_.data() + text_.size(), id);
    if (code != std::errc() || id < 0) fail_expected("an object number");
    position_ += end - first;
    previous_ = quoted(text_.substr(first - text_.data(), end - first));
    return id;
  }

  size_t position() const { return position_; }

  [[noreturn]] void fail_expected(const std::string &what) const {
    std::string sentence = "expected " + what;
    if (!previous_.empty()) sentence += " after " + previous_;
    fail_at(position_, sentence + ", found " + found());
  }

  [[noreturn]] void fail_at(size_t position, const std::string &what) const {
    // In characters, as an editor counts them, not in bytes.
    const auto is_first_byte = [](char c) { return (c & 0xC0) != 0x80; };
    const auto start = text_.begin();
    const auto before = std::count_if(start, start + position, is_first_byte);
    throw Error(ErrorCode::kSetting, "The prompt has an error at character " +
                                         std::to_string(before + 1) + ": " +
                                         what + ". Write it like " +
                                         quoted(example_) + ".");
  }

 private:
  void accept_silently(char c) {
    // from_chars knows no plus sign; "+-5" stays an error.
    if (peek() == c && text_.substr(position_ + 1, 1) != "-") ++position_;
  }

  std::string found() const {
    if (at_end()) return "the end";
    std::string_view text = word(kDelimiters);
    if (text.empty()) text = text_.substr(position_, 1);
    if (text.size() <= kMaxQuoteBytes) return quoted(text);
    size_t cut = kMaxQuoteBytes;
    while ((text[cut] & 0xC0) == 0x80) --cut;
    return quoted(std::string(text.substr(0, cut)) + "...");
  }

  std::string_view text_;
  size_t position_ = 0;
  std::string previous_;
  const char *example_ = kBoxExample;
};

UnresolvedBox parse_box(PromptReader *reader) {
  UnresolvedBox box;
  box.x = reader->length();
  reader->expect(",");
  box.y = reader->length();
  for (PromptLength *extent : {&box.width, &box.height}) {
    reader->expect(",");
    reader->skip_space();
    const size_t start = reader->position();
    *extent = reader->length();
    if (!(extent->value > 0)) {
      reader->fail_at(start, "a box needs a width and a height above 0");
    }
  }
  return box;
}

UnresolvedPoint parse_point(PromptReader *reader) {
  UnresolvedPoint point;
  point.x = reader->length();
  reader->expect(",");
  point.y = reader->length();
  reader->expect(",");
  reader->skip_space();
  point.is_positive = reader->accept("+");
  if (!point.is_positive && !reader->accept("-")) {
    reader->fail_expected("\"+\" or \"-\"");
  }
  return point;
}

std::vector<UnresolvedPoint> parse_points(PromptReader *reader) {
  std::vector<UnresolvedPoint> points;
  do {
    points.push_back(parse_point(reader));
    reader->skip_space();
  } while (!reader->at_end() && reader->peek() != ';');
  return points;
}

std::string parse_file_name(PromptReader *reader) {
  reader->skip_space();
  std::string_view name = reader->word(";");
  const size_t end = name.find_last_not_of(kSpace);
  if (end == name.npos) reader->fail_expected("a file name");
  reader->advance(name.size());
  return std::string(name.substr(0, end + 1));
}

std::optional<int64_t> parse_time(PromptReader *reader) {
  if (!reader->accept("@")) return std::nullopt;
  reader->set_example(kTimeExample);
  const size_t start = reader->position();
  const double seconds = reader->number();
  if (seconds < 0 || seconds > kMaxSeconds) {
    reader->fail_at(start, "the time must be between 0 and 1000000000 seconds");
  }
  reader->expect("s");
  return static_cast<int64_t>(std::llround(seconds * 1e9));
}

void parse_what(PromptReader *reader, TimedPrompt *prompt) {
  reader->skip_space();
  if (reader->accept("box=")) {
    reader->set_example(kBoxExample);
    prompt->box = parse_box(reader);
  } else if (reader->accept("points=")) {
    reader->set_example(kPointsExample);
    prompt->points = parse_points(reader);
  } else if (reader->accept("mask=")) {
    reader->set_example(kMaskExample);
    prompt->mask_file = parse_file_name(reader);
  } else {
    reader->fail_expected("\"box=\", \"points=\" or \"mask=\"");
  }
}

// Adds `clause`, which began at `start`, to what is known of its object.
void merge_clause(TimedPrompt clause, const PromptReader &reader, size_t start,
                  std::vector<TimedPrompt> *prompts) {
  const auto same = [&clause](const TimedPrompt &p) {
    return p.object_id == clause.object_id && p.time_ns == clause.time_ns;
  };
  const auto known = std::find_if(prompts->begin(), prompts->end(), same);
  if (known == prompts->end()) {
    prompts->push_back(std::move(clause));
    return;
  }
  const std::string object = "object " + std::to_string(clause.object_id);
  if (clause.box && known->box) {
    reader.fail_at(start, object + " has a second box");
  }
  if (!clause.mask_file.empty() && !known->mask_file.empty()) {
    reader.fail_at(start, object + " has a second mask");
  }
  if (clause.box) known->box = clause.box;
  if (!clause.mask_file.empty()) known->mask_file = clause.mask_file;
  known->points.insert(known->points.end(), clause.points.begin(),
                       clause.points.end());
}

void parse_clause(PromptReader *reader, std::vector<TimedPrompt> *prompts) {
  const size_t start = reader->position();
  reader->set_example(kBoxExample);
  TimedPrompt clause;
  clause.time_ns = parse_time(reader);
  clause.object_id = reader->object_id();
  reader->expect(":");
  parse_what(reader, &clause);
  reader->skip_space();
  if (!reader->at_end() && reader->peek() != ';') {
    reader->fail_expected("\";\" or the end");
  }
  merge_clause(std::move(clause), *reader, start, prompts);
}

float pixels(PromptLength length, int extent_px) {
  if (!length.is_percent) return length.value;
  return length.value * static_cast<float>(extent_px) / 100.0f;
}

// Shortest text that reads back as `value`; a point whatever the locale.
std::string text_of(float value) {
  char buffer[32];
  const auto result = std::to_chars(buffer, buffer + sizeof buffer, value);
  return std::string(buffer, result.ptr);
}

std::string text_of(SizePx size) {
  return std::to_string(size.width) + "x" + std::to_string(size.height);
}

void check_utf8(std::string_view text) {
  if (!g_utf8_validate(text.data(), text.size(), nullptr)) {
    throw Error(ErrorCode::kSetting,
                "The prompt is not UTF-8 text. Write it in UTF-8.");
  }
}

BoxPx resolve_box(const UnresolvedBox &box, int64_t id, SizePx frame) {
  const float x = pixels(box.x, frame.width);
  const float y = pixels(box.y, frame.height);
  const float width = pixels(box.width, frame.width);
  const float height = pixels(box.height, frame.height);
  BoxPx clipped;
  clipped.x = std::max(x, 0.0f);
  clipped.y = std::max(y, 0.0f);
  clipped.width = std::min<float>(x + width, frame.width) - clipped.x;
  clipped.height = std::min<float>(y + height, frame.height) - clipped.y;
  if (!clipped.is_empty()) return clipped;
  throw Error(ErrorCode::kSetting,
              "The box " + text_of(x) + "," + text_of(y) + "," +
                  text_of(width) + "," + text_of(height) + " of object " +
                  std::to_string(id) + " is outside the picture (" +
                  text_of(frame) + "). Give a box that overlaps it.");
}

PointPrompt resolve_point(const UnresolvedPoint &point, int64_t id,
                          SizePx frame) {
  const float x = pixels(point.x, frame.width);
  const float y = pixels(point.y, frame.height);
  if (x >= 0 && y >= 0 && x <= frame.width && y <= frame.height) {
    return {x, y, point.is_positive};
  }
  throw Error(ErrorCode::kSetting,
              "The point " + text_of(x) + "," + text_of(y) + " of object " +
                  std::to_string(id) + " is outside the picture (" +
                  text_of(frame) + "). Give a point between 0,0 and " +
                  std::to_string(frame.width) + "," +
                  std::to_string(frame.height) + ".");
}

}  // namespace

std::vector<TimedPrompt> parse_prompt_text(std::string_view text) {
  check_utf8(text);
  std::vector<TimedPrompt> prompts;
  PromptReader reader(text);
  reader.skip_space();
  while (!reader.at_end()) {
    if (!reader.accept(";")) parse_clause(&reader, &prompts);
    reader.skip_space();
  }
  return prompts;
}

std::vector<UnresolvedPoint> parse_points_text(std::string_view text) {
  check_utf8(text);
  PromptReader reader(text);
  reader.set_example(kPointsOnlyExample);
  std::vector<UnresolvedPoint> points = parse_points(&reader);
  if (!reader.at_end()) reader.fail_expected("a number or the end");
  return points;
}

Prompt resolve(const TimedPrompt &prompt, SizePx frame) {
  Prompt resolved;
  resolved.object_id = prompt.object_id;
  resolved.label = prompt.label;
  if (!prompt.mask.is_empty()) resolved.mask = decode_frame(prompt.mask);
  if (prompt.box) {
    resolved.box = resolve_box(*prompt.box, prompt.object_id, frame);
  }
  for (const UnresolvedPoint &point : prompt.points) {
    resolved.points.push_back(resolve_point(point, prompt.object_id, frame));
  }
  return resolved;
}

}  // namespace sam2
