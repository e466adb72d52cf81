// Scenarios as short texts, so that a table of frames can be read. All boxes
// stand on one line: 40 pixels high, 40 wide unless said.
#pragma once

#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

#include "track/object_lifecycle.h"

namespace sam2::test {

constexpr float kTop = 100;
constexpr float kSide = 40;

inline BoxPx box_at(float x, float width = kSide) {
  return {x, kTop, width, kSide};
}

// The number after `mark` in `text`, or `otherwise`.
inline double number_after(const std::string &text, char mark,
                           double otherwise) {
  const size_t at = text.find(mark);
  return at == std::string::npos ? otherwise : std::atof(&text[at + 1]);
}

inline BoxPx box_of(const std::string &text) {
  return box_at(static_cast<float>(number_after(text, '@', 0)),
                static_cast<float>(number_after(text, 'w', kSide)));
}

inline std::vector<std::string> words_of(const std::string &text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

// "car@10w80/0.9#7": at 10, 80 pixels wide, confidence 0.9 (else 0.6), number 7
// upstream.
inline Detection detection_of(const std::string &text) {
  Detection detection;
  detection.box = box_of(text);
  detection.label = text.substr(0, text.find('@'));
  detection.confidence = static_cast<float>(number_after(text, '/', 0.6));
  if (text.find('#') != std::string::npos)
    detection.upstream_id = static_cast<int64_t>(number_after(text, '#', 0));
  return detection;
}

// "" the detector has found nothing, "-" it has not run, "?" somebody asks for
// detections now.
inline FrameDetections detections_of(const std::string &text) {
  FrameDetections detections;
  for (const std::string &word : words_of(text)) {
    if (word == "-")
      detections.has_detector_run = false;
    else if (word == "?")
      detections.is_requested = true;
    else
      detections.found.push_back(detection_of(word));
  }
  return detections;
}

// "1@10w80": object 1's mask fills the box at 10, 80 pixels wide. "1!": it is
// not in the picture.
inline std::vector<TrackedObject> tracked_of(const std::string &text) {
  std::vector<TrackedObject> all;
  for (const std::string &word : words_of(text)) {
    TrackedObject tracked;
    tracked.object_id = std::atoi(word.c_str());
    if (word.find('!') == std::string::npos) {
      tracked.mask.box = box_of(word);
      tracked.area_px = tracked.mask.box.width * tracked.mask.box.height;
      tracked.object_score = 5;
      tracked.predicted_iou = 0.9F;
    } else {
      tracked.object_score = -5;
    }
    all.push_back(tracked);
  }
  return all;
}

inline std::string number_text(double number) {
  std::ostringstream text;
  text << number;
  return text.str();
}

// "start1@10 confirm1 remove2:room".
inline std::string actions_text(const std::vector<LifecycleAction> &actions) {
  const char *const kEvents[] = {"start", "confirm", "correct",
                                 "hide",  "resume",  "remove"};
  const char *const kReasons[] = {"", ":probation", ":lost", ":room"};
  std::string text;
  for (const LifecycleAction &action : actions) {
    text += (text.empty() ? "" : " ") +
            std::string(kEvents[static_cast<int>(action.event)]) +
            std::to_string(action.object_id);
    if (action.box) {
      text += "@" + number_text(action.box->x);
      if (action.box->width != kSide)
        text += "w" + number_text(action.box->width);
    }
    text += kReasons[static_cast<int>(action.reason)];
  }
  return text;
}

inline LifecycleSettings with(void (*change)(LifecycleSettings &)) {
  LifecycleSettings settings;
  change(settings);
  return settings;
}

// What happens on one frame and what is expected of it.
struct ScenarioFrame {
  std::string detections;
  std::string tracked;
  std::string actions;
};

inline std::vector<ScenarioFrame> repeated(int count,
                                           const ScenarioFrame &frame) {
  return std::vector<ScenarioFrame>(count, frame);
}

struct Scenario {
  const char *name;
  LifecycleSettings settings;
  std::vector<std::vector<ScenarioFrame>> parts;  // one after the other
};

// A line for each frame on which something happens, "4: hide1".
inline std::string expected_story(const Scenario &scenario) {
  std::string story;
  int64_t number = 0;
  for (const auto &part : scenario.parts)
    for (const ScenarioFrame &frame : part) {
      if (!frame.actions.empty())
        story += std::to_string(number) + ": " + frame.actions + "\n";
      ++number;
    }
  return story;
}

struct OwnIds {
  ObjectIds &ids() { return ids_; }

 private:
  ObjectIds ids_;
};

// With ids that nobody else draws from.
class LoneLifecycle : public OwnIds, public ObjectLifecycle {
 public:
  explicit LoneLifecycle(const LifecycleSettings &settings)
      : ObjectLifecycle(settings, ids()) {}
};

inline std::string story(const Scenario &scenario) {
  std::string story;
  int64_t number = 0;
  LoneLifecycle lifecycle(scenario.settings);
  for (const auto &part : scenario.parts)
    for (const ScenarioFrame &frame : part) {
      const std::string actions = actions_text(lifecycle.update(
          number, detections_of(frame.detections), tracked_of(frame.tracked)));
      if (!actions.empty())
        story += std::to_string(number) + ": " + actions + "\n";
      ++number;
    }
  return story;
}

}  // namespace sam2::test
