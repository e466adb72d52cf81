// The parts that EfficientTAM has and SAM 2 has not, with generated weights.
#include <ATen/TensorOperators.h>
#include <c10/core/InferenceMode.h>

#include "attention_event.h"
#include "generated_model.h"
#include "golden_file.h"
#include "gpu/frame_tensor.h"
#include "tensor_compare.h"
// Last: Check's macros get in the way of C++ headers.
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

constexpr int64_t kSide = 16;  // of the grid of tokens

const at::Tensor &golden(const std::string &name) {
  static const GoldenFile file("efficienttam_small_stages");
  return file.tensor(name);
}

std::shared_ptr<const Sam2Model> model_of(const std::string &variant) {
  return generated_model(config_named("efficienttam-micro" + variant),
                         "efficienttam_small_adjust.json");
}

const Sam2Model &model() {
  static const auto made = model_of("");
  return *made;
}

at::Tensor first_frame() {
  static const GoldenFile clip("clip");
  return frame_tensor(image_view(clip.tensor("frames")[0]),
                      model().input_size_px());
}

START_TEST(test_trunk_equals_the_reference_block_by_block) {
  const c10::InferenceMode guard;
  const Vit &trunk = std::get<Vit>(model().network().image_encoder.trunk);
  const at::Tensor positions = trunk.position_table(kSide);
  std::vector<at::Tensor> taps;
  trunk.forward(first_frame(), positions, &taps);
  Comparison comparison;
  comparison.close("positions", positions, golden("enc.pos_embed"), kEncoder);
  comparison.close("patches", taps[0], golden("enc.patch_embed"), kEncoder);
  ck_assert_uint_eq(taps.size(), 7);
  for (size_t i = 1; i < taps.size(); ++i) {
    const std::string name = "enc.block" + std::to_string(i - 1);
    comparison.close(name, taps[i], golden(name), kEncoder);
  }
  assert_clean(comparison);
}
END_TEST

START_TEST(test_encoded_frame_equals_the_reference) {
  const c10::InferenceMode guard;
  const EncodedFrame frame = model().encode_image(first_frame());
  const at::Tensor grid = frame.pix_feat.transpose(1, 2).reshape(
      {1, frame.pix_feat.size(2), kSide, kSide});
  assert_close(grid, golden("enc.fpn"), kEncoder);
  ck_assert(!frame.s0.defined() && !frame.s1.defined());
}
END_TEST

START_TEST(test_stored_grid_of_positions_is_not_resized) {
  const c10::InferenceMode guard;
  const Vit &trunk = std::get<Vit>(model().network().image_encoder.trunk);
  const at::Tensor own = trunk.position_table(trunk.config.pos_grid);
  assert_close(own.flatten(0, 2), trunk.pos_embed[0].slice(0, 1), kExact);
}
END_TEST

struct Attention {
  const char *variant;
  const char *session;
};
constexpr Attention kAttentions[] = {{"", "efficienttam_small_point"},
                                     {"-1", "efficienttam_small_1_point"},
                                     {"-2", "efficienttam_small_2_point"}};
constexpr int kAttentionCount = sizeof kAttentions / sizeof *kAttentions;

START_TEST(test_memory_attention_equals_the_reference) {
  const c10::InferenceMode guard;
  const Attention &attention = kAttentions[_i];
  const auto variant = model_of(attention.variant);
  const GoldenFile session(attention.session);
  Comparison comparison;
  for (const char *event : kAttentionEvents)
    comparison.close(event, attended(*variant, session, event),
                     attention_tensor(session, event, "out"), kAttention);
  assert_clean(comparison);
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("efficienttam_stages");
  tcase_add_test(tests, test_trunk_equals_the_reference_block_by_block);
  tcase_add_test(tests, test_encoded_frame_equals_the_reference);
  tcase_add_test(tests, test_stored_grid_of_positions_is_not_resized);
  tcase_add_loop_test(tests, test_memory_attention_equals_the_reference, 0,
                      kAttentionCount);
  return run_case("golden", tests);
}
