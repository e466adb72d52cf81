// The assembled model: input sizes, threads, and the rules for choosing masks.
#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <c10/core/InferenceMode.h>

#include <thread>

#include "model/random_tensor.h"
#include "tensor_compare.h"
#include "track/micro_clip.h"
// Last: Check's macros get in the way of C++ headers.
#include "refusal.h"
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

PointInput clicks(const std::vector<float> &coords) {
  const auto count = static_cast<int64_t>(coords.size()) / 2;
  return {at::tensor(coords).view({1, count, 2}),
          at::full({1, count}, int{kPositive}, at::kInt)};
}

PointInput click() { return clicks({132, 60}); }

EncodedFrame encode(const Sam2Model &model, int64_t frame) {
  return model.encode_image(
      frame_tensor(clip_frame(frame), model.input_size_px()));
}

// Prompts frame 0, remembers it and tracks it into frame 1.
struct TwoFrames {
  MaskOutput first;
  at::Tensor memory;
  MaskOutput second;
};

TwoFrames two_frames(const Sam2Model &model) {
  const c10::InferenceMode guard;
  TwoFrames out;
  const EncodedFrame frame0 = encode(model, 0);
  out.first =
      model.decode(frame0, model.without_memory(frame0), click(), {}, true);
  out.memory = model.encode_memory(frame0, out.first.low_res_masks,
                                   out.first.object_score, true);
  const EncodedFrame frame1 = encode(model, 1);
  const at::Tensor pointers =
      model.pointer_tokens(out.first.obj_ptr.unsqueeze(1));
  const at::Tensor features = model.with_memory(
      frame1, at::cat({out.memory, pointers}, 1),
      at::cat({model.memory_positions()[6].unsqueeze(0),
               model.pointer_positions(at::tensor({1 / 15.0f}))},
              1),
      pointers.size(1));
  out.second = model.decode(frame1, features, {}, {}, true);
  return out;
}

bool is_finite(const at::Tensor &tensor) {
  return at::isfinite(tensor).all().item<bool>();
}

// micro_model() with another size.
Sam2Model resized(int64_t input_size_px) {
  return Sam2Model(micro_model()->network(), input_size_px);
}

constexpr int64_t kSizes[] = {64, 96, 128, 320, 512};

START_TEST(test_other_input_sizes_than_the_models_own_work) {
  const int64_t size = kSizes[_i];
  const Sam2Model model = resized(size);
  ck_assert_int_eq(model.input_size_px(), size);
  ck_assert_int_eq(model.tokens(), size / 16 * (size / 16));
  const TwoFrames out = two_frames(model);
  for (const MaskOutput *masks : {&out.first, &out.second}) {
    ck_assert(masks->low_res_masks.sizes() ==
              at::IntArrayRef({1, 1, size / 4, size / 4}));
    ck_assert(is_finite(masks->low_res_masks));
    ck_assert(is_finite(masks->obj_ptr));
  }
  ck_assert(out.memory.sizes() == at::IntArrayRef({1, model.tokens(), 8}));
  ck_assert(is_finite(out.memory));
}
END_TEST

START_TEST(test_size_0_is_the_models_own) {
  ck_assert_int_eq(resized(0).input_size_px(), 256);
  ck_assert(at::equal(two_frames(resized(0)).second.low_res_masks,
                      two_frames(resized(256)).second.low_res_masks));
}
END_TEST

START_TEST(test_input_size_that_cannot_work_is_refused) {
  for (int64_t size : {-256, 1, 32, 100, 250, 1000, 2080, 1 << 30})
    assert_refused(resized(size), ErrorCode::kSetting,
                   "The input size " + std::to_string(size) +
                       " cannot be used. Set input-size to 0 (the model's own) "
                       "or to a multiple of 32 from 64 to 2048.");
}
END_TEST

const Sam2Network &edgetam_network() {
  static const auto model = generated_model(config_named("edgetam-micro"),
                                            "edgetam_small_adjust.json");
  return model->network();
}

