// A stream with arrivals, corrections, removals and losses, for as long as one
// likes: what the tracker holds stops growing. SAM2_STREAM_FRAMES sets the
// length (1,200 frames; 20,000 take some minutes).
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "gpu/cpu_allocator.h"
#include "model/random_tensor.h"
#include "support/generated_model.h"
#include "track/tracker.h"
// Last: Check's macros get in the way of C++ headers.
#include "support/run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

constexpr int kSide = 64;
constexpr int kWarmUp = 200;  // frames
constexpr int kLastWarmUpClick = 170;
// Which slots prompted frames have left empty is chance.
constexpr double kTolerance = 1.01;
constexpr int kMostObjects = 6;
const std::array<const char *, 3> kPolicies = {"recent", "samurai",
                                               "distractor"};

int stream_frames() {
  const char *text = std::getenv("SAM2_STREAM_FRAMES");
  return text ? std::max(kWarmUp + 1, std::atoi(text)) : 1200;
}

// A stream of four pictures that come again and again in random order.
class Stream {
 public:
  explicit Stream(const char *policy)
      : model_(std::make_shared<Sam2Model>(
            generated_model(config_named("sam2.1-micro"), "small_adjust.json")
                ->network(),
            kSide)),
        tracker_(model_, options(policy)) {
    for (size_t i = 0; i < pictures_.size(); ++i)
      pictures_[i] =
          model_->encode_image(random_tensor({1, 3, kSide, kSide}, i, 2));
  }

  // The warm-up fills everything there is: all objects, prompted more often
  // than conditioning frames are kept, and then long enough without a prompt
  // for the rings, where a prompted frame leaves its slot empty.
  void step(int64_t frame) {
    const EncodedFrame &picture = pictures_[below(pictures_.size())];
    if (frame < kWarmUp) {
      tracker_.track(frame, picture);
      if (frame % 7 == 0 && frame <= kLastWarmUpClick)
        for (int id = 1; id <= kMostObjects; ++id) click(frame, picture, id);
      return;
    }
    if (below(40) == 0) tracker_.remove_object(1 + below(kMostObjects));
    tracker_.track(frame, picture);
    if (below(10) == 0) click(frame, picture, 1 + below(kMostObjects));
  }

  int64_t bank_bytes() const { return tracker_.bank_bytes(); }
  int64_t most_bank_bytes() const {
    return kMostObjects * tracker_.most_bank_bytes();
  }

 private:
  static TrackerOptions options(const char *policy) {
    TrackerOptions options;
    options.memory_policy = policy;
    return options;
  }

  int below(size_t count) { return static_cast<int>(random_() % count); }

  void click(int64_t frame, const EncodedFrame &picture, int64_t id) {
    PromptTensors prompt;
    prompt.points.coords = at::tensor({static_cast<float>(below(kSide)),
                                       static_cast<float>(below(kSide))})
                               .view({1, 1, 2});
    prompt.points.labels = at::tensor({below(2)}, at::kInt).view({1, 1});
    tracker_.prompt(frame, picture, id, prompt);
  }

  std::mt19937_64 random_{7};
  std::shared_ptr<const Sam2Model> model_;
  Tracker tracker_;
  std::array<EncodedFrame, 4> pictures_;
};

START_TEST(test_bytes_held_do_not_grow_after_the_warm_up) {
  install_cpu_allocator();
  Stream stream(kPolicies[_i]);
  int64_t bank_limit = 0;
  size_t used_limit = 0;
  const int frames = stream_frames();
  for (int frame = 0; frame < frames; ++frame) {
    stream.step(frame);
    const int64_t bank = stream.bank_bytes();
    const size_t used = cpu_memory().used_bytes;
    if (frame < kWarmUp) {
      bank_limit = std::max(bank_limit, bank);
      used_limit = std::max(used_limit, used);
      continue;
    }
    ck_assert_int_le(bank, stream.most_bank_bytes());
    ck_assert_msg(bank <= kTolerance * bank_limit,
                  "frame %d: banks hold %ld bytes, not %ld", frame,
                  static_cast<long>(bank), static_cast<long>(bank_limit));
    ck_assert_msg(used <= kTolerance * used_limit,
                  "frame %d: %zu bytes in use, not %zu", frame, used,
                  used_limit);
  }
  std::printf("%s: %d frames, %ld bytes in banks, %zu in use at most\n",
              kPolicies[_i], frames, static_cast<long>(bank_limit), used_limit);
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("endless_stream");
  tcase_add_loop_test(tests, test_bytes_held_do_not_grow_after_the_warm_up, 0,
                      static_cast<int>(kPolicies.size()));
  return run_case("endless_stream", tests);
}
