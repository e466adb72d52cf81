// Encoding apart from tracking: batches, other threads, foreign frames.
#include <algorithm>
#include <future>
#include <memory>
#include <thread>

#include "engine/frame_encoder.h"
#include "engine/stream_tracker.h"
#include "tensor_compare.h"
#include "track/micro_clip.h"
// Last: Check's macros get in the way of C++ headers.
#include "refusal.h"
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

using Images = std::vector<std::shared_ptr<const EncodedImage>>;

constexpr int kFrames = 8;

// Hiera's features do not depend on the batch by a bit. RepViT's do: the means
// of squeeze and excitation go through one matrix product for all frames. Seen:
// 4e-5 in features up to 58, scores 4e-7, masks equal.
constexpr Tolerance kBatched = {1e-4, 0};
constexpr float kLogitSlack = 1e-4f;
constexpr double kLeastIou = 0.999;

std::shared_ptr<const FrameEncoder> new_encoder(const char *config,
                                                const char *adjustments) {
  return std::make_shared<const FrameEncoder>(
      generated_model(config_named(config), adjustments));
}

// One of each kind of trunk.
const std::shared_ptr<const FrameEncoder> &encoder_of(int kind) {
  static const std::shared_ptr<const FrameEncoder> encoders[] = {
      new_encoder("sam2.1-micro", "small_adjust.json"),
      new_encoder("edgetam-micro", "edgetam_small_adjust.json"),
      new_encoder("efficienttam-micro", "efficienttam_small_adjust.json")};
  return encoders[kind];
}

const FrameEncoder &micro() { return *encoder_of(0); }

std::vector<ImageView> clip(int first, int count) {
  std::vector<ImageView> frames;
  for (int i = 0; i < count; ++i) frames.push_back(clip_frame(first + i));
  return frames;
}

const EncodedFrame &features(const std::shared_ptr<const EncodedImage> &image) {
  return dynamic_cast<const EncodedImageImpl &>(*image).features();
}

struct BatchCase {
  int kind;
  int batch;
};
constexpr BatchCase kBatches[] = {{0, 1}, {0, 2}, {0, 3}, {0, 8},
                                  {1, 1}, {1, 2}, {1, 3}, {1, 8},
                                  {2, 1}, {2, 2}, {2, 8}};

START_TEST(test_frame_of_a_batch_is_equal_to_it_alone) {
  const BatchCase &each = kBatches[_i];
  const FrameEncoder &encoder = *encoder_of(each.kind);
  const Images batch = encoder.encode(clip(0, each.batch));
  ck_assert_uint_eq(batch.size(), each.batch);
  for (int i = 0; i < each.batch; ++i) {
    const Images alone = encoder.encode(clip(i, 1));
    assert_close(features(batch[i]).pix_feat, features(alone[0]).pix_feat,
                 kBatched);
    if (!features(alone[0]).s0.defined()) continue;
    assert_close(features(batch[i]).s0, features(alone[0]).s0, kBatched);
    assert_close(features(batch[i]).s1, features(alone[0]).s1, kBatched);
  }
}
END_TEST

START_TEST(test_frames_of_a_batch_may_differ_in_size) {
  const ImageView whole = clip_frame(0);
  const ImageView left = {whole.data, 50, 40, whole.stride_bytes};
  const Images images = micro().encode({left, whole});
  ck_assert(images[0]->frame_size() == (SizePx{50, 40}));
  ck_assert(images[1]->frame_size() == (SizePx{kClipWidth, kClipHeight}));
  assert_close(features(images[0]).pix_feat,
               features(micro().encode({left})[0]).pix_feat, kBatched);
}
END_TEST

START_TEST(test_frame_of_a_batch_does_not_hold_the_others) {
  const EncodedFrame batch = features(micro().encode(clip(0, 8))[3]);
  for (const at::Tensor &part : {batch.pix_feat, batch.s0, batch.s1})
    ck_assert_uint_eq(part.storage().nbytes(), part.nbytes());
}
END_TEST

