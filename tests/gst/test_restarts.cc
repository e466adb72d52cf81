// What starts and stops again and again takes no more of the system's things.
#include <cinttypes>
#include <utility>

#include "support/gst_test.h"
#include "support/process_counts.h"

namespace {

constexpr int kWarmUp = 100;
constexpr int kCycles = 1000;
// A page here and there; a kilobyte a cycle would be 900 KiB.
constexpr int64_t kMostGrowthBytes = 400 << 10;
// Sanitizers keep what was let go.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kIsMemoryOurs = false;
#else
constexpr bool kIsMemoryOurs = true;
#endif

struct Counts {
  int64_t threads, descriptors, bytes;
};

Counts counts(int64_t threads) {
  sam2::await_threads(threads);
  return {sam2::thread_count(), sam2::descriptor_count(),
          sam2::resident_bytes()};
}

void assert_no_growth(const Counts &before, const Counts &after,
                      const char *name) {
  g_print("%s: %" PRId64 " KiB, then %" PRId64 " KiB\n", name,
          before.bytes >> 10, after.bytes >> 10);
  fail_unless_equals_int64(after.threads, before.threads);
  fail_unless_equals_int64(after.descriptors, before.descriptors);
  if (kIsMemoryOurs)
    fail_unless(after.bytes - before.bytes < kMostGrowthBytes, "%s grows",
                name);
}

template <typename Cycle>
void repeat(const char *name, Cycle &&cycle) {
  // ThreadSanitizer has a thread of its own from the first one on.
  std::thread([] {}).join();
  const int64_t threads = sam2::thread_count();
  for (int i = 0; i < kWarmUp; ++i) cycle();
  const Counts before = counts(threads);
  for (int i = kWarmUp; i < kCycles; ++i) cycle();
  assert_no_growth(before, counts(threads), name);
}

void push_one_frame(const std::string &launch) {
  const GstVideoInfo info = sam2::video_info(GST_VIDEO_FORMAT_RGB, 64, 48);
  const auto harness = sam2::video_harness(launch, info);
  const auto frame =
      sam2::push_and_pull(harness.get(), sam2::video_buffer(info, 9));
  fail_unless(frame != nullptr);
}

GST_START_TEST(test_a_thousand_trackers_leave_nothing_behind) {
  repeat("sam2track", [] {
    push_one_frame("sam2track model-file=fake.pt prompt=\"1:box=10,12,6,5\"");
  });
}
GST_END_TEST

GST_START_TEST(test_a_thousand_others_leave_nothing_behind) {
  for (const char *name : {"sam2overlay", "sam2jsonenc", "sam2mask"})
    repeat(name, [name] { push_one_frame(name); });
}
GST_END_TEST

// Starts and stops one element; a file that is there will do until it has to be
// read.
void start_again_and_again(const char *name) {
  const sam2::ElementPtr element(GST_ELEMENT(
      gst_object_ref_sink(gst_element_factory_make(name, nullptr))));
  GObjectClass *object_class = G_OBJECT_GET_CLASS(element.get());
  for (const char *property : {"model-file", "location"})
    if (g_object_class_find_property(object_class, property))
      g_object_set(element.get(), property, g_getenv("SAM2_PLUGIN"), nullptr);
  repeat(name, [&] {
    for (const GstState state : {GST_STATE_PLAYING, GST_STATE_NULL})
      fail_unless_equals_int(gst_element_set_state(element.get(), state),
                             GST_STATE_CHANGE_SUCCESS);
  });
}

GST_START_TEST(test_an_element_may_start_a_thousand_times) {
  for (const char *name : {"sam2track", "sam2overlay", "sam2mask", "sam2matte",
                           "sam2jsonenc", "sam2jsondec"})
    start_again_and_again(name);
}
GST_END_TEST

Suite *restarts_suite() {
  Suite *suite = suite_create("restarts");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_a_thousand_trackers_leave_nothing_behind);
  tcase_add_test(cases, test_a_thousand_others_leave_nothing_behind);
  tcase_add_test(cases, test_an_element_may_start_a_thousand_times);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(restarts)
