// Walks every element of the plugin up and down the states.
#include "support/gst_test.h"

namespace {

struct PluginRelease {
  void operator()(GList *features) const {
    gst_plugin_feature_list_free(features);
  }
};

// The names of all elements that the plugin registers.
std::vector<std::string> element_names() {
  std::vector<std::string> names;
  const std::unique_ptr<GList, PluginRelease> features(
      gst_registry_get_feature_list_by_plugin(gst_registry_get(), "sam2"));
  for (const GList *item = features.get(); item; item = item->next)
    names.emplace_back(gst_plugin_feature_get_name(item->data));
  return names;
}

sam2::ElementPtr make(const std::string &name) {
  sam2::ElementPtr element(GST_ELEMENT(
      gst_object_ref_sink(gst_element_factory_make(name.c_str(), nullptr))));
  GObjectClass *object_class = G_OBJECT_GET_CLASS(element.get());
  if (g_object_class_find_property(object_class, "model-file"))
    g_object_set(element.get(), "model-file", "fake.pt", nullptr);
  // Any file will do until there are frames.
  if (g_object_class_find_property(object_class, "location"))
    g_object_set(element.get(), "location", g_getenv("SAM2_PLUGIN"), nullptr);
  return element;
}

void walk(GstElement *element, std::vector<GstState> states) {
  for (const GstState state : states)
    fail_unless_equals_int(gst_element_set_state(element, state),
                           GST_STATE_CHANGE_SUCCESS);
}

GST_START_TEST(test_the_plugin_has_elements) {
  fail_unless_equals_int(element_names().size(), 6);
}
GST_END_TEST

GST_START_TEST(test_every_element_walks_up_and_down) {
  for (const std::string &name : element_names()) {
    const auto element = make(name);
    walk(element.get(), {GST_STATE_READY, GST_STATE_PAUSED, GST_STATE_PLAYING,
                         GST_STATE_PAUSED, GST_STATE_READY, GST_STATE_NULL,
                         GST_STATE_PLAYING, GST_STATE_NULL});
  }
}
GST_END_TEST

GST_START_TEST(test_every_element_turns_round_at_every_state) {
  for (const std::string &name : element_names()) {
    const auto element = make(name);
    walk(element.get(), {GST_STATE_READY, GST_STATE_NULL, GST_STATE_READY,
                         GST_STATE_PAUSED, GST_STATE_READY, GST_STATE_PAUSED,
                         GST_STATE_PLAYING, GST_STATE_PAUSED, GST_STATE_PLAYING,
                         GST_STATE_READY, GST_STATE_NULL});
  }
}
GST_END_TEST

GST_START_TEST(test_every_element_may_be_dropped_unused) {
  for (const std::string &name : element_names()) {
    const auto element = make(name);
    ASSERT_OBJECT_REFCOUNT(element.get(), name.c_str(), 1);
  }
}
GST_END_TEST

GST_START_TEST(test_every_property_has_a_description) {
  for (const std::string &name : element_names()) {
    const auto element = make(name);
    guint count = 0;
    GParamSpec **properties = g_object_class_list_properties(
        G_OBJECT_GET_CLASS(element.get()), &count);
    for (guint i = 0; i < count; ++i)
      fail_unless(g_param_spec_get_blurb(properties[i]) != nullptr);
    g_free(properties);
  }
}
GST_END_TEST

Suite *states_suite() {
  Suite *suite = suite_create("states");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_the_plugin_has_elements);
  tcase_add_test(cases, test_every_element_walks_up_and_down);
  tcase_add_test(cases, test_every_element_turns_round_at_every_state);
  tcase_add_test(cases, test_every_element_may_be_dropped_unused);
  tcase_add_test(cases, test_every_property_has_a_description);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(states)