START_TEST(test_every_frame_is_counted_once) {
  const auto encoder = new_encoder("sam2.1-micro", "small_adjust.json");
  ck_assert(encoder->encode({}).empty());
  ck_assert_int_eq(encoder->encoded_frames(), 0);
  encoder->encode(clip(0, 3));
  encoder->encode(clip(0, 1));
  ck_assert_int_eq(encoder->encoded_frames(), 4);
}
END_TEST

START_TEST(test_frame_without_pixels_is_refused) {
  const std::string text =
      " pixels cannot be encoded. Give frames of 1x1 or more.";
  ImageView frame = clip_frame(0);
  frame.height = 0;
  assert_refused(micro().encode({clip_frame(0), frame}), ErrorCode::kFormat,
                 "A frame of 214x0" + text);
  assert_refused(micro().encode({ImageView{}}), ErrorCode::kFormat,
                 "A frame of 0x0" + text);
}
END_TEST

// Tracking

Prompt click(int64_t object_id) {
  constexpr float kPlaces[][2] = {{110, 28}, {211, 84}};
  const auto &[x_px, y_px] = kPlaces[object_id - 1];
  Prompt prompt;
  prompt.object_id = object_id;
  prompt.points = {{x_px, y_px, true}};
  return prompt;
}

void add_prompts(StreamTracker &tracker, int frame) {
  if (frame == 0) tracker.add_prompt(click(1));
  if (frame == 3) tracker.add_prompt(click(2));
}

using Results = std::vector<FrameResult>;

Results track(StreamTracker &tracker, const Images &images) {
  Results results;
  for (size_t i = 0; i < images.size(); ++i) {
    add_prompts(tracker, static_cast<int>(i));
    results.push_back(tracker.track(images[i]));
  }
  return results;
}

// The pictures themselves, one by one.
const Results &results_of_pictures(int kind) {
  static Results results[3];
  if (!results[kind].empty()) return results[kind];
  StreamTrackerImpl tracker(encoder_of(kind), {});
  for (int i = 0; i < kFrames; ++i) {
    add_prompts(tracker, i);
    results[kind].push_back(tracker.track(clip_frame(i)));
  }
  return results[kind];
}

// In frame pixels, whatever the boxes.
double mask_iou(const ObjectResult &a, const ObjectResult &b) {
  std::vector<int> count(kClipWidth * kClipHeight);
  for (const ObjectResult *object : {&a, &b})
    for (int y = 0; y < object->mask.height; ++y)
      for (int x = 0; x < object->mask.width; ++x)
        count[(static_cast<int>(object->box.y) + y) * kClipWidth +
              static_cast<int>(object->box.x) + x] +=
            object->mask.pixels[y * object->mask.width + x] == 255;
  const auto above = [&](int least) {
    return std::count_if(count.begin(), count.end(),
                         [&](int n) { return n > least; });
  };
  return above(0) == 0 ? 1 : static_cast<double>(above(1)) / above(0);
}

void assert_same(const Results &found, const Results &wanted) {
  ck_assert_uint_eq(found.size(), wanted.size());
  for (size_t i = 0; i < wanted.size(); ++i) {
    ck_assert_int_eq(found[i].frame_index, wanted[i].frame_index);
    ck_assert(found[i].frame_size == wanted[i].frame_size);
    ck_assert_uint_eq(found[i].objects.size(), wanted[i].objects.size());
    for (size_t k = 0; k < wanted[i].objects.size(); ++k) {
      const ObjectResult &a = found[i].objects[k], &b = wanted[i].objects[k];
      ck_assert_double_ge(mask_iou(a, b), kLeastIou);
      ck_assert_float_eq_tol(a.predicted_iou, b.predicted_iou, kLogitSlack);
      ck_assert_float_eq_tol(a.object_score, b.object_score, kLogitSlack);
    }
  }
  ck_assert_uint_eq(found.back().objects.size(), 2);
}

Images encoded_in_batches(const FrameEncoder &encoder, int batch) {
  Images images;
  for (int first = 0; first < kFrames; first += batch) {
    const int count = std::min(batch, kFrames - first);
    for (auto &image : encoder.encode(clip(first, count)))
      images.push_back(std::move(image));
  }
  return images;
}

