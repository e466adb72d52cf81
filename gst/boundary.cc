#include "boundary.h"

namespace sam2 {
namespace {

struct GstCode {
  GQuark domain;
  int code;
};

GstCode gst_code(ErrorCode code) {
  switch (code) {
    case ErrorCode::kNotFound:
      return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND};
    case ErrorCode::kUnreadable:
      return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ};
    case ErrorCode::kSetting:
      return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS};
    case ErrorCode::kNoMemory:
      return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT};
    case ErrorCode::kFormat:
      return {GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT};
    case ErrorCode::kDeviceLost:
      return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_FAILED};
    case ErrorCode::kInternal:
      break;
  }
  return {GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_FAILED};
}

void post(GstElement *element, GstMessageType type, const Error &error,
          const char *function, int line) {
  const GstCode code = gst_code(error.code());
  const char *detail =
      error.detail().empty() ? nullptr : error.detail().c_str();
  gst_element_message_full(element, type, code.domain, code.code,
                           g_strdup(error.what()), g_strdup(detail), __FILE__,
                           function, line);
}

}  // namespace

void post_error(GstElement *element, const Error &error) noexcept {
  GST_ERROR_OBJECT(element, "%s (%s)", error.what(), error.detail().c_str());
  post(element, GST_MESSAGE_ERROR, error, "post_error", __LINE__);
}

void post_refusal(GstElement *element, const Error &error) noexcept {
  GST_WARNING_OBJECT(element, "%s (%s)", error.what(), error.detail().c_str());
  post(element, GST_MESSAGE_WARNING, error, "post_refusal", __LINE__);
}

}  // namespace sam2
