#include <dlfcn.h>

#include <csignal>
#include <cstdlib>

#include "base/error.h"
#include "engine_library.h"
#include "support/gst_test.h"

namespace {

void expect_error(sam2::ErrorCode code, const std::string &text) {
  try {
    sam2::engine_api();
  } catch (const sam2::Error &error) {
    fail_unless(error.code() == code);
    fail_unless_equals_string(error.what(), text.c_str());
    return;
  }
  fail("no error");
}

GST_START_TEST(test_the_override_is_opened) {
  fail_unless_equals_int(sam2::engine_api().abi, sam2::kEngineAbi);
}
GST_END_TEST

GST_START_TEST(test_an_override_that_is_missing_is_named) {
  g_setenv("SAM2_ENGINE_LIBRARY", "/nowhere/libx.so", true);
  expect_error(sam2::ErrorCode::kNotFound,
               "Could not open the tracker library \"/nowhere/libx.so\". "
               "Correct or unset the environment variable "
               "SAM2_ENGINE_LIBRARY.");
}
GST_END_TEST

GST_START_TEST(test_a_file_that_is_no_library_is_refused) {
  const sam2::ScratchFolder folder;
  const std::string path = folder.path("libsam2.so.0");
  g_file_set_contents(path.c_str(), "no library", -1, nullptr);
  g_setenv("SAM2_ENGINE_LIBRARY", path.c_str(), true);
  expect_error(sam2::ErrorCode::kNotFound,
               "Could not open the tracker library \"" + path +
                   "\". Correct or unset the environment variable "
                   "SAM2_ENGINE_LIBRARY.");
}
GST_END_TEST

// This program stands for a plugin: no library is beside it.
GST_START_TEST(test_a_library_that_is_not_installed_is_not_found) {
  g_unsetenv("SAM2_ENGINE_LIBRARY");
  // Where the package is installed, nothing can be missing.
  if (dlopen("libsam2.so.0", RTLD_LAZY | RTLD_LOCAL)) return;
  expect_error(sam2::ErrorCode::kNotFound,
               "Could not open the tracker library libsam2.so.0. Install it in "
               "the folder above the plugin's.");
}
GST_END_TEST

GST_START_TEST(test_a_library_of_another_version_is_refused) {
  g_setenv("SAM2_ENGINE_LIBRARY", g_getenv("FAKE_ENGINE_OF_OTHER_VERSION"),
           true);
  expect_error(sam2::ErrorCode::kInternal,
               "The tracker library libsam2.so.0 belongs to another version of "
               "this plugin. Install both from the same release.");
}
GST_END_TEST

// Whether a plugin at `plugin_place` opens a tracker library at
// `library_place`, both from a common folder.
void expect_opened(const std::string &plugin_place,
                   const std::string &library_place) {
  // Without a scanner process, as sanitizers need it, GStreamer has loaded the
  // build tree's plugin already and keeps to it.
  if (g_getenv("GST_REGISTRY_FORK")) return;
  const sam2::ScratchFolder folder;
  const std::string plugin_copy =
      folder.copy(g_getenv("SAM2_PLUGIN"), plugin_place);
  folder.copy(g_getenv("SAM2_ENGINE_LIBRARY"), library_place);
  g_unsetenv("SAM2_ENGINE_LIBRARY");
  GstPlugin *plugin = gst_plugin_load_file(plugin_copy.c_str(), nullptr);
  fail_unless(plugin != nullptr);
  fail_unless_equals_string(gst_plugin_get_filename(plugin),
                            plugin_copy.c_str());
  const sam2::ElementPtr element(GST_ELEMENT(
      gst_object_ref_sink(gst_element_factory_make("sam2track", nullptr))));
  fail_unless_equals_int(gst_element_set_state(element.get(), GST_STATE_READY),
                         GST_STATE_CHANGE_SUCCESS);
  gst_element_set_state(element.get(), GST_STATE_NULL);
  gst_object_unref(plugin);
}

GST_START_TEST(test_an_installed_plugin_finds_the_library_above) {
  expect_opened("lib/gstreamer-1.0/libgstsam2.so", "lib/libsam2.so.0");
}
GST_END_TEST

GST_START_TEST(test_a_plugin_in_the_build_tree_finds_the_library_there) {
  expect_opened("gst/libgstsam2.so", "src/libsam2.so.0");
}
GST_END_TEST

void own_handler(int) {}

GST_START_TEST(test_signal_handlers_are_those_from_before) {
  const int numbers[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGHUP};
  signal(SIGHUP, own_handler);
  struct sigaction before[G_N_ELEMENTS(numbers)];
  for (size_t i = 0; i < G_N_ELEMENTS(numbers); ++i)
    sigaction(numbers[i], nullptr, &before[i]);
  sam2::engine_api();
  for (size_t i = 0; i < G_N_ELEMENTS(numbers); ++i) {
    struct sigaction after;
    sigaction(numbers[i], nullptr, &after);
    fail_unless(after.sa_handler == before[i].sa_handler);
  }
}
GST_END_TEST

GST_START_TEST(test_thread_settings_of_the_user_are_kept) {
  g_setenv("OMP_WAIT_POLICY", "active", true);
  g_unsetenv("UCX_LOG_LEVEL");
  sam2::engine_api();
  fail_unless_equals_string(g_getenv("OMP_WAIT_POLICY"), "active");
  fail_unless_equals_string(g_getenv("UCX_LOG_LEVEL"), "fatal");
}
GST_END_TEST

Suite *engine_library_suite() {
  Suite *suite = suite_create("engine_library");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_the_override_is_opened);
  tcase_add_test(cases, test_an_override_that_is_missing_is_named);
  tcase_add_test(cases, test_a_file_that_is_no_library_is_refused);
  tcase_add_test(cases, test_a_library_that_is_not_installed_is_not_found);
  tcase_add_test(cases, test_an_installed_plugin_finds_the_library_above);
  tcase_add_test(cases,
                 test_a_plugin_in_the_build_tree_finds_the_library_there);
  tcase_add_test(cases, test_a_library_of_another_version_is_refused);
  tcase_add_test(cases, test_signal_handlers_are_those_from_before);
  tcase_add_test(cases, test_thread_settings_of_the_user_are_kept);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(engine_library)