START_TEST(test_tracking_encoded_frames_is_tracking_pictures) {
  const BatchCase &each = kBatches[_i];
  const auto &encoder = encoder_of(each.kind);
  StreamTrackerImpl tracker(encoder, {});
  assert_same(track(tracker, encoded_in_batches(*encoder, each.batch)),
              results_of_pictures(each.kind));
}
END_TEST

START_TEST(test_one_thread_encodes_while_another_tracks) {
  StreamTrackerImpl tracker(encoder_of(0), {});
  std::vector<std::promise<std::shared_ptr<const EncodedImage>>> ahead(kFrames);
  std::thread encoding([&] {
    for (int i = 0; i < kFrames; i += 2) {
      const Images pair = micro().encode(clip(i, 2));
      for (int k = 0; k < 2; ++k) ahead[i + k].set_value(pair[k]);
    }
  });
  Results results;
  for (int i = 0; i < kFrames; ++i) {
    add_prompts(tracker, i);
    results.push_back(tracker.track(ahead[i].get_future().get()));
  }
  encoding.join();
  assert_same(results, results_of_pictures(0));
}
END_TEST

// The last owner of model, tracker and features may be any thread.
START_TEST(test_frame_outlives_its_engine_and_ends_in_any_thread) {
  auto encoder = new_encoder("sam2.1-micro", "small_adjust.json");
  Images images = encoder->encode(clip(0, 2));
  const std::weak_ptr<const Sam2Model> model = encoder->model();
  encoder.reset();
  ck_assert(!model.expired());
  std::thread([&] { images.clear(); }).join();
  ck_assert(model.expired());
}
END_TEST

START_TEST(test_frame_of_another_engine_is_refused) {
  StreamTrackerImpl tracker(encoder_of(0), {});
  const std::string text =
      "; this one is sam2.1-micro at 256 px). Encode it with the engine that "
      "made the tracker.";
  const Images foreign = encoder_of(1)->encode(clip(0, 1));
  assert_refused(tracker.track(foreign[0]), ErrorCode::kSetting,
                 "The frame was encoded by another engine (edgetam-micro at "
                 "256 px" +
                     text);
  const FrameEncoder smaller(
      std::make_shared<const Sam2Model>(micro().model()->network(), 128));
  assert_refused(tracker.track(smaller.encode(clip(0, 1))[0]),
                 ErrorCode::kSetting,
                 "The frame was encoded by another engine (sam2.1-micro at "
                 "128 px" +
                     text);
  assert_refused(tracker.track(std::shared_ptr<const EncodedImage>()),
                 ErrorCode::kSetting,
                 "There is no encoded frame to track. Give one that encode() "
                 "returned.");
  ck_assert_int_eq(tracker.track(clip_frame(0)).frame_index, 0);
}
END_TEST

START_TEST(test_pictures_without_objects_are_not_encoded) {
  const auto encoder = new_encoder("sam2.1-micro", "small_adjust.json");
  StreamTrackerImpl tracker(encoder, {});
  tracker.track(clip_frame(0));
  ck_assert_int_eq(encoder->encoded_frames(), 0);
  tracker.add_prompt(click(1));
  tracker.track(clip_frame(1));
  ck_assert_int_eq(encoder->encoded_frames(), 1);
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("frame_encoder");
  const int batches = static_cast<int>(std::size(kBatches));
  tcase_add_loop_test(tests, test_frame_of_a_batch_is_equal_to_it_alone, 0,
                      batches);
  tcase_add_test(tests, test_frames_of_a_batch_may_differ_in_size);
  tcase_add_test(tests, test_frame_of_a_batch_does_not_hold_the_others);
  tcase_add_test(tests, test_every_frame_is_counted_once);
  tcase_add_test(tests, test_frame_without_pixels_is_refused);
  tcase_add_loop_test(tests, test_tracking_encoded_frames_is_tracking_pictures,
                      0, batches);
  tcase_add_test(tests, test_one_thread_encodes_while_another_tracks);
  tcase_add_test(tests, test_frame_outlives_its_engine_and_ends_in_any_thread);
  tcase_add_test(tests, test_frame_of_another_engine_is_refused);
  tcase_add_test(tests, test_pictures_without_objects_are_not_encoded);
  return run_case("engine", tests);
}
