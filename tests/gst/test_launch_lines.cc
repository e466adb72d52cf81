// Runs the launch lines of the elements' documentation.
#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>

#include "support/gst_test.h"

namespace {

std::string contents(const std::filesystem::path &file) {
  std::ifstream stream(file);
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

// `text` between `begin` and `end`, all occurrences.
std::vector<std::string> pieces_between(const std::string &text,
                                        const std::string &begin,
                                        const std::string &end) {
  std::vector<std::string> pieces;
  size_t at = text.find(begin);
  while (at != std::string::npos) {
    const size_t from = at + begin.size();
    const size_t to = text.find(end, from);
    pieces.push_back(text.substr(from, to - from));
    at = text.find(begin, from);
  }
  return pieces;
}

std::string joined(std::string line) {
  const std::string continuation = "\\\n *";
  for (size_t at; (at = line.find(continuation)) != std::string::npos;)
    line.erase(at, continuation.size());
  return line;
}

// Not everywhere built, and without a network to run; there with a GPU only.
constexpr const char *kForeignElements[] = {"onnxinference", "nvh264dec"};

bool is_foreign(const std::string &line) {
  return std::any_of(std::begin(kForeignElements), std::end(kForeignElements),
                     [&](const char *element) {
                       return line.find(element) != std::string::npos;
                     });
}

// All launch lines in the sources of the plugin that can run here.
std::vector<std::string> documented_lines() {
  std::vector<std::string> lines;
  const std::filesystem::directory_iterator folder(
      g_getenv("SAM2_PLUGIN_SOURCES"));
  for (const auto &entry : folder)
    for (const auto &piece : pieces_between(contents(entry.path()),
                                            " * gst-launch-1.0 ", "\n * ]|"))
      if (!is_foreign(piece)) lines.push_back(joined(piece));
  return lines;
}

// Without display, input file and foreign folders.
std::string runnable(const std::string &line, const std::string &folder) {
  const std::pair<const char *, std::string> replacements[] = {
      {"autovideosink", "fakesink"},
      {"filesrc location=in.mp4 ! decodebin",
       "videotestsrc num-buffers=3 ! video/x-raw,width=640,height=480"},
      {"filesink location=", "filesink location=" + folder + "/"},
      {"sam2jsondec location=", "sam2jsondec location=" + folder + "/"},
  };
  std::string result = line;
  for (const auto &[from, to] : replacements) {
    const size_t at = result.find(from);
    if (at != std::string::npos) result.replace(at, strlen(from), to);
  }
  return result;
}

GST_START_TEST(test_every_documented_line_runs_to_its_end) {
  const sam2::ScratchFolder folder;
  std::ofstream(folder.path("objects.ndjson"))
      << R"({"frame":0,"pts":0,"width":320,"height":240,"objects":[]})" << '\n';
  const auto lines = documented_lines();
  for (const char *element : {"sam2track", "sam2overlay", "sam2mask",
                              "sam2matte", "sam2jsonenc", "sam2jsondec"})
    fail_unless(std::any_of(lines.begin(), lines.end(),
                            [&](const std::string &line) {
                              return line.find(element) != std::string::npos;
                            }),
                "No line shows %s.", element);
  for (const std::string &line : lines) {
    const std::string launch = runnable(line, folder.path(""));
    GstElement *parsed = gst_parse_launch(launch.c_str(), nullptr);
    fail_unless(parsed != nullptr, "%s", launch.c_str());
    const sam2::ElementPtr pipeline(GST_ELEMENT(gst_object_ref_sink(parsed)));
    gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
    const sam2::BusPtr bus(gst_element_get_bus(pipeline.get()));
    const sam2::MessagePtr message(gst_bus_timed_pop_filtered(
        bus.get(), GST_CLOCK_TIME_NONE,
        static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR)));
    fail_unless(GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_EOS, "%s",
                launch.c_str());
    gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  }
}
GST_END_TEST

Suite *launch_lines_suite() {
  Suite *suite = suite_create("launch_lines");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_every_documented_line_runs_to_its_end);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(launch_lines)