START_TEST(test_memory_behind_a_perceiver_has_one_size_for_all_inputs) {
  for (int64_t size : {64, 128, 320}) {
    const Sam2Model model(edgetam_network(), size);
    ck_assert_int_eq(model.memory_tokens(), 32);
    const TwoFrames out = two_frames(model);
    ck_assert(out.memory.sizes() == at::IntArrayRef({1, 32, 8}));
    ck_assert(model.memory_positions().sizes() == at::IntArrayRef({7, 32, 8}));
    ck_assert(out.second.low_res_masks.sizes() ==
              at::IntArrayRef({1, 1, size / 4, size / 4}));
    ck_assert(is_finite(out.second.low_res_masks));
  }
}
END_TEST

START_TEST(test_input_size_that_cuts_a_perceivers_windows_is_refused) {
  for (int64_t size : {32, 96, 160, 1000, 2080})
    assert_refused(Sam2Model(edgetam_network(), size), ErrorCode::kSetting,
                   "The input size " + std::to_string(size) +
                       " cannot be used. Set input-size to 0 (the model's own) "
                       "or to a multiple of 64 from 64 to 2048.");
}
END_TEST

START_TEST(test_two_threads_get_what_one_gets) {
  const Sam2Model &model = *micro_model();
  const TwoFrames wanted = two_frames(model);
  constexpr int kThreads = 2;
  constexpr int kRounds = 10;
  std::vector<TwoFrames> found(kThreads * kRounds);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < kRounds; ++i)
        found[t * kRounds + i] = two_frames(model);
    });
  for (std::thread &thread : threads) thread.join();
  for (const TwoFrames &out : found) {
    ck_assert(at::equal(out.first.low_res_masks, wanted.first.low_res_masks));
    ck_assert(at::equal(out.memory, wanted.memory));
    ck_assert(at::equal(out.second.low_res_masks, wanted.second.low_res_masks));
    ck_assert(at::equal(out.second.obj_ptr, wanted.second.obj_ptr));
  }
}
END_TEST

START_TEST(test_parameters_are_counted) {
  int64_t count = 0;
  for (const TensorSpec &spec : expected_tensors(micro_model()->config()))
    count += at::zeros({1}).expand(spec.shape).numel();
  ck_assert_int_eq(micro_model()->parameter_count(), count);
}
END_TEST

START_TEST(test_at_most_one_click_gets_three_candidates) {
  ck_assert(Sam2Model::wants_multimask(0));
  ck_assert(Sam2Model::wants_multimask(1));
  ck_assert(!Sam2Model::wants_multimask(2));
  ck_assert(!Sam2Model::wants_multimask(3));
}
END_TEST

START_TEST(test_best_of_three_candidates_is_chosen) {
  const MaskOutput out = two_frames(*micro_model()).first;
  ck_assert_int_eq(out.ious.size(1), 3);
  ck_assert_int_eq(out.candidates.size(1), 3);
  const int64_t best = out.ious.argmax(1).item<int64_t>();
  ck_assert(at::equal(out.chosen_iou, out.ious.slice(1, best, best + 1)));
  ck_assert(
      at::equal(out.low_res_masks, out.candidates.slice(1, best, best + 1)));
  ck_assert(at::equal(out.ious, out.all_ious.slice(1, 1)));
}
END_TEST

// The answer of a model that demands `stability` of the single mask.
MaskOutput single_mask(double stability, bool has_fallback) {
  const c10::InferenceMode guard;
  Sam2Network network = micro_model()->network();
  network.config.stability_threshold = stability;
  network.config.dynamic_multimask_via_stability = has_fallback;
  const Sam2Model model(network, 0);
  const EncodedFrame frame = encode(model, 0);
  return model.decode(frame, model.without_memory(frame),
                      clicks({252, 180, 228, 180}), {}, false);
}

