#include "io/dlc_csv.h"

#include <glib.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/error.h"

namespace sam2 {
namespace {

constexpr const char *kAdvice =
    "Give the CSV that DeepLabCut writes for a video.";
constexpr size_t kMaxBodyParts = 1024;
constexpr size_t kColumnsPerPart = 3;
constexpr int64_t kMaxRows = 1000000;
constexpr double kMaxCoordinatePx = 1e9;
constexpr size_t kMaxQuoteBytes = 24;

using Fields = std::vector<std::string>;

// Splits at commas outside double quotes; two of these within a quoted field
// are one.
Fields split(const std::string &line) {
  Fields fields(1);
  bool is_quoted = false;
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"' && is_quoted && i + 1 < line.size() && line[i + 1] == '"') {
      fields.back() += line[++i];
    } else if (c == '"') {
      is_quoted = !is_quoted;
    } else if (c == ',' && !is_quoted) {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  return fields;
}

bool is_blank(const std::string &line) {
  return line.find_first_not_of(" \t") == std::string::npos;
}

// A field as it may be shown: short and printable.
std::string quoted(const std::string &field) {
  std::string text = "\"";
  for (const char c : field.substr(0, kMaxQuoteBytes)) {
    text += g_ascii_isprint(c) ? c : '?';
  }
  if (field.size() > kMaxQuoteBytes) text += "...";
  return text + "\"";
}

struct Header {
  Fields individuals;  // empty for one animal
  Fields body_parts;
  Fields coords;
};

class DlcReader {
 public:
  DlcReader(LineReader *reader, double likelihood)
      : reader_(*reader), likelihood_(likelihood) {}

  std::vector<TimedPrompt> read() {
    read_header();
    size_t found = 0;
    for (int64_t row = 0; row < kMaxRows && found < prompts_.size(); ++row) {
      if (!next_row()) break;
      found += take_row();
    }
    if (found == 0) refuse_all();
    const auto is_empty = [](const TimedPrompt &p) { return p.points.empty(); };
    prompts_.erase(std::remove_if(prompts_.begin(), prompts_.end(), is_empty),
                   prompts_.end());
    return std::move(prompts_);
  }

 private:
  // `column` counts from 1; 0 = the line as a whole.
  [[noreturn]] void refuse(size_t column, const std::string &reason) const {
    const std::string place =
        column != 0 ? ", column " + std::to_string(column) : std::string();
    throw Error(ErrorCode::kUnreadable, "Could not read " +
                                            reader_.line_name() + place + ": " +
                                            reason + ". " + kAdvice);
  }

  [[noreturn]] void refuse_all() const {
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    g_ascii_formatd(text, sizeof text, "%g", likelihood_);
    throw Error(ErrorCode::kSetting, "No body part has a likelihood of " +
                                         std::string(text) + " or more up to " +
                                         reader_.line_name() +
                                         ". Lower dlc-likelihood.");
  }

  // False at the end of the file.
  bool next_row() {
    std::string line;
    do {
      const LineStatus status = reader_.next(&line);
      if (status == LineStatus::kEnd) return false;
      if (status == LineStatus::kTooLong) refuse(0, "it is too long");
    } while (is_blank(line));
    fields_ = split(line);
    return true;
  }

  void next_header_row() {
    if (!next_row()) refuse(0, "the file ends within its header");
  }

  void read_header() {
    Header header;
    next_header_row();
    if (fields_[0] != "scorer") {
      refuse(1, "expected \"scorer\", found " + quoted(fields_[0]));
    }
    columns_ = fields_.size();
    next_header_row();
    if (fields_[0] == "individuals") {
      header.individuals = header_row("individuals");
      next_header_row();
    }
    header.body_parts = header_row("bodyparts");
    next_header_row();
    header.coords = header_row("coords");
    add_body_parts(header);
  }

