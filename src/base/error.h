// The one exception type of the library.
#pragma once

#include <exception>
#include <string>
#include <utility>

namespace sam2 {

// What kind of failure it is; the element maps each code to one GStreamer
// domain and code.
enum class ErrorCode {
  kNotFound,    // a file or device that is not there
  kUnreadable,  // a file that is damaged, hostile or of the wrong kind
  kSetting,     // a property, option or prompt with an unusable value
  kNoMemory,    // host or device memory is used up
  kFormat,      // frames that cannot be processed
  kInternal,    // our own bug
  kDeviceLost,  // the device failed and is of no use to the process any more
};

// A failure with two texts: `user_text` is one or two sentences for the person
// in front of the screen (what happened with the value found, then what to
// do; capital first, full stop last); `detail` is for the log and may be
// empty. Reentrant.
class Error : public std::exception {
 public:
  Error(ErrorCode code, std::string user_text, std::string detail = {})
      : code_(code),
        user_text_(std::move(user_text)),
        detail_(std::move(detail)) {}

  ErrorCode code() const { return code_; }
  const std::string &user_text() const { return user_text_; }
  const std::string &detail() const { return detail_; }
  const char *what() const noexcept override { return user_text_.c_str(); }

 private:
  ErrorCode code_;
  std::string user_text_;
  std::string detail_;
};

}  // namespace sam2
