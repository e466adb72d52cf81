// Every stage of the network on one frame, with generated weights.
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/upsample_bilinear2d.h>
#include <ATen/ops/zeros.h>
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

const GoldenFile &golden() {
  static const GoldenFile file("small21_stages");
  return file;
}
const at::Tensor &golden(const std::string &name) {
  return golden().tensor(name);
}

const Sam2Model &model() {
  static const auto made =
      generated_model(config_named("sam2.1-micro"), "small_adjust.json");
  return *made;
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

// Every `step`th row and column of [..., H, W].
at::Tensor every(const at::Tensor &image, int64_t step) {
  return image.slice(-2, 0, std::nullopt, step)
      .slice(-1, 0, std::nullopt, step);
}

// Tokens [..., N, C] of a square grid -> [..., C, side, side].
at::Tensor as_grid(const at::Tensor &tokens, int64_t side) {
  auto shape = tokens.sizes().vec();
  const int64_t channels = shape.back();
  shape.pop_back();
  shape.back() = channels;
  shape.push_back(side);
  shape.push_back(side);
  return tokens.transpose(-1, -2).reshape(shape);
}

START_TEST(test_trunk_equals_the_reference_block_by_block) {
  const Hiera &trunk = std::get<Hiera>(model().network().image_encoder.trunk);
  const at::Tensor positions = trunk.position_table(64);
  std::vector<at::Tensor> taps;
  const auto stages = trunk.forward(first_frame(), positions, &taps);
  Comparison comparison;
  comparison.close("enc.pos_embed", positions, golden("enc.pos_embed"),
                   kEncoder);
  comparison.close("enc.patch_embed", taps[0], golden("enc.patch_embed"),
                   kEncoder);
  for (size_t i = 1; i < taps.size(); ++i) {
    const std::string name = "enc.block" + std::to_string(i - 1);
    comparison.close(name, taps[i], golden(name), kEncoder);
  }
  for (size_t i = 0; i < stages.size(); ++i) {
    const std::string name = "enc.trunk" + std::to_string(i);
    comparison.close(name, as_bchw(stages[i]), golden(name), kEncoder);
  }
  assert_clean(comparison);
}
END_TEST

START_TEST(test_pyramid_equals_the_reference) {
  const ImageEncoder &encoder = model().network().image_encoder;
  const auto levels =
      std::get<FpnNeck>(encoder.neck)
          .forward(encoder.stages(first_frame(), encoder.position_table(256)));
  Comparison comparison;
  comparison.close("fpn0", every(as_bchw(levels[0]), 2),
                   golden("enc.fpn0_every2"), kEncoder);
  for (size_t i = 1; i < levels.size(); ++i)
    comparison.close("fpn" + std::to_string(i), as_bchw(levels[i]),
                     golden("enc.fpn" + std::to_string(i)), kEncoder);
  assert_clean(comparison);
}
END_TEST

START_TEST(test_encoded_frame_equals_the_reference) {
  const EncodedFrame &frame = encoded_frame();
  Comparison comparison;
  comparison.close("pix_feat", as_grid(frame.pix_feat, 16), golden("enc.fpn2"),
                   kEncoder);
  comparison.close("s0", frame.s0, golden("enc.s0"), kEncoder);
  comparison.close("s1", frame.s1, golden("enc.s1"), kEncoder);
  comparison.close("image_embed", as_grid(model().without_memory(frame), 16),
                   golden("dec.image_embed"), kEncoder);
  assert_clean(comparison);
}
END_TEST

// The reference's rotary tables hold (cos, sin) in their last axis.
at::Tensor as_pairs(const RotaryTable &table) {
  return at::stack({table.cosine, table.sine}, -1);
}

START_TEST(test_position_tables_equal_the_reference) {
  Comparison comparison;
  comparison.close("pos2", as_grid(sine_grid(16, 16, 32), 16),
                   golden("enc.pos2"), kTables);
  comparison.close("pos0", every(as_grid(sine_grid(64, 64, 32), 64), 4),
                   golden("enc.pos0_every4"), kTables);
  comparison.close("pos 256", every(as_grid(sine_grid(64, 64, 256), 64), 9),
                   golden("tab.pos2d_256_64x64_every9"), kTables);
  comparison.close("pos 64", every(as_grid(sine_grid(64, 64, 64), 64), 9),
                   golden("tab.pos2d_64_64x64_every9"), kTables);
  comparison.close("sine 32", sine_times(golden("tab.sine_in"), 32),
                   golden("tab.sine_1d_dim32"), kTables);
  comparison.close("sine 256", sine_times(golden("tab.sine_in"), 256),
                   golden("tab.sine_1d_dim256"), kTables);
  comparison.close("rotary 32", as_pairs(rotary_grid(16, 32)),
                   golden("tab.rope_dim32_16x16"), kTables);
  const at::Tensor rows = at::tensor({0, 1, 63, 64, 65, 1000, 4095}, at::kLong);
  comparison.close("rotary 256",
                   as_pairs(rotary_grid(64, 256)).index_select(0, rows),
                   golden("tab.rope_dim256_64x64_rows"), kRotaryLarge);
  comparison.close("dense",
                   model().network().prompt_encoder.dense_positions(16),
                   golden("prompt.dense_pe"), kTables);
  assert_clean(comparison);
}
END_TEST

constexpr const char *kPromptCases[] = {"pt1",  "pt3",  "box",   "boxpt",
                                        "none", "mask", "maskpt"};
constexpr int kPromptCaseCount = sizeof kPromptCases / sizeof *kPromptCases;

// A prompt case's tensor "p.CASE.WHAT".
const at::Tensor &prompt_tensor(int index, const char *what) {
  return golden(std::string("p.") + kPromptCases[index] + "." + what);
}
bool has_mask(int index) {
  return golden().has(std::string("p.") + kPromptCases[index] + ".mask_in");
}
at::Tensor sparse_of(int index) {
  return model().network().prompt_encoder.encode_points(
      prompt_tensor(index, "coords"), prompt_tensor(index, "labels"), 256);
}
at::Tensor dense_of(int index) {
  const PromptEncoder &encoder = model().network().prompt_encoder;
  return has_mask(index)
             ? encoder.encode_mask(prompt_tensor(index, "mask_in"), 16)
             : encoder.encode_no_mask();
}

START_TEST(test_prompt_embeddings_equal_the_reference) {
  Comparison comparison;
  comparison.close("sparse", sparse_of(_i), prompt_tensor(_i, "sparse"),
                   kPromptEmbeddings);
  const std::string dense = std::string("p.") + kPromptCases[_i] + ".dense";
  if (golden().has(dense))
    comparison.close("dense", dense_of(_i), golden(dense), kPromptEmbeddings);
  assert_clean(comparison);
}
END_TEST

START_TEST(test_decoder_candidates_equal_the_reference) {
  const c10::InferenceMode guard;
  const Sam2Network &network = model().network();
  const DecodedMasks found = network.mask_decoder.forward(
      golden("dec.image_embed"), network.prompt_encoder.dense_positions(16),
      sparse_of(_i), dense_of(_i), golden("enc.s0"), golden("enc.s1"));
  Comparison comparison;
  comparison.close("all_masks", found.masks, prompt_tensor(_i, "all_masks"),
                   kDecoder);
  comparison.close("all_ious", found.ious, prompt_tensor(_i, "all_ious"),
                   kDecoderIou);
  comparison.close("tokens", found.tokens, prompt_tensor(_i, "tokens"),
                   kDecoder);
  comparison.close("obj_logit", found.object_score,
                   prompt_tensor(_i, "obj_logit"), kDecoder);
  assert_clean(comparison);
}
END_TEST

void check_choice(Comparison &comparison, int index, bool wants_multimask) {
  const EncodedFrame &frame = encoded_frame();
  const MaskOutput found = model().decode(
      frame, model().without_memory(frame),
      {prompt_tensor(index, "coords"), prompt_tensor(index, "labels")},
      has_mask(index) ? prompt_tensor(index, "mask_in") : at::Tensor(),
      wants_multimask);
  const std::string kind = wants_multimask ? "multi." : "single.";
  const auto expected = [&](const char *what) {
    return prompt_tensor(index, (kind + what).c_str());
  };
  comparison.close(kind + "low_res_masks", found.low_res_masks,
                   expected("low_res_masks"), kDecoder);
  comparison.close(kind + "ious", found.ious, expected("ious"), kDecoderIou);
  comparison.close(kind + "obj_ptr", found.obj_ptr, expected("obj_ptr"),
                   kDecoder);
}

START_TEST(test_chosen_mask_and_pointer_equal_the_reference) {
  const c10::InferenceMode guard;
  Comparison comparison;
  check_choice(comparison, _i, true);
  check_choice(comparison, _i, false);
  assert_clean(comparison);
}
END_TEST

START_TEST(test_transformer_equals_the_reference) {
  const c10::InferenceMode guard;
  const Sam2Network &network = model().network();
  const MaskDecoder &decoder = network.mask_decoder;
  const at::Tensor tokens =
      at::cat({decoder.obj_score_token, decoder.iou_token, decoder.mask_tokens,
               golden("p.pt1.sparse")[0]})
          .unsqueeze(0);
  const auto as_tokens = [](const at::Tensor &image) {
    return image.flatten(2).transpose(1, 2);
  };
  const at::Tensor image =
      golden("dec.image_embed") + network.prompt_encoder.encode_no_mask();
  const TwoWayState found = decoder.transformer.forward(
      tokens, as_tokens(image), as_tokens(golden("prompt.dense_pe")));
  Comparison comparison;
  comparison.close("tokens", found.tokens, golden("p.pt1.transformer_tokens"),
                   kDecoder);
  comparison.close("image", found.image, golden("p.pt1.transformer_image"),
                   kDecoder);
  assert_clean(comparison);
}
END_TEST

// ((y-120)/60)^2 + ((x-100)/45)^2 < 1 on 256x256, or nothing.
at::Tensor ellipse_mask(bool is_empty) {
  if (is_empty) return at::zeros({1, 1, 256, 256}, at::kFloat);
  const at::Tensor steps = at::arange(256, at::kFloat);
  const at::Tensor y = ((steps - 120) / 60).square().view({256, 1});
  const at::Tensor x = ((steps - 100) / 45).square().view({1, 256});
  return (y + x).lt(1).to(at::kFloat).view({1, 1, 256, 256});
}

START_TEST(test_mask_prompt_equals_the_reference) {
  const c10::InferenceMode guard;
  Comparison comparison;
  for (const bool is_empty : {false, true}) {
    const std::string name = is_empty ? "maskout.empty." : "maskout.gt.";
    const MaskOutput found =
        model().use_mask(encoded_frame(), ellipse_mask(is_empty));
    comparison.close(name + "low_res", found.low_res_masks,
                     golden(name + "low_res"), kDecoder);
    comparison.close(name + "obj_ptr", found.obj_ptr, golden(name + "obj_ptr"),
                     kDecoder);
    comparison.close(name + "obj_logit", found.object_score,
                     golden(name + "obj_logit"), kExact);
  }
  assert_clean(comparison);
}
END_TEST

struct MemoryCase {
  const char *name;
  float object_score;
  bool is_prompted;
};
constexpr MemoryCase kMemoryCases[] = {
    {"track", 2, false}, {"click", 2, true}, {"absent", -2, false}};

START_TEST(test_memory_equals_the_reference) {
  const c10::InferenceMode guard;
  const at::Tensor mask = golden("mem.low_res_mask");
  Comparison comparison;
  comparison.close("high_res",
                   every(at::upsample_bilinear2d(mask, {256, 256}, false), 4),
                   golden("mem.high_res_mask_every4"), kDecoder);
  for (const MemoryCase &c : kMemoryCases) {
    const at::Tensor score = at::tensor({c.object_score}).view({1, 1});
    const at::Tensor found =
        model().encode_memory(encoded_frame(), mask, score, c.is_prompted);
    const std::string name = std::string("mem.") + c.name;
    comparison.close(name, as_grid(found, 16), golden(name + ".features"),
                     kMemory);
    comparison.close(name + ".pos",
                     as_grid(sine_grid(16, 16, 8), 16).unsqueeze(0),
                     golden(name + ".pos"), kTables);
  }
  assert_clean(comparison);
}
END_TEST

START_TEST(test_mask_down_sampler_equals_the_reference) {
  const c10::InferenceMode guard;
  const at::Tensor high_res = at::upsample_bilinear2d(
      golden("mem.low_res_mask"), {256, 256}, /*align_corners=*/false);
  const at::Tensor found =
      model().network().memory_encoder.mask_downsampler.forward(
          high_res.sigmoid() * 20.0 - 10.0);
  assert_close(found, golden("mem.mask_downsampled"), kMemory);
}
END_TEST

START_TEST(test_memory_attention_equals_the_reference) {
  const c10::InferenceMode guard;
  static const GoldenFile session("small21_point");
  const std::string event = kAttentionEvents[_i];
  assert_close(attended(model(), session, event),
               attention_tensor(session, event, "out"), kAttention);
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("stages");
  tcase_add_test(tests, test_trunk_equals_the_reference_block_by_block);
  tcase_add_test(tests, test_pyramid_equals_the_reference);
  tcase_add_test(tests, test_encoded_frame_equals_the_reference);
  tcase_add_test(tests, test_position_tables_equal_the_reference);
  tcase_add_loop_test(tests, test_prompt_embeddings_equal_the_reference, 0,
                      kPromptCaseCount);
  tcase_add_loop_test(tests, test_decoder_candidates_equal_the_reference, 0,
                      kPromptCaseCount);
  tcase_add_loop_test(tests, test_chosen_mask_and_pointer_equal_the_reference,
                      0, kPromptCaseCount);
  tcase_add_test(tests, test_transformer_equals_the_reference);
  tcase_add_test(tests, test_mask_prompt_equals_the_reference);
  tcase_add_test(tests, test_memory_equals_the_reference);
  tcase_add_test(tests, test_mask_down_sampler_equals_the_reference);
  tcase_add_loop_test(tests, test_memory_attention_equals_the_reference, 0,
                      kAttentionEventCount);
  return run_case("golden", tests);
}
