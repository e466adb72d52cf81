#include "io/prompt_file.h"

#include <utility>

#include "base/error.h"
#include "io/dlc_csv.h"
#include "io/line_reader.h"
#include "io/png_labels.h"
#include "io/result_json.h"

namespace sam2 {
namespace {

constexpr const char *kOpenAdvice =
    "Set prompt-file to a file of prompts that may be read.";
constexpr const char *kKinds =
    "NDJSON as sam2jsonenc writes it, a PNG label map or the CSV that "
    "DeepLabCut writes for a video";
constexpr int64_t kMaxBytes = int64_t{64} << 20;
constexpr size_t kMaxPrompts = 100000;

bool starts_with(const std::string &text, const char *start) {
  return text.rfind(start, 0) == 0;
}

bool is_blank(const std::string &text) {
  return text.find_first_not_of(" \t") == std::string::npos;
}

[[noreturn]] void refuse_empty(const std::string &path,
                               const std::string &reason) {
  throw Error(ErrorCode::kSetting, "There is no object in the prompt file \"" +
                                       path + "\"" + reason);
}

// Percent of the line's frame, so that a box fits any frame.
UnresolvedBox relative_box(const BoxPx &box, SizePx frame) {
  const auto percent = [](float px, int extent_px) {
    return PromptLength{100.0f * px / static_cast<float>(extent_px), true};
  };
  return {percent(box.x, frame.width), percent(box.y, frame.height),
          percent(box.width, frame.width), percent(box.height, frame.height)};
}

class LinePrompts {
 public:
  // `name` is that of the line, for messages.
  void add(ResultLine line, const std::string &name) {
    for (size_t i = 0; i < line.result.objects.size(); ++i) {
      const ObjectResult &object = line.result.objects[i];
      if (object.is_lost || object.box.is_empty()) continue;
      check(object, name);
      TimedPrompt prompt;
      prompt.time_ns = line.pts_ns;
      if (!line.pts_ns) prompt.frame_index = line.result.frame_index;
      prompt.object_id = object.object_id;
      prompt.label = object.label;
      if (line.masks[i].is_empty()) {
        prompt.box = relative_box(object.box, line.result.frame_size);
      } else {
        prompt.mask = std::move(line.masks[i]);
      }
      prompts_.push_back(std::move(prompt));
    }
  }

  std::vector<TimedPrompt> take() { return std::move(prompts_); }

 private:
  void check(const ObjectResult &object, const std::string &name) const {
    if (object.object_id == kUntrackedId) {
      throw Error(ErrorCode::kUnreadable,
                  "Could not use " + name +
                      ": an object has the id -1, so nobody tracks it. Give "
                      "each object an id of its own.");
    }
    if (prompts_.size() == kMaxPrompts) {
      throw Error(ErrorCode::kUnreadable,
                  "Could not use " + name + ": there are more than " +
                      std::to_string(kMaxPrompts) +
                      " prompts. Give the lines alone that are meant as "
                      "prompts, such as the first.");
    }
  }

  std::vector<TimedPrompt> prompts_;
};

std::vector<TimedPrompt> read_lines(LineReader *reader) {
  LinePrompts prompts;
  std::string line;
  while (true) {
    const LineStatus status = reader->next(&line);
    if (status == LineStatus::kEnd) return prompts.take();
    if (status == LineStatus::kTooLong ||
        reader->place().offset_bytes > kMaxBytes) {
      throw Error(ErrorCode::kUnreadable,
                  "Could not use " + reader->line_name() +
                      ": the line or the file is too large (16 and 64 MiB). "
                      "Give the lines alone that are meant as prompts, such as "
                      "the first.");
    }
    if (is_blank(line)) continue;
    const std::string name = reader->line_name();
    prompts.add(parse_result_line(line, name), name);
  }
}

std::vector<TimedPrompt> read_picture(const std::string &path) {
  std::vector<TimedPrompt> prompts;
  for (auto &[label, mask] : masks_of_labels(read_colour_map(path))) {
    TimedPrompt prompt;
    prompt.frame_index = 0;
    prompt.object_id = label;
    prompt.mask = std::move(mask);
    prompts.push_back(std::move(prompt));
  }
  if (prompts.empty()) {
    refuse_empty(path,
                 ": its labels are 0 and 255 (void) alone. Give other labels; "
                 "for one black and white mask set prompt to \"1:mask=FILE\".");
  }
  return prompts;
}

std::string first_line(LineReader *reader) {
  std::string line;
  while (reader->next(&line) == LineStatus::kLine && is_blank(line)) {
  }
  reader->go_to({});
  return line;
}

}  // namespace

std::vector<TimedPrompt> load_prompt_file(const std::string &path,
                                          double dlc_likelihood) {
  LineReader reader(path, kOpenAdvice);
  const std::string start = first_line(&reader);
  if (starts_with(start, "\x89PNG")) return read_picture(path);
  if (starts_with(start, "scorer")) {
    return read_dlc_prompts(&reader, dlc_likelihood);
  }
  const size_t begin = start.find_first_not_of(" \t");
  if (begin == std::string::npos || start[begin] != '{') {
    throw Error(ErrorCode::kUnreadable, "The prompt file \"" + path +
                                            "\" is of an unknown kind. Give " +
                                            kKinds + ".");
  }
  std::vector<TimedPrompt> prompts = read_lines(&reader);
  if (prompts.empty()) {
    refuse_empty(path,
                 " that has a mask or a box. Give one with an object that is "
                 "not lost.");
  }
  return prompts;
}

}  // namespace sam2
