#include <gst/analytics/analytics.h>

#include "picture_meta.h"
#include "support/gst_test.h"

namespace {

GST_START_TEST(test_what_speaks_of_the_picture_is_told_from_the_rest) {
  const sam2::BufferPtr buffer(gst_buffer_new_allocate(nullptr, 64, nullptr));
  const sam2::BufferPtr parent(gst_buffer_new());
  const sam2::CapsPtr reference(gst_caps_new_empty_simple("timestamp/x-unix"));
  gst_buffer_add_analytics_relation_meta(buffer.get());
  const struct {
    const GstMeta *meta;
    bool is_about_picture;
  } cases[] = {
      {gst_buffer_get_meta(buffer.get(), GST_ANALYTICS_RELATION_META_API_TYPE),
       true},
      {&gst_buffer_add_video_region_of_interest_meta(buffer.get(), "face", 1, 1,
                                                     2, 2)
            ->meta,
       true},
      {&gst_buffer_add_reference_timestamp_meta(buffer.get(), reference.get(),
                                                0, 0)
            ->parent,
       true},
      {&gst_buffer_add_video_meta(buffer.get(), GST_VIDEO_FRAME_FLAG_NONE,
                                  GST_VIDEO_FORMAT_GRAY8, 8, 8)
            ->meta,
       false},
      {&gst_buffer_add_parent_buffer_meta(buffer.get(), parent.get())->parent,
       false},
  };
  for (const auto &row : cases)
    fail_unless_equals_int(sam2::is_about_picture(row.meta),
                           row.is_about_picture);
}
GST_END_TEST

Suite *picture_meta_suite() {
  Suite *suite = suite_create("picture_meta");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_what_speaks_of_the_picture_is_told_from_the_rest);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(picture_meta)
