// Whether a soak notices what grows, told with made-up samples.
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "soak_ledger.h"
// Last: Check's macros get in the way of C++ headers.
#include "support/run_tests.h"

namespace {

using sam2::SoakSample;

constexpr int kSamples = 400;

// Every tenth is at rest; `change` gets each, with its place.
std::vector<SoakSample> samples_with(
    const std::function<void(int, SoakSample &)> &change) {
  std::vector<SoakSample> samples;
  for (int i = 0; i < kSamples; ++i) {
    SoakSample sample;
    sample.frame = 100 * i;
    sample.at_rest = i % 10 == 9;
    // Before that, libraries fill their caches.
    sample.resident =
        200000000 + (i < 40 ? -3000000 * (40 - i) : 70000 * (i % 5));
    sample.heap = sample.resident / 2;
    sample.in_use = 3000000 + (sample.at_rest ? 0 : 5000 * (i % 7));
    sample.banks = sample.at_rest ? 0 : 5000 * (i % 7);
    sample.objects = sample.at_rest ? 0 : i % 7;
    sample.descriptors = 9;
    sample.threads = sample.at_rest ? 7 : 7 + i % 2;
    change(i, sample);
    samples.push_back(sample);
  }
  return samples;
}

std::vector<std::string> faults_with(
    const std::function<void(int, SoakSample &)> &change,
    bool counts_memory = true) {
  return sam2::judge(samples_with(change), counts_memory).faults;
}

void assert_fault(const std::vector<std::string> &faults,
                  const std::string &text) {
  ck_assert_int_eq(faults.size(), 1);
  ck_assert_str_eq(faults[0].c_str(), text.c_str());
}

START_TEST(test_what_comes_and_goes_is_no_growth) {
  ck_assert(faults_with([](int, SoakSample &) {}).empty());
}
END_TEST

START_TEST(test_a_byte_of_a_tensor_at_rest_is_found) {
  assert_fault(
      faults_with([](int i, SoakSample &sample) { sample.in_use += i > 300; }),
      "There are more tensor bytes at rest at the end than after the warm-up: "
      "3000001, not 3000000.");
}
END_TEST

START_TEST(test_a_descriptor_and_a_thread_more_are_found) {
  const auto faults = faults_with([](int i, SoakSample &sample) {
    sample.descriptors += i > 300;
    sample.threads += i > 300;
  });
  ck_assert_int_eq(faults.size(), 2);
}
END_TEST

// 1,200 bytes a frame, 30 MB from the first tenth to the last.
START_TEST(test_a_process_that_grows_slowly_is_found) {
  const auto grow = [](int i, SoakSample &sample) {
    sample.resident += 120000 * i;
  };
  ck_assert_int_eq(faults_with(grow).size(), 1);
  ck_assert(faults_with(grow, false).empty());
}
END_TEST

START_TEST(test_a_step_of_a_cache_is_no_growth) {
  ck_assert(faults_with([](int i, SoakSample &sample) {
              if (i > 250) sample.resident += 15000000;
            }).empty());
}
END_TEST

START_TEST(test_one_sample_at_an_unlucky_moment_is_no_growth) {
  ck_assert(faults_with([](int i, SoakSample &sample) {
              if (i == kSamples - 1) sample.resident *= 2;
            }).empty());
}
END_TEST

START_TEST(test_too_few_samples_are_a_fault) {
  auto samples = samples_with([](int, SoakSample &) {});
  samples.resize(130);
  const auto faults = sam2::judge(samples, true).faults;
  ck_assert_int_eq(faults.size(), 5);
  ck_assert_str_eq(faults[0].c_str(),
                   "There are too few samples of heap bytes at rest: 2. Let it "
                   "run for more frames.");
}
END_TEST

START_TEST(test_samples_come_back_from_a_file_but_for_half_a_line) {
  const std::string path = std::string(TEST_OUTPUT_FOLDER) + "/samples.csv";
  const auto samples = samples_with([](int, SoakSample &) {});
  {
    std::ofstream file(path);
    file << sam2::csv_header() << "\n";
    for (const SoakSample &sample : samples)
      file << sam2::csv_row(sample) << "\n";
    file << "40000,12";
  }
  const auto read = sam2::read_soak_csv(path);
  ck_assert_int_eq(read.size(), samples.size());
  for (size_t i = 0; i < read.size(); ++i) {
    const std::string found = sam2::csv_row(read[i]);
    const std::string written = sam2::csv_row(samples[i]);
    ck_assert_str_eq(found.c_str(), written.c_str());
  }
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("soak_ledger");
  tcase_add_test(tests, test_what_comes_and_goes_is_no_growth);
  tcase_add_test(tests, test_a_byte_of_a_tensor_at_rest_is_found);
  tcase_add_test(tests, test_a_descriptor_and_a_thread_more_are_found);
  tcase_add_test(tests, test_a_process_that_grows_slowly_is_found);
  tcase_add_test(tests, test_a_step_of_a_cache_is_no_growth);
  tcase_add_test(tests, test_one_sample_at_an_unlucky_moment_is_no_growth);
  tcase_add_test(tests, test_too_few_samples_are_a_fault);
  tcase_add_test(tests, test_samples_come_back_from_a_file_but_for_half_a_line);
  return sam2::test::run_case("soak_ledger", tests);
}
