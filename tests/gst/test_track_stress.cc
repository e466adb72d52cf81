// sam2track under operations at random from several threads at once.
//
// The order of operations follows from a seed; what the threads make of it
// does not. SAM2_STRESS_SEED chooses one seed instead of kSeeds,
// SAM2_STRESS_OPERATIONS how many operations there are.
#include <cinttypes>
#include <cstdlib>
#include <future>
#include <random>

#include "stress_bench.h"
#include "support/process_counts.h"
#include "track_run.h"

namespace {

constexpr uint32_t kSeeds[] = {1, 2, 3, 4, 5, 6};
constexpr int kOperations = 500;
// Now and then everything is put right, and the flow has to go on.
constexpr int kBetweenRests = 20;
// All inside the smallest frame.
constexpr const char *kPrompts[] = {
    "", "1:box=2,3,9,5", "2:points=5,5,+; 1:box=3,3,5,5", "@0.2s 4:box=1,1,4,4",
    "3:points=50%,50%,+"};

class Storm {
 public:
  explicit Storm(uint32_t seed, const std::string &properties = "")
      : random_(seed),
        element_(make(pick(3), pick(4), properties)),
        source_(gst_element_get_static_pad(element_.get(), "src")),
        downstream_(source_.get(), faults_),
        watch_(element_.get(), downstream_, faults_),
        upstream_(element_.get(), downstream_, faults_) {}
  ~Storm() {
    gate_.open();
    gst_element_set_state(element_.get(), GST_STATE_NULL);
  }

  void run(int operations) {
    for (int i = 1; i <= operations; ++i) {
      operate();
      if (i % kBetweenRests == 0) rest();
    }
    rest();
  }
  std::string faults() const { return faults_.text(); }
  int64_t frames_in() const { return upstream_.frames(); }
  int64_t frames_out() const { return downstream_.frames(); }

 private:
  static sam2::ElementPtr make(int policy, int buffers,
                               const std::string &properties) {
    const std::string launch =
        "sam2track model-file=gate.pt prompt=\"1:box=10,12,6,5\" "
        "frame-buffer-size=" +
        std::to_string(buffers + 1) + " drop-policy=" +
        (policy == 0   ? "none"
         : policy == 1 ? "oldest"
                       : "auto batch-size=3 batch-timeout=1000") +
        " " + properties;
    return sam2::ElementPtr(GST_ELEMENT(
        gst_object_ref_sink(gst_parse_launch(launch.c_str(), nullptr))));
  }
  int pick(int count) { return static_cast<int>(random_() % count); }

  void operate() {
    const int kind = pick(40);
    sam2::Lane &lane = pick(2) ? stream_ : other_stream_;
    if (kind < 16)
      lane.post([this] { upstream_.push(); });
    else if (kind < 24)
      operate_stream(lane, kind - 16);
    else if (kind < 32)
      operate_downstream(kind - 24);
    else
      operate_application(kind - 32);
  }
  void operate_stream(sam2::Lane &lane, int kind) {
    static constexpr struct {
      GstVideoFormat format;
      int width, height;
    } kCaps[] = {{GST_VIDEO_FORMAT_RGB, 64, 48},
                 {GST_VIDEO_FORMAT_GRAY8, 32, 24},
                 {GST_VIDEO_FORMAT_I420, 80, 40},
                 {GST_VIDEO_FORMAT_BGRA, 64, 48}};
    const auto &caps = kCaps[pick(4)];
    const GstClockTime time_ns = pick(4) * GST_SECOND;
    const sam2::Lane::Job jobs[] = {
        [this] { upstream_.flush(); },
        [this] { upstream_.flush(); },
        [this, &caps] {
          upstream_.change_caps(caps.format, caps.width, caps.height);
        },
        [this, time_ns] { upstream_.send_segment(time_ns); },
        [this, time_ns] {
          upstream_.send(gst_event_new_gap(time_ns, GST_MSECOND));
        },
        [this] { upstream_.end_and_begin_again(); },
        [this] { upstream_.ask_allocation(); },
        [this] { upstream_.send(prompt_event()); }};
    (kind < 2 ? flush_ : lane).post(jobs[kind]);
  }
  void operate_downstream(int kind) {
    static constexpr GstFlowReturn kAnswers[] = {
        GST_FLOW_EOS, GST_FLOW_ERROR, GST_FLOW_NOT_LINKED, GST_FLOW_FLUSHING};
    const GstFlowReturn answer = kAnswers[pick(4)];
    const GstClockTimeDiff jitter_ns = (pick(5) - 2) * 20 * GST_MSECOND;
    const sam2::Lane::Job jobs[] = {
        [this] { downstream_.unlink(); },
        [this] { downstream_.link(); },
        [this] { downstream_.block(); },
        [this] { downstream_.unblock(); },
        [this, answer] { downstream_.answer(answer); },
        [this] { downstream_.answer(GST_FLOW_OK); },
        [this, jitter_ns] { downstream_.complain(jitter_ns); },
        [this] { downstream_.ask_latency(); }};
    downstream_lane_.post(jobs[kind]);
  }
  void operate_application(int kind) {
    static constexpr GstState kLower[] = {GST_STATE_READY, GST_STATE_NULL};
    const GstState state = kLower[pick(2)];
    switch (kind) {
      case 0:
        return control_.post([this, state] { upstream_.restart(state); });
      case 1:
        return control_.post([this] {
          upstream_.set_state(GST_STATE_PAUSED);
          upstream_.set_state(GST_STATE_PLAYING);
        });
      case 2:
        return gate_.close();
      case 3:
        return gate_.open();
      case 4:
        return g_object_set(element_.get(), "prompt", kPrompts[pick(5)],
                            nullptr);
      case 5:
        return read_stats();
      case 6:
        return add_points();
      default:
        return forget_something(pick(3));
    }
  }

