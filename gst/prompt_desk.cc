#include "prompt_desk.h"

#include <cmath>
#include <string>
#include <utility>

#include "base/error.h"
#include "boundary.h"
#include "gst_ptr.h"

namespace sam2 {
namespace {

// A prompt is text of a few kilobytes at most in any use we know.
constexpr size_t kMostPoints = 1024;

std::string clock_text(GstClockTime time_ns) {
  const CharPtr text(
      g_strdup_printf("%" GST_TIME_FORMAT, GST_TIME_ARGS(time_ns)));
  return text.get();
}

[[noreturn]] void refuse_prompt(const std::string &text) {
  throw Error(ErrorCode::kSetting, text);
}

void check_points(const TimedPrompt &prompt, const std::string &object) {
  for (const UnresolvedPoint &point : prompt.points)
    if (!std::isfinite(point.x.value) || !std::isfinite(point.y.value))
      refuse_prompt("A point of " + object +
                    " is not a number. Give pixels of the frame.");
  if (prompt.points.size() > kMostPoints)
    refuse_prompt("The prompt for " + object + " has " +
                  std::to_string(prompt.points.size()) +
                  " points. Give at most " + std::to_string(kMostPoints) + ".");
}

void check_box(const UnresolvedBox &box, const std::string &object) {
  for (const PromptLength &length : {box.x, box.y, box.width, box.height})
    if (!std::isfinite(length.value))
      refuse_prompt("The box of " + object +
                    " is not made of numbers. Give pixels of the frame.");
  if (!(box.width.value > 0) || !(box.height.value > 0))
    refuse_prompt("The box of " + object +
                  " is empty. Give a width and a height above 0.");
}

void check(const TimedPrompt &prompt) {
  if (prompt.object_id < kNewObject)
    refuse_prompt("There cannot be an object " +
                  std::to_string(prompt.object_id) +
                  ". Give an id of 0 or more, or -1 for a new object.");
  const std::string object = prompt.object_id == kNewObject
                                 ? "a new object"
                                 : "object " + std::to_string(prompt.object_id);
  if (prompt.time_ns && *prompt.time_ns < 0)
    refuse_prompt("The stream time of " + object +
                  " is beyond all clocks. Give nanoseconds, or none for the "
                  "next frame.");
  if (!g_utf8_validate(prompt.label.data(), prompt.label.size(), nullptr))
    refuse_prompt("The label of " + object +
                  " is not UTF-8 text. Write it in UTF-8.");
  if (prompt.points.empty() && !prompt.box && prompt.mask.is_empty() &&
      prompt.mask_file.empty())
    refuse_prompt("The prompt for " + object +
                  " is empty. Give points, a box or a mask.");
  check_points(prompt, object);
  if (prompt.box) check_box(*prompt.box, object);
}

Error late(const TimedPrompt &prompt, const FrameTimes &taken) {
  const auto time_ns = static_cast<GstClockTime>(*prompt.time_ns);
  const GstClockTime delay_ns = taken.is_backwards ? time_ns - taken.stream_ns
                                                   : taken.stream_ns - time_ns;
  return Error(ErrorCode::kSetting,
               "The prompt for the frame at " + clock_text(time_ns) + " is " +
                   clock_text(delay_ns) + " too late: the frame at " +
                   clock_text(taken.stream_ns) + " has been tracked. Give " +
                   (taken.is_backwards ? "an earlier" : "a later") +
                   " time, or none for the next frame.");
}

Error full() {
  return Error(ErrorCode::kSetting,
               std::to_string(CommandInbox::kMostCommands) +
                   " prompts wait already. Let the pipeline play, or send "
                   "fewer.");
}

}  // namespace

PromptDesk::PromptDesk(GstElement *element, CommandInbox &inbox, ObjectIds &ids)
    : element_(element), inbox_(inbox), ids_(ids) {}

int64_t PromptDesk::add(TimedPrompt prompt) {
  check(prompt);
  if (prompt.object_id == kNewObject)
    prompt.object_id = ids_.take_new();
  else
    ids_.reserve(prompt.object_id);
  const int64_t object_id = prompt.object_id;
  const GstClockTime time_ns = prompt.time_ns
                                   ? static_cast<GstClockTime>(*prompt.time_ns)
                                   : GST_CLOCK_TIME_NONE;
  const auto posting = inbox_.post(
      [prompt](TrackSession &session) { session.ask(prompt); }, time_ns);
  if (posting == CommandInbox::Posting::kFull) throw full();
  if (posting == CommandInbox::Posting::kLate)
    throw late(prompt, inbox_.taken());
  return object_id;
}

void PromptDesk::remove_object(int64_t object_id) {
  post(
      [object_id](TrackSession &session) { session.remove_object(object_id); });
}

void PromptDesk::clear_prompts() {
  post([](TrackSession &session) { session.clear_prompts(); });
}

void PromptDesk::reset() {
  post([](TrackSession &session) { session.reset(); });
}

void PromptDesk::post(TrackCommand command) {
  if (inbox_.post(std::move(command)) == CommandInbox::Posting::kFull)
    throw full();
}

void PromptDesk::reserve_ids(const std::vector<TimedPrompt> &prompts) {
  for (const TimedPrompt &prompt : prompts) ids_.reserve(prompt.object_id);
}

void PromptDesk::refuse(const Error &error) const noexcept {
  post_refusal(element_, error);
}

}  // namespace sam2
