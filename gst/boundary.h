// Where C++ exceptions end and bus messages begin.
#pragma once

#include <gst/gst.h>

#include <exception>
#include <new>
#include <utility>

#include "base/error.h"

namespace sam2 {

// Posts the one error message for `error`:
//
//   code         domain    code
//   kNotFound    RESOURCE  NOT_FOUND
//   kUnreadable  RESOURCE  READ
//   kSetting     RESOURCE  SETTINGS
//   kNoMemory    RESOURCE  NO_SPACE_LEFT
//   kFormat      STREAM    FORMAT
//   kInternal    LIBRARY   FAILED
//   kDeviceLost  RESOURCE  FAILED
//
// The message's text is the user text, its debug text the detail. Thread-safe;
// the object lock must not be held.
void post_error(GstElement *element, const Error &error) noexcept;

// The same as a warning: the element goes on.
void post_refusal(GstElement *element, const Error &error) noexcept;

// Runs `body` and returns what it returns; if it throws, posts one error
// message on `element` and returns `failure`. The outermost scope of every
// function that GStreamer, GLib or a thread calls.
template <typename Result, typename Body>
Result guarded(GstElement *element, Result failure, Body &&body) noexcept {
  try {
    return std::forward<Body>(body)();
  } catch (const Error &error) {
    post_error(element, error);
  } catch (const std::bad_alloc &) {
    post_error(element,
               Error(ErrorCode::kNoMemory,
                     "Memory is used up. Use smaller frames or fewer objects, "
                     "or end other programs.",
                     "std::bad_alloc"));
  } catch (const std::exception &error) {
    post_error(element,
               Error(ErrorCode::kInternal,
                     "An unexpected failure happened. Please report it with "
                     "the debug text of this message.",
                     error.what()));
  } catch (...) {
    post_error(element,
               Error(ErrorCode::kInternal,
                     "An unexpected failure happened. Please report it with "
                     "the debug text of this message.",
                     "an exception of an unknown type"));
  }
  return failure;
}

// The same for what a user asks of a running element: an Error is a warning.
template <typename Result, typename Body>
Result warned(GstElement *element, Result failure, Body &&body) noexcept {
  return guarded(element, failure, [&]() -> Result {
    try {
      return body();
    } catch (const Error &error) {
      post_refusal(element, error);
      return failure;
    }
  });
}

}  // namespace sam2
