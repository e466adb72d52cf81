#include "support/gst_test.h"

#include <thread>

namespace sam2 {

GstVideoInfo video_info(GstVideoFormat format, int width, int height) {
  GstVideoInfo info;
  gst_video_info_set_format(&info, format, static_cast<guint>(width),
                            static_cast<guint>(height));
  info.fps_n = 25;
  info.fps_d = 1;
  return info;
}

BufferPtr video_buffer(const GstVideoInfo &info, uint8_t value,
                       int frame_index) {
  BufferPtr buffer(
      gst_buffer_new_allocate(nullptr, GST_VIDEO_INFO_SIZE(&info), nullptr));
  gst_buffer_memset(buffer.get(), 0, value, GST_VIDEO_INFO_SIZE(&info));
  GST_BUFFER_PTS(buffer.get()) =
      static_cast<GstClockTime>(frame_index) * 40 * GST_MSECOND;
  GST_BUFFER_DURATION(buffer.get()) = 40 * GST_MSECOND;
  return buffer;
}

HarnessPtr video_harness(const std::string &launch, const GstVideoInfo &info) {
  HarnessPtr harness(gst_harness_new_parse(launch.c_str()));
  gst_harness_set_src_caps(harness.get(), gst_video_info_to_caps(&info));
  return harness;
}

void await_segment(GstHarness *harness) {
  for (bool is_there = false; !is_there; std::this_thread::yield()) {
    const EventPtr event(
        gst_pad_get_sticky_event(harness->sinkpad, GST_EVENT_SEGMENT, 0));
    is_there = event != nullptr;
  }
}

guint64 stat_of(GstElement *element, const char *field) {
  GstStructure *stats = nullptr;
  g_object_get(element, "stats", &stats, nullptr);
  const StructurePtr owner(stats);
  const GValue *value = gst_structure_get_value(stats, field);
  return G_VALUE_HOLDS_UINT64(value) ? g_value_get_uint64(value)
                                     : g_value_get_uint(value);
}

BufferPtr push_and_pull(GstHarness *harness, BufferPtr buffer) {
  return BufferPtr(gst_harness_push_and_pull(harness, buffer.release()));
}

bool passes_on_offer(GstHarness *harness, const GstVideoInfo &info, GType api) {
  const gulong probe = gst_pad_add_probe(
      harness->sinkpad, GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM,
      [](GstPad *, GstPadProbeInfo *probed, gpointer offered) {
        GstQuery *query = GST_PAD_PROBE_INFO_QUERY(probed);
        if (GST_QUERY_TYPE(query) != GST_QUERY_ALLOCATION)
          return GST_PAD_PROBE_OK;
        gst_query_add_allocation_meta(query, GPOINTER_TO_TYPE(offered),
                                      nullptr);
        return GST_PAD_PROBE_HANDLED;
      },
      GTYPE_TO_POINTER(api), nullptr);
  const CapsPtr caps(gst_video_info_to_caps(&info));
  const QueryPtr query(gst_query_new_allocation(caps.get(), TRUE));
  fail_unless(gst_pad_peer_query(harness->srcpad, query.get()));
  gst_pad_remove_probe(harness->sinkpad, probe);
  return gst_query_find_allocation_meta(query.get(), api, nullptr);
}

MessagePtr pop_message(GstBus *bus, GstMessageType type) {
  return MessagePtr(gst_bus_pop_filtered(bus, type));
}

MessagePtr await_message(GstBus *bus, GstMessageType type) {
  return MessagePtr(gst_bus_timed_pop_filtered(bus, GST_CLOCK_TIME_NONE, type));
}

PostedError error_of(GstMessage *message) {
  GError *error = nullptr;
  gchar *debug = nullptr;
  gst_message_parse_error(message, &error, &debug);
  PostedError posted = {g_quark_to_string(error->domain), error->code,
                        error->message, debug ? debug : ""};
  g_error_free(error);
  g_free(debug);
  return posted;
}

std::vector<PostedError> posted_errors(GstBus *bus) {
  std::vector<PostedError> errors;
  while (const MessagePtr message = pop_message(bus, GST_MESSAGE_ERROR))
    errors.push_back(error_of(message.get()));
  return errors;
}

std::vector<PostedError> awaited_errors(GstBus *bus) {
  const MessagePtr first = await_message(bus, GST_MESSAGE_ERROR);
  std::vector<PostedError> errors = posted_errors(bus);
  errors.insert(errors.begin(), error_of(first.get()));
  return errors;
}

std::vector<PostedError> errors_at_start(const std::string &launch) {
  const ElementPtr element(GST_ELEMENT(
      gst_object_ref_sink(gst_parse_launch(launch.c_str(), nullptr))));
  const BusPtr bus(gst_bus_new());
  gst_element_set_bus(element.get(), bus.get());
  gst_element_set_state(element.get(), GST_STATE_PAUSED);
  gst_element_set_state(element.get(), GST_STATE_NULL);
  gst_element_set_bus(element.get(), nullptr);
  return posted_errors(bus.get());
}

void assert_one_error(const std::vector<PostedError> &errors, GQuark domain,
                      int code, const std::string &text, const char *file,
                      int line) {
  if (errors.size() != 1)
    _ck_assert_failed(file, line, "Number of errors", "%zu instead of 1",
                      errors.size());
  const PostedError &error = errors.front();
  if (error.domain != g_quark_to_string(domain) || error.code != code ||
      error.text != text)
    _ck_assert_failed(file, line, "Error",
                      "%s %d \"%s\" instead of %s %d \"%s\"",
                      error.domain.c_str(), error.code, error.text.c_str(),
                      g_quark_to_string(domain), code, text.c_str());
}

ScratchFolder::ScratchFolder() {
  const CharPtr folder(g_dir_make_tmp("gst-sam2-XXXXXX", nullptr));
  folder_ = folder.get();
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string ScratchFolder::copy(const std::string &file,
                                const std::string &name) const {
  const std::filesystem::path target(path(name));
  std::filesystem::create_directories(target.parent_path());
  std::filesystem::copy_file(file, target);
  return target;
}

std::string ScratchFolder::path(const std::string &name) const {
  return folder_ + "/" + name;
}

}  // namespace sam2
