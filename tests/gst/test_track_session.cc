#include "base/error.h"
#include "engine_library.h"
#include "track_run.h"
#include "track_session.h"

namespace {

// A session on the fake engine and a black 64 x 48 picture.
class Fixture {
 public:
  explicit Fixture(const char *prompts,
                   const sam2::ObjectSettings &settings = {})
      : engine_(sam2::engine_api().open({})),
        session_(engine_, {}, ids_, settings),
        pixels_(64 * 48 * 3, 0) {
    session_.set_prompts(sam2::parse_prompt_text(prompts));
  }

  sam2::TrackSession &session() { return session_; }

  sam2::TrackedFrame track(GstClockTime time_ns) {
    return session_.track(
        engine_->encode({{pixels_.data(), 64, 48, 64 * 3}}).front(),
        {time_ns, time_ns + 1000});
  }

 private:
  std::shared_ptr<const sam2::Engine> engine_;
  sam2::ObjectIds ids_;
  sam2::TrackSession session_;
  std::vector<uint8_t> pixels_;
};

GST_START_TEST(test_without_prompt_there_is_no_work) {
  Fixture fixture("");
  fail_unless(!fixture.session().has_work({0, 0}));
}
GST_END_TEST

GST_START_TEST(test_a_prompt_without_time_is_for_the_first_frame) {
  Fixture fixture("3:box=1,2,10,12");
  fail_unless(fixture.session().has_work({}));
  const auto tracked = fixture.track(0);
  fail_unless_equals_int64(tracked.result.objects.at(0).object_id, 3);
  fail_unless_equals_float(tracked.result.objects.at(0).box.y, 2);
  fail_unless(fixture.session().has_work({}));
}
GST_END_TEST

GST_START_TEST(test_a_timed_prompt_waits_for_its_frame) {
  Fixture fixture("@0.1s 3:box=1,2,10,12");
  fail_unless(!fixture.session().has_work({99 * GST_MSECOND, 0}));
  fail_unless(!fixture.session().has_work({}));
  fail_unless(fixture.session().has_work({100 * GST_MSECOND, 0}));
  fail_unless_equals_int(fixture.track(120 * GST_MSECOND).result.objects.size(),
                         1);
}
GST_END_TEST

GST_START_TEST(test_backwards_a_timed_prompt_waits_for_its_frame_too) {
  Fixture fixture("@0.1s 3:box=1,2,10,12");
  fail_unless(!fixture.session().has_work({101 * GST_MSECOND, 0, 0, true}));
  fail_unless(!fixture.session().has_work({GST_CLOCK_TIME_NONE, 0, 0, true}));
  fail_unless(fixture.session().has_work({100 * GST_MSECOND, 0, 0, true}));
}
GST_END_TEST

GST_START_TEST(test_a_prompt_is_used_once) {
  Fixture fixture("1:box=1,2,10,12");
  fixture.track(0);
  fail_unless_equals_float(fixture.track(40).result.objects.at(0).box.x, 2);
}
GST_END_TEST

GST_START_TEST(test_new_prompts_keep_the_objects) {
  Fixture fixture("1:box=1,2,10,12");
  fixture.track(0);
  fixture.session().set_prompts(sam2::parse_prompt_text("2:points=20,20,+"));
  fail_unless_equals_int(fixture.track(40).result.objects.size(), 2);
}
GST_END_TEST

GST_START_TEST(test_a_reset_takes_the_prompts_up_again) {
  Fixture fixture("1:box=1,2,10,12; @10s 2:points=20,20,+");
  fixture.track(0);
  fixture.track(11 * GST_SECOND);
  fixture.session().reset();
  const auto tracked = fixture.track(40);
  fail_unless_equals_int(tracked.result.objects.size(), 1);
  fail_unless_equals_float(tracked.result.objects[0].box.x, 1);
  fail_unless_equals_uint64(tracked.times[0].first_ns, 1040);
}
GST_END_TEST

GST_START_TEST(test_last_seen_stops_when_the_object_is_lost) {
  Fixture fixture("1:box=62,2,2,12");
  fixture.track(0);
  fixture.track(40);
  const auto tracked = fixture.track(80);
  fail_unless(tracked.result.objects.at(0).is_lost);
  fail_unless_equals_uint64(tracked.times.at(0).first_ns, 1000);
  fail_unless_equals_uint64(tracked.times.at(0).last_ns, 1040);
}
GST_END_TEST

GST_START_TEST(test_a_prompt_outside_the_frame_is_refused) {
  Fixture fixture("1:box=100,100,10,12");
  try {
    fixture.track(0);
    fail("no error");
  } catch (const sam2::Error &error) {
    fail_unless(error.code() == sam2::ErrorCode::kSetting);
  }
}
GST_END_TEST

GST_START_TEST(test_a_mask_file_that_is_missing_is_not_found) {
  Fixture fixture("1:mask=/nowhere/mask.png");
  try {
    fixture.track(0);
    fail("no error");
  } catch (const sam2::Error &error) {
    fail_unless(error.code() == sam2::ErrorCode::kNotFound);
  }
}
GST_END_TEST

GST_START_TEST(test_prompts_that_wait_for_their_frames_are_bounded) {
  std::vector<std::string> refusals;
  sam2::ObjectIds ids;
  sam2::TrackSession session(
      sam2::engine_api().open({}), {}, ids, {},
      [&](const sam2::Error &error) { refusals.push_back(error.what()); });
  const auto prompt = sam2::parse_prompt_text("@9s 1:box=1,2,10,12").at(0);
  for (int i = 0; i < 4096; ++i) session.ask(prompt);
  fail_unless(refusals.empty());
  session.ask(prompt);
  fail_unless_equals_int(refusals.size(), 1);
  fail_unless_equals_string(
      refusals[0].c_str(),
      "4096 prompts wait for their frames already. Ask for this one later, or "
      "clear-prompts.");
  session.clear_prompts();
  session.ask(prompt);
  fail_unless_equals_int(refusals.size(), 1);
}
GST_END_TEST

// A frame with one detection.
void offer(Fixture &fixture, const char *label) {
  sam2::FrameDetections detections;
  detections.found = {{{10, 12, 8, 8}, label, -1, 0.95F, {}}};
  fixture.session().offer(detections, {64, 48});
}

GST_START_TEST(test_a_detection_that_counts_is_work) {
  sam2::ObjectSettings settings;
  settings.lifecycle.object_classes = {"car"};
  Fixture fixture("", settings);
  offer(fixture, "dog");
  fail_unless(!fixture.session().has_work({0, 0}));
  offer(fixture, "car");
  fail_unless(fixture.session().has_work({0, 0}));
  fail_unless_equals_int(fixture.track(0).result.objects.size(), 1);
}
GST_END_TEST

// Whether memory was enough.
bool is_tracked(Fixture &fixture) {
  try {
    fixture.track(0);
    return true;
  } catch (const sam2::Error &error) {
    fail_unless(error.code() == sam2::ErrorCode::kNoMemory);
    return false;
  }
}

GST_START_TEST(test_frame_whose_detection_failed_goes_on_where_it_was) {
  Fixture fixture("1:box=1,2,10,12");
  offer(fixture, "car");
  sam2::fake_gate().set_memory(15, 0);
  fail_unless(!is_tracked(fixture));
  fail_unless(!is_tracked(fixture));
  sam2::fake_gate().set_memory(100, 0);
  const auto tracked = fixture.track(0);
  fail_unless_equals_int(tracked.result.objects.size(), 2);
  // Frames tracked until now.
  fail_unless_equals_float(tracked.result.objects[0].object_score, 1);
}
GST_END_TEST

GST_START_TEST(test_frame_whose_detection_failed_is_not_coasted) {
  Fixture fixture("1:box=1,2,10,12");
  offer(fixture, "car");
  sam2::fake_gate().set_memory(15, 0);
  fail_unless(!is_tracked(fixture));
  const auto tracked = fixture.session().coast({nullptr, 64, 48, 0}, {});
  fail_unless_equals_int(tracked.result.objects.size(), 1);
  fail_unless(!tracked.result.objects[0].is_coasted);
}
GST_END_TEST

GST_START_TEST(test_detections_that_the_mode_ignores_are_no_work) {
  sam2::ObjectSettings settings;
  settings.lifecycle.prompt_mode = sam2::PromptMode::kOnDemand;
  Fixture fixture("", settings);
  offer(fixture, "car");
  fail_unless(!fixture.session().has_work({0, 0}));
}
GST_END_TEST

GST_START_TEST(test_there_is_no_work_after_the_last_object) {
  sam2::ObjectSettings settings;
  settings.lifecycle.max_lost_age = 0;
  Fixture fixture("", settings);
  sam2::FrameDetections detections;
  detections.found = {{{60, 12, 4, 8}, "car", -1, 0.95F, {}}};
  fixture.session().offer(detections, {64, 48});
  for (GstClockTime time_ns = 0; time_ns <= 5; ++time_ns) {
    fail_unless(fixture.session().has_work({time_ns, time_ns}));
    fixture.track(time_ns);
    fixture.session().offer({}, {64, 48});
  }
  fail_unless(!fixture.session().has_work({6, 6}));
}
GST_END_TEST

Suite *track_session_suite() {
  Suite *suite = suite_create("track_session");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_without_prompt_there_is_no_work);
  tcase_add_test(cases, test_a_prompt_without_time_is_for_the_first_frame);
  tcase_add_test(cases, test_a_timed_prompt_waits_for_its_frame);
  tcase_add_test(cases, test_backwards_a_timed_prompt_waits_for_its_frame_too);
  tcase_add_test(cases, test_a_prompt_is_used_once);
  tcase_add_test(cases, test_new_prompts_keep_the_objects);
  tcase_add_test(cases, test_a_reset_takes_the_prompts_up_again);
  tcase_add_test(cases, test_last_seen_stops_when_the_object_is_lost);
  tcase_add_test(cases, test_a_prompt_outside_the_frame_is_refused);
  tcase_add_test(cases, test_a_mask_file_that_is_missing_is_not_found);
  tcase_add_test(cases, test_prompts_that_wait_for_their_frames_are_bounded);
  tcase_add_test(cases, test_a_detection_that_counts_is_work);
  tcase_add_test(cases, test_frame_whose_detection_failed_goes_on_where_it_was);
  tcase_add_test(cases, test_frame_whose_detection_failed_is_not_coasted);
  tcase_add_test(cases, test_detections_that_the_mode_ignores_are_no_work);
  tcase_add_test(cases, test_there_is_no_work_after_the_last_object);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(track_session)
