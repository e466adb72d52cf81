// The parts that EdgeTAM has and SAM 2 has not, on one frame, with generated
// weights.
#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>
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

constexpr int64_t kSide = 16;  // of the memory's grid

const at::Tensor &golden(const std::string &name) {
  static const GoldenFile file("edgetam_small_stages");
  return file.tensor(name);
}

const Sam2Model &model() {
  static const auto made = generated_model(config_named("edgetam-micro"),
                                           "edgetam_small_adjust.json");
  return *made;
}
const RepVit &trunk() {
  return std::get<RepVit>(model().network().image_encoder.trunk);
}

at::Tensor first_frame() {
  static const GoldenFile clip("clip");
  return frame_tensor(image_view(clip.tensor("frames")[0]),
                      model().input_size_px());
}

const EncodedFrame &encoded_frame() {
  static const EncodedFrame frame = model().encode_image(first_frame());
  return frame;
}

// Tokens [1, N, C] of a square grid -> [1, C, side, side].
at::Tensor as_grid(const at::Tensor &tokens) {
  return tokens.transpose(1, 2).reshape({1, tokens.size(2), kSide, kSide});
}
at::Tensor as_tokens(const at::Tensor &grid) {
  return grid.flatten(2).transpose(1, 2);
}

START_TEST(test_first_blocks_equal_the_reference_part_by_part) {
  const c10::InferenceMode guard;
  const RepVitBlock &block = trunk().stages[0].blocks[0];
  const RepVitDownsample &down = trunk().stages[1].downsample.at(0);
  const at::Tensor stem = trunk().embed(first_frame());
  const at::Tensor mixed = block.token_mixer.forward(stem);
  const at::Tensor input = as_bhwc(golden("enc.trunk0"));
  const at::Tensor halved =
      down.halve.forward(as_bchw(down.pre_block.forward(input)));
  Comparison comparison;
  const auto check = [&](const char *name, const at::Tensor &found) {
    comparison.close(name, found, golden(std::string("enc.body.") + name),
                     kEncoder);
  };
  check("stem", as_bchw(stem));
  check("stages_0.blocks.0.token_mixer", as_bchw(mixed));
  check("stages_0.blocks.0.se", as_bchw(block.se.forward(mixed)));
  check("stages_0.blocks.0", as_bchw(block.forward(stem)));
  check("stages_1.downsample.spatial_downsample", halved);
  check("stages_1.downsample", as_bchw(down.forward(input)));
  assert_clean(comparison);
}
END_TEST

START_TEST(test_trunk_and_pyramid_equal_the_reference) {
  const c10::InferenceMode guard;
  const auto stages = trunk().forward(first_frame());
  const auto levels =
      std::get<FpnNeck>(model().network().image_encoder.neck).forward(stages);
  Comparison comparison;
  for (size_t i = 0; i < stages.size(); ++i) {
    const std::string name = "enc.trunk" + std::to_string(i);
    comparison.close(name, as_bchw(stages[i]), golden(name), kEncoder);
  }
  for (size_t i = 1; i < levels.size(); ++i) {
    const std::string name = "enc.fpn" + std::to_string(i);
    comparison.close(name, as_bchw(levels[i]), golden(name), kEncoder);
  }
  const at::Tensor fine =
      levels[0].slice(1, 0, std::nullopt, 2).slice(2, 0, std::nullopt, 2);
  comparison.close("fpn0", as_bchw(fine), golden("enc.fpn0_every2"), kEncoder);
  assert_clean(comparison);
}
END_TEST

START_TEST(test_encoded_frame_equals_the_reference) {
  const EncodedFrame &frame = encoded_frame();
  Comparison comparison;
  comparison.close("pix_feat", as_grid(frame.pix_feat), golden("enc.fpn2"),
                   kEncoder);
  comparison.close("s0", frame.s0, golden("enc.s0"), kEncoder);
  comparison.close("s1", frame.s1, golden("enc.s1"), kEncoder);
  assert_clean(comparison);
}
END_TEST

struct MemoryCase {
  const char *name;
  float object_score;
  bool is_prompted;
};
constexpr MemoryCase kMemoryCases[] = {
    {"mem.track", 2, false}, {"mem.click", 2, true}, {"mem.absent", -2, false}};
constexpr int kMemoryCaseCount = sizeof kMemoryCases / sizeof *kMemoryCases;

at::Tensor before_perceiver(const MemoryCase &c) {
  return as_tokens(golden(std::string(c.name) + ".before_perceiver"));
}
at::Tensor perceived(const at::Tensor &memory) {
  return model().network().spatial_perceiver->forward(
      memory, sine_grid(kSide, kSide, memory.size(2)));
}

START_TEST(test_memory_equals_the_reference) {
  const c10::InferenceMode guard;
  const MemoryCase &c = kMemoryCases[_i];
  const at::Tensor score = at::tensor({c.object_score}).view({1, 1});
  const at::Tensor found = model().encode_memory(
      encoded_frame(), golden("mem.low_res_mask"), score, c.is_prompted);
  assert_close(found, golden(std::string(c.name) + ".features"),
               kPerceivedMemory);
}
END_TEST

START_TEST(test_perceiver_equals_the_reference) {
  const c10::InferenceMode guard;
  const MemoryCase &c = kMemoryCases[_i];
  const std::string name = c.name;
  const SpatialPerceiver &perceiver = *model().network().spatial_perceiver;
  Comparison comparison;
  comparison.close("features", perceived(before_perceiver(c)),
                   golden(name + ".features"), kPerceivedMemory);
  comparison.close("positions", perceiver.token_positions().unsqueeze(0),
                   golden(name + ".pos"), kTables);
  comparison.close("grid positions",
                   as_grid(sine_grid(kSide, kSide, 8).unsqueeze(0)),
                   golden(name + ".pos_before_perceiver"), kTables);
  assert_clean(comparison);
}
END_TEST

// The reference cannot run two.
START_TEST(test_two_memories_at_once_are_perceived_as_each_alone) {
  const c10::InferenceMode guard;
  const at::Tensor track = before_perceiver(kMemoryCases[0]);
  const at::Tensor click = before_perceiver(kMemoryCases[1]);
  assert_close(perceived(at::cat({track, click})),
               at::cat({perceived(track), perceived(click)}), kMemory);
}
END_TEST

START_TEST(test_memory_attention_equals_the_reference) {
  const c10::InferenceMode guard;
  static const GoldenFile session("edgetam_small_point");
  const std::string event = kAttentionEvents[_i];
  assert_close(attended(model(), session, event),
               attention_tensor(session, event, "out"), kAttention);
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("edgetam_stages");
  tcase_add_test(tests, test_first_blocks_equal_the_reference_part_by_part);
  tcase_add_test(tests, test_trunk_and_pyramid_equal_the_reference);
  tcase_add_test(tests, test_encoded_frame_equals_the_reference);
  tcase_add_loop_test(tests, test_memory_equals_the_reference, 0,
                      kMemoryCaseCount);
  tcase_add_loop_test(tests, test_perceiver_equals_the_reference, 0,
                      kMemoryCaseCount);
  tcase_add_test(tests, test_two_memories_at_once_are_perceived_as_each_alone);
  tcase_add_loop_test(tests, test_memory_attention_equals_the_reference, 0,
                      kAttentionEventCount);
  return run_case("golden", tests);
}