  Fields header_row(const char *name) const {
    if (fields_[0] != name) {
      refuse(1, "expected \"" + std::string(name) + "\", found " +
                    quoted(fields_[0]));
    }
    check_width();
    return fields_;
  }

  void check_width() const {
    if (fields_.size() == columns_) return;
    refuse(0, "it has " + std::to_string(fields_.size()) +
                  " columns, the first line has " + std::to_string(columns_));
  }

  void add_body_parts(const Header &header) {
    const size_t count = (columns_ - 1) / kColumnsPerPart;
    if (count == 0 || (columns_ - 1) % kColumnsPerPart != 0) {
      refuse(0, "there are " + std::to_string(columns_) +
                    " columns, not one and three for each body part");
    }
    if (count > kMaxBodyParts) {
      refuse(0, "there are " + std::to_string(count) +
                    " body parts, more than " + std::to_string(kMaxBodyParts));
    }
    for (size_t part = 0; part < count; ++part) add_body_part(header, part);
  }

  void add_body_part(const Header &header, size_t part) {
    static const char *const kCoords[] = {"x", "y", "likelihood"};
    const size_t first = 1 + part * kColumnsPerPart;
    for (size_t i = 0; i < kColumnsPerPart; ++i) {
      const std::string &coord = header.coords[first + i];
      if (coord == kCoords[i]) continue;
      refuse(first + i + 1, "expected \"" + std::string(kCoords[i]) +
                                "\", found " + quoted(coord));
    }
    TimedPrompt prompt;
    prompt.object_id = static_cast<int64_t>(part) + 1;
    if (!header.individuals.empty()) {
      prompt.label = header.individuals[first] + " ";
    }
    prompt.label += header.body_parts[first];
    prompts_.push_back(std::move(prompt));
  }

  // How many body parts it is the first row for.
  size_t take_row() {
    check_width();
    int64_t frame = 0;
    const char *end = fields_[0].data() + fields_[0].size();
    const auto parsed = std::from_chars(fields_[0].data(), end, frame);
    if (parsed.ec != std::errc() || parsed.ptr != end || frame < 0) {
      refuse(1, "expected a frame's number, found " + quoted(fields_[0]));
    }
    size_t found = 0;
    for (size_t part = 0; part < prompts_.size(); ++part) {
      if (!prompts_[part].points.empty()) continue;
      if (take_point(frame, 1 + part * kColumnsPerPart, &prompts_[part])) {
        ++found;
      }
    }
    return found;
  }

  bool take_point(int64_t frame, size_t column, TimedPrompt *prompt) const {
    const double x = number(column);
    const double y = number(column + 1);
    const double likelihood = number(column + 2);
    // False for what is not a number, too.
    if (!(likelihood >= likelihood_ && x >= 0 && y >= 0)) return false;
    prompt->frame_index = frame;
    prompt->points.push_back(
        {{static_cast<float>(x), false}, {static_cast<float>(y), false}, true});
    return true;
  }

  // NaN where there is none.
  double number(size_t column) const {
    const std::string &field = fields_[column];
    if (field.empty() || g_ascii_strcasecmp(field.c_str(), "nan") == 0) {
      return std::numeric_limits<double>::quiet_NaN();
    }
    char *end = nullptr;
    const double value = g_ascii_strtod(field.c_str(), &end);
    if (end != field.c_str() + field.size() || !std::isfinite(value)) {
      refuse(column + 1, "expected a number, found " + quoted(field));
    }
    if (std::abs(value) > kMaxCoordinatePx) {
      refuse(column + 1, "the number " + quoted(field) + " is too large");
    }
    return value;
  }

  LineReader &reader_;
  double likelihood_;
  size_t columns_ = 0;
  Fields fields_;
  std::vector<TimedPrompt> prompts_;
};

}  // namespace

std::vector<TimedPrompt> read_dlc_prompts(LineReader *reader,
                                          double likelihood) {
  return DlcReader(reader, likelihood).read();
}

}  // namespace sam2