START_TEST(test_unstable_single_mask_gives_way_to_the_best_of_three) {
  const MaskOutput stable = single_mask(-1, true);
  const MaskOutput unstable = single_mask(2, true);
  ck_assert(at::equal(stable.chosen_iou, stable.all_ious.slice(1, 0, 1)));
  const int64_t best =
      1 + unstable.all_ious.slice(1, 1).argmax(1).item<int64_t>();
  ck_assert(at::equal(unstable.chosen_iou,
                      unstable.all_ious.slice(1, best, best + 1)));
  ck_assert(!at::equal(stable.low_res_masks, unstable.low_res_masks));
  // The pointer is made from the single mask's token either way.
  ck_assert(at::equal(stable.obj_ptr, unstable.obj_ptr));
}
END_TEST

START_TEST(test_single_mask_stays_where_the_config_has_no_fallback) {
  const MaskOutput out = single_mask(2, false);
  ck_assert(at::equal(out.chosen_iou, out.all_ious.slice(1, 0, 1)));
}
END_TEST

// micro_model() whose every object score is `score`.
Sam2Model with_object_score(double score) {
  Sam2Network network = micro_model()->network();
  Linear &last = network.mask_decoder.object_score_head.layers.back();
  last.weight = at::zeros(last.weight.sizes());
  last.bias = at::full(last.bias.sizes(), score);
  return Sam2Model(network, 0);
}

START_TEST(test_absent_object_has_no_mask_and_the_pointer_for_absence) {
  for (double score : {-0.5, 0.0}) {
    const Sam2Model model = with_object_score(score);
    const MaskOutput out = two_frames(model).first;
    ck_assert_float_eq(out.low_res_masks.max().item<float>(), -1024);
    ck_assert_float_eq(out.low_res_masks.min().item<float>(), -1024);
    ck_assert(at::equal(out.obj_ptr, model.network().no_obj_ptr));
  }
  const MaskOutput present = two_frames(with_object_score(0.5)).first;
  ck_assert_float_gt(present.low_res_masks.max().item<float>(), -1024);
  ck_assert(!at::equal(present.obj_ptr, micro_model()->network().no_obj_ptr));
}
END_TEST

// Absent if the mask is empty, whatever the decoder says, and if the decoder
// says so, whatever the mask is.
START_TEST(test_empty_mask_has_the_pointer_for_absence) {
  const c10::InferenceMode guard;
  const auto pointer = [](double decoder_score, float pixel) {
    const Sam2Model model = with_object_score(decoder_score);
    return model.use_mask(encode(model, 0), at::full({1, 1, 256, 256}, pixel))
        .obj_ptr;
  };
  const at::Tensor &absence = micro_model()->network().no_obj_ptr;
  ck_assert(at::equal(pointer(0.5, 0), absence));
  ck_assert(at::equal(pointer(-0.5, 1), absence));
  ck_assert(!at::equal(pointer(0.5, 1), absence));
}
END_TEST

START_TEST(test_memory_of_an_absent_object_is_marked_in_21_alone) {
  const c10::InferenceMode guard;
  const Sam2Model &model = *micro_model();
  const EncodedFrame frame = encode(model, 0);
  const at::Tensor masks = random_tensor({1, 1, 64, 64}, 5, 4);
  const auto memory = [&](const Sam2Model &of, float score) {
    return of.encode_memory(frame, masks, at::full({1, 1}, score), false);
  };
  const at::Tensor mark = memory(model, -1) - memory(model, 1);
  assert_close(mark, model.network().no_obj_embed_spatial.expand(mark.sizes()),
               (Tolerance{1e-5, 0}));
  Sam2Network older = model.network();
  older.config.has_no_obj_embed_spatial = false;
  const Sam2Model sam20(older, 0);
  assert_close(memory(sam20, -1), memory(sam20, 1), kExact);
}
END_TEST

