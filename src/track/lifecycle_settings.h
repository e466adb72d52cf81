// How detections become objects, and how long objects live.
#pragma once

#include <string>
#include <vector>

#include "track/prompt_mode.h"

namespace sam2 {

// A "detection frame" is one whose detections are used (prompt_mode.h).
struct LifecycleSettings {
  PromptMode prompt_mode = PromptMode::kEveryFrame;
  int prompt_interval = 30;  // of every-n-frames: frames, 1...1000000

  // Detections that count.
  std::vector<std::string> object_classes;  // labels, none = all
  float min_confidence = 0.35F;             // 0...1
  float min_box_px = 4;  // shorter side of the box: pixels, 1...65536
  // Of two of the same class with an IoU above this the less confident one is
  // a duplicate; 0...1, 1 = none is.
  double duplicate_iou = 0.7;

  // Detections that belong to an object in sight. Weight of the mask against
  // that of the predicted box, 0...1, and least score, 0.01...1 (association.h)
  double mask_weight = 0.5;
  double min_match_score = 0.3;
  // A detection that belongs to none is not a new object if its IoU with one in
  // sight, of whatever class, is this or more; 0.01...1.
  double min_iou_new_object = 0.7;
  // An object is set right by a detection if so many in a row had an IoU with
  // the mask's box below correct_iou (0...1); 0...1000, 0 = never.
  double correct_iou = 0.5;
  int correct_after = 3;

  // A new object is confirmed when seen on probation_hits of its first
  // probation_age detection frames (1...1000, hits <= age; its first one
  // counts), or at once by a detection with more confidence than
  // confirm_confidence (0...1, 1 = never).
  int probation_age = 4;
  int probation_hits = 3;
  float confirm_confidence = 0.9F;

  // The tracker sees an object if the object score (logit, -100...100), the
  // predicted IoU (0...1) and the mask's area (pixels of the frame, 1 or more)
  // are these or more. Else it is lost.
  float min_object_score = 0;
  float min_predicted_iou = 0;
  double min_mask_area_px = 1;
  // So is one that more detection frames in a row pass over; 0...1000000, 0 =
  // never.
  int max_unmatched = 0;

  // A lost object is forgotten after more than so many frames; 0...1000000.
  int max_lost_age = 84;
  // A detection brings it back for so many frames, 0...1000000, if its IoU with
  // the predicted or the last box is this or more; 0.01...1.
  int reacquire_window = 45;
  double min_reacquire_iou = 0.2;

  // Objects at a time, those that a user has prompted counted; 1...10000.
  int max_objects = 16;
  bool reuse_ids = false;  // a new object gets the lowest free id
};

// Error kSetting naming the first value out of range.
void validate(const LifecycleSettings &settings);

}  // namespace sam2