  static GstEvent *prompt_event() {
    return gst_event_new_custom(
        GST_EVENT_CUSTOM_DOWNSTREAM,
        gst_structure_new("sam2-prompt", "text", G_TYPE_STRING, "7:box=4,4,6,6",
                          nullptr));
  }
  void read_stats() {
    GstStructure *stats = nullptr;
    g_object_get(element_.get(), "stats", &stats, nullptr);
    gst_structure_free(stats);
  }
  void add_points() {
    gint64 id = 0;
    g_signal_emit_by_name(element_.get(), "add-points", gint64{-1}, "8,8,+",
                          "storm", GST_CLOCK_TIME_NONE, &id);
  }
  void forget_something(int kind) {
    gboolean is_done = FALSE;
    if (kind == 0)
      g_signal_emit_by_name(element_.get(), "remove-object", gint64{1},
                            &is_done);
    else
      g_signal_emit_by_name(element_.get(),
                            kind == 1 ? "clear-prompts" : "reset", &is_done);
  }

  // Everybody ends what they do, and then a frame comes through.
  void rest() {
    gate_.open();
    downstream_lane_.post([this] {
      downstream_.answer(GST_FLOW_OK);
      downstream_.link();
      downstream_.unblock();
    });
    for (sam2::Lane *lane :
         {&downstream_lane_, &control_, &flush_, &stream_, &other_stream_})
      lane->await_idle();
    upstream_.flush();
    downstream_.await(upstream_.push());
  }

  std::mt19937 random_;
  sam2::Faults faults_;
  const sam2::FakeEngineGate &gate_ = sam2::fake_gate();
  sam2::ElementPtr element_;
  sam2::PadPtr source_;
  sam2::Downstream downstream_;
  sam2::BusWatch watch_;
  sam2::Upstream upstream_;
  sam2::Lane downstream_lane_, control_, flush_, stream_, other_stream_;
};

uint64_t number_from_environment(const char *name, uint64_t otherwise) {
  const char *text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

void weather(uint32_t seed, int operations) {
  const int64_t threads = sam2::thread_count();
  const int64_t descriptors = sam2::descriptor_count();
  g_print("seed %u: ", seed);
  {
    Storm storm(seed);
    storm.run(operations);
    g_print("%" PRId64 " frames in, %" PRId64 " out\n", storm.frames_in(),
            storm.frames_out());
    fail_unless(storm.faults().empty(), "Seed %u: %s", seed,
                storm.faults().c_str());
  }
  sam2::await_threads(threads);
  fail_unless_equals_int64(sam2::descriptor_count(), descriptors);
  fail_unless_equals_int64(sam2::Upstream::alive(), 0);
}

GST_START_TEST(test_no_disorder_of_threads_disturbs_the_flow_for_good) {
  const auto operations = static_cast<int>(
      number_from_environment("SAM2_STRESS_OPERATIONS", kOperations));
  // Threads and files that stay for good are there then; ThreadSanitizer has
  // one of its own from the first thread on.
  std::thread([] {}).join();
  weather(0, 1);
  const auto seed =
      static_cast<uint32_t>(number_from_environment("SAM2_STRESS_SEED", 0));
  if (seed != 0) return weather(seed, operations);
  for (const uint32_t each : kSeeds) weather(each, operations);
}
GST_END_TEST

// What one does, the others have to bear. They close the gate for each other.
GST_START_TEST(test_elements_that_encode_together_do_not_hold_each_other_up) {
  std::vector<std::future<std::string>> storms;
  for (const uint32_t seed : {1, 2, 3})
    storms.push_back(std::async(std::launch::async, [seed] {
      Storm storm(seed, "model-instance-id=storm batch-timeout=3000000");
      storm.run(kOperations);
      return storm.faults();
    }));
  for (auto &storm : storms) {
    const std::string faults = storm.get();
    fail_unless(faults.empty(), "%s", faults.c_str());
  }
  fail_unless_equals_int64(sam2::Upstream::alive(), 0);
}
GST_END_TEST

Suite *track_stress_suite() {
  Suite *suite = suite_create("track_stress");
  TCase *cases = tcase_create("all");
  tcase_set_timeout(cases, 120);
  tcase_add_test(cases, test_no_disorder_of_threads_disturbs_the_flow_for_good);
  tcase_add_test(cases,
                 test_elements_that_encode_together_do_not_hold_each_other_up);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(track_stress)