START_TEST(test_mask_of_a_prompted_frame_enters_memory_without_shades) {
  const c10::InferenceMode guard;
  const Sam2Model &model = *micro_model();
  const EncodedFrame frame = encode(model, 0);
  const at::Tensor score = at::full({1, 1}, 1.0);
  const at::Tensor masks = random_tensor({1, 1, 64, 64}, 5, 4);
  const auto memory = [&](const at::Tensor &logits, bool is_prompted) {
    return model.encode_memory(frame, logits, score, is_prompted);
  };
  assert_close(memory(masks * 3, true), memory(masks, true), kExact);
  ck_assert(!at::equal(memory(masks * 3, false), memory(masks, false)));
}
END_TEST

START_TEST(test_objects_of_a_batch_do_not_influence_each_other) {
  const c10::InferenceMode guard;
  const Sam2Model &model = *micro_model();
  const EncodedFrame frame = encode(model, 0);
  const at::Tensor memory = random_tensor({2, model.tokens() + 4, 8}, 3);
  const at::Tensor positions =
      random_tensor({1, model.tokens() + 4, 8}, 4).expand(memory.sizes());
  const at::Tensor together = model.with_memory(frame, memory, positions, 4);
  for (int64_t b = 0; b < 2; ++b) {
    const at::Tensor alone = model.with_memory(frame, memory.slice(0, b, b + 1),
                                               positions.slice(0, b, b + 1), 4);
    assert_close(together.slice(0, b, b + 1), alone, kAttention);
  }
}
END_TEST

START_TEST(test_pointers_have_times_in_21_alone) {
  const c10::InferenceMode guard;
  const at::Tensor times = at::tensor({0.0f, 0.5f});
  const at::Tensor found = micro_model()->pointer_positions(times);
  ck_assert(found.sizes() == at::IntArrayRef({1, 8, 8}));
  // Four tokens to a pointer, all of one time.
  for (int64_t token = 1; token < 4; ++token)
    ck_assert(at::equal(found[0][token], found[0][0]));
  ck_assert(!at::equal(found[0][4], found[0][0]));
  Sam2Network older = micro_model()->network();
  older.config.has_obj_ptr_times = false;
  const at::Tensor none = Sam2Model(older, 0).pointer_positions(times);
  assert_close(none, at::zeros({1, 8, 8}), kExact);
}
END_TEST

TCase *model_tests() {
  TCase *tests = tcase_create("sam2_model");
  tcase_add_loop_test(tests, test_other_input_sizes_than_the_models_own_work, 0,
                      sizeof kSizes / sizeof *kSizes);
  tcase_add_test(tests, test_size_0_is_the_models_own);
  tcase_add_test(tests, test_input_size_that_cannot_work_is_refused);
  tcase_add_test(tests,
                 test_memory_behind_a_perceiver_has_one_size_for_all_inputs);
  tcase_add_test(tests,
                 test_input_size_that_cuts_a_perceivers_windows_is_refused);
  tcase_add_test(tests, test_two_threads_get_what_one_gets);
  tcase_add_test(tests, test_parameters_are_counted);
  return tests;
}

void add_rule_tests(TCase *tests) {
  tcase_add_test(tests, test_at_most_one_click_gets_three_candidates);
  tcase_add_test(tests, test_best_of_three_candidates_is_chosen);
  tcase_add_test(tests,
                 test_unstable_single_mask_gives_way_to_the_best_of_three);
  tcase_add_test(tests,
                 test_single_mask_stays_where_the_config_has_no_fallback);
  tcase_add_test(tests,
                 test_absent_object_has_no_mask_and_the_pointer_for_absence);
  tcase_add_test(tests, test_empty_mask_has_the_pointer_for_absence);
  tcase_add_test(tests, test_memory_of_an_absent_object_is_marked_in_21_alone);
  tcase_add_test(tests,
                 test_mask_of_a_prompted_frame_enters_memory_without_shades);
  tcase_add_test(tests, test_objects_of_a_batch_do_not_influence_each_other);
  tcase_add_test(tests, test_pointers_have_times_in_21_alone);
}

}  // namespace

int main() {
  TCase *tests = model_tests();
  add_rule_tests(tests);
  return run_case("model", tests);
}
