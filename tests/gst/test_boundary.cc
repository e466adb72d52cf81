#include <stdexcept>

#include "boundary.h"
#include "support/gst_test.h"

namespace {

using sam2::Error;
using sam2::ErrorCode;

// What is posted when `body` throws inside guarded().
template <typename Body>
std::vector<sam2::PostedError> errors_from(Body body) {
  const sam2::ElementPtr element(GST_ELEMENT(
      gst_object_ref_sink(gst_element_factory_make("identity", nullptr))));
  const sam2::BusPtr bus(gst_bus_new());
  gst_element_set_bus(element.get(), bus.get());
  const int result = sam2::guarded(element.get(), -1, body);
  gst_element_set_bus(element.get(), nullptr);
  fail_unless_equals_int(result, -1);
  return sam2::posted_errors(bus.get());
}

GST_START_TEST(test_a_value_passes_without_message) {
  fail_unless_equals_int(sam2::guarded(nullptr, -1, [] { return 7; }), 7);
}
GST_END_TEST

GST_START_TEST(test_every_error_code_has_its_own_message_code) {
  const struct {
    ErrorCode code;
    GQuark domain;
    int gst_code;
  } cases[] = {
      {ErrorCode::kNotFound, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND},
      {ErrorCode::kUnreadable, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ},
      {ErrorCode::kSetting, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS},
      {ErrorCode::kNoMemory, GST_RESOURCE_ERROR,
       GST_RESOURCE_ERROR_NO_SPACE_LEFT},
      {ErrorCode::kFormat, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT},
      {ErrorCode::kInternal, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_FAILED},
  };
  for (const auto &row : cases)
    ASSERT_ONE_ERROR(
        errors_from([&]() -> int { throw Error(row.code, "Text.", "Detail"); }),
        row.domain, row.gst_code, "Text.");
}
GST_END_TEST

GST_START_TEST(test_the_detail_is_in_the_debug_text) {
  const auto errors = errors_from(
      []() -> int { throw Error(ErrorCode::kSetting, "Text.", "why it is"); });
  fail_unless(errors.front().debug.find("why it is") != std::string::npos);
}
GST_END_TEST

GST_START_TEST(test_exhausted_memory_is_no_space_left) {
  const auto errors = errors_from([]() -> int { throw std::bad_alloc(); });
  fail_unless_equals_int(errors.at(0).code, GST_RESOURCE_ERROR_NO_SPACE_LEFT);
}
GST_END_TEST

GST_START_TEST(test_other_exceptions_are_our_bug) {
  const char *text =
      "An unexpected failure happened. Please report it with the debug text of "
      "this message.";
  ASSERT_ONE_ERROR(
      errors_from([]() -> int { throw std::runtime_error("index"); }),
      GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_FAILED, text);
  ASSERT_ONE_ERROR(errors_from([]() -> int { throw 7; }), GST_LIBRARY_ERROR,
                   GST_LIBRARY_ERROR_FAILED, text);
}
GST_END_TEST

Suite *boundary_suite() {
  Suite *suite = suite_create("boundary");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_a_value_passes_without_message);
  tcase_add_test(cases, test_every_error_code_has_its_own_message_code);
  tcase_add_test(cases, test_the_detail_is_in_the_debug_text);
  tcase_add_test(cases, test_exhausted_memory_is_no_space_left);
  tcase_add_test(cases, test_other_exceptions_are_our_bug);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(boundary)
