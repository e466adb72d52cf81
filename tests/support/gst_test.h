// Helpers for tests of the plugin. Standard headers come before Check's, whose
// macros break them.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "gst_ptr.h"

// clang-format off: Check's macros break standard headers, so it comes last
#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>
// clang-format on

namespace sam2 {

struct HarnessTeardown {
  void operator()(GstHarness *harness) const { gst_harness_teardown(harness); }
};
using HarnessPtr = std::unique_ptr<GstHarness, HarnessTeardown>;
using BusPtr = std::unique_ptr<GstBus, ObjectUnref>;
using ElementPtr = std::unique_ptr<GstElement, ObjectUnref>;
using MessagePtr = std::unique_ptr<GstMessage, MiniObjectUnref>;

// A buffer of `info`'s size with all bytes `value`, its time at `frame_index`
// of a stream of 25 frames per second.
BufferPtr video_buffer(const GstVideoInfo &info, uint8_t value,
                       int frame_index = 0);
GstVideoInfo video_info(GstVideoFormat format, int width, int height);

// A harness around the element of `launch` ("sam2track prompt=..."), with a
// bus (see harness_bus) and sink caps from `info`, ready for buffers.
HarnessPtr video_harness(const std::string &launch, const GstVideoInfo &info);

// Waits for the segment that a harness sends, like the caps, before all frames.
void await_segment(GstHarness *harness);

// A number of the element's property "stats".
guint64 stat_of(GstElement *element, const char *field);

// Pushes `buffer` and pulls what comes out.
BufferPtr push_and_pull(GstHarness *harness, BufferPtr buffer);

// Whether upstream is offered an API of metadata that downstream offers, for
// frames of `info`.
bool passes_on_offer(GstHarness *harness, const GstVideoInfo &info, GType api);

// The first message of `type`, or null. Messages before it are dropped.
MessagePtr pop_message(GstBus *bus, GstMessageType type);

// The same, waited for.
MessagePtr await_message(GstBus *bus, GstMessageType type);

struct PostedError {
  std::string domain;
  int code = 0;
  std::string text;
  std::string debug;
};

PostedError error_of(GstMessage *message);

// Starts the elements of `launch` until they are PAUSED or refuse, and returns
// the error messages posted.
std::vector<PostedError> errors_at_start(const std::string &launch);

// The errors that wait on `bus`.
std::vector<PostedError> posted_errors(GstBus *bus);

// The same, at least one, waited for.
std::vector<PostedError> awaited_errors(GstBus *bus);

// Fails the test, at the caller's line, unless `errors` is this one error.
void assert_one_error(const std::vector<PostedError> &errors, GQuark domain,
                      int code, const std::string &text, const char *file,
                      int line);
#define ASSERT_ONE_ERROR(errors, domain, code, text) \
  sam2::assert_one_error(errors, domain, code, text, __FILE__, __LINE__)

// Compares two texts of any string type. Unlike fail_unless_equals_string it
// keeps temporaries alive.
#define ASSERT_TEXT(found, expected)                                        \
  do {                                                                      \
    const std::string found_text_ = (found);                                \
    const std::string expected_text_ = (expected);                          \
    fail_unless_equals_string(found_text_.c_str(), expected_text_.c_str()); \
  } while (false)

// A folder for the test's files, gone with the object.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder &) = delete;
  ScratchFolder &operator=(const ScratchFolder &) = delete;
  std::string path(const std::string &name) const;
  // Copies a file to `name`, with the folders in between; returns its path.
  std::string copy(const std::string &file, const std::string &name) const;

 private:
  std::string folder_;
};

}  // namespace sam2
