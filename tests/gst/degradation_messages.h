// What sam2track says on the bus about memory that runs out.
#pragma once

#include <string>
#include <vector>

#include "support/gst_test.h"

namespace sam2 {

using Texts = std::vector<std::string>;

// "+STEP LEVEL" of a message "sam2-degraded" for a step taken, "-STEP LEVEL"
// for one undone, and " changes" for one that changes results.
inline std::string degradation_text(const GstStructure *fields) {
  guint level = 0;
  gboolean is_undone = FALSE, changes_results = FALSE;
  fail_unless(gst_structure_get(fields, "level", G_TYPE_UINT, &level, "undone",
                                G_TYPE_BOOLEAN, &is_undone, "changes-results",
                                G_TYPE_BOOLEAN, &changes_results, nullptr));
  fail_unless(gst_structure_get_string(fields, "text") != nullptr);
  return (is_undone ? "-" : "+") +
         std::string(gst_structure_get_string(fields, "step")) + " " +
         std::to_string(level) + (changes_results ? " changes" : "");
}

// What was said since, with "warning" and "error" for such messages.
inline Texts said_on(GstBus *bus) {
  Texts texts;
  const auto types = static_cast<GstMessageType>(
      GST_MESSAGE_ELEMENT | GST_MESSAGE_WARNING | GST_MESSAGE_ERROR);
  while (const auto message = pop_message(bus, types)) {
    const GstStructure *fields = gst_message_get_structure(message.get());
    if (GST_MESSAGE_TYPE(message.get()) != GST_MESSAGE_ELEMENT)
      texts.push_back(GST_MESSAGE_TYPE_NAME(message.get()));
    else if (gst_structure_has_name(fields, "sam2-degraded"))
      texts.push_back(degradation_text(fields));
  }
  return texts;
}

inline void expect(const Texts &found, const Texts &wanted) {
  std::string all;
  for (const std::string &text : found) all += text + ", ";
  fail_unless(found == wanted, "%s", all.c_str());
}

}  // namespace sam2
