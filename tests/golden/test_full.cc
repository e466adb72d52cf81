// A model of official dimensions on a few frames at 1024 px, against samples
// of the reference's tensors. Usage: test_golden_full REFERENCE CONFIG
#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <c10/core/InferenceMode.h>

#include <cstdio>

#include "generated_model.h"
#include "golden_file.h"
#include "gpu/frame_tensor.h"
#include "gpu/pillow_resize.h"
#include "tensor_compare.h"
#include "track/tracker.h"
// Last: Check's macros get in the way of C++ headers.
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

constexpr int kSmallSide = 256;
constexpr int kEnlargement = 4;  // every pixel repeated, so nothing is resized
constexpr int kSide = kSmallSide * kEnlargement;
constexpr int64_t kGrid = kSide / 16;
constexpr float kPoint[] = {560, 260};
constexpr int64_t kObject = 1;

std::string reference_name;
std::string config_name;

// Input of the model for a frame of the clip.
at::Tensor model_input(int64_t clip_frame) {
  static const GoldenFile clip("clip");
  const std::vector<uint8_t> small = resize_like_pillow(
      image_view(clip.tensor("frames")[clip_frame]), {kSmallSide, kSmallSide});
  std::vector<uint8_t> large(size_t{3} * kSide * kSide);
  for (size_t y = 0; y < kSide; ++y)
    for (size_t x = 0; x < kSide; ++x)
      for (size_t c = 0; c < 3; ++c)
        large[(y * kSide + x) * 3 + c] =
            small[(y / kEnlargement * kSmallSide + x / kEnlargement) * 3 + c];
  return frame_tensor({large.data(), kSide, kSide, int64_t{3} * kSide}, kSide);
}

// Tokens [1, N, C] -> [1, C, h, h].
at::Tensor as_grid(const at::Tensor &tokens) {
  return tokens.transpose(1, 2).reshape({1, tokens.size(2), kGrid, kGrid});
}

// Tokens of a memory [1, Nm, C] in the shape that the reference keeps.
at::Tensor as_kept(const at::Tensor &tokens) {
  return tokens.size(1) == kGrid * kGrid ? as_grid(tokens) : tokens;
}

// The run of one model; compares as it goes.
class FullRun {
 public:
  FullRun()
      : golden_(reference_name + "_full"),
        model_(generated_model(config_named(config_name),
                               reference_name + "_adjust.json")),
        tracker_(model_, options()) {}

  void run() {
    const at::Tensor &frames = golden_.tensor("clip_frames");
    for (int64_t k = 0; k < frames.size(0); ++k) {
      const at::Tensor input = model_input(frames[k].item<int64_t>());
      const EncodedFrame encoded = model_->encode_image(input);
      if (k == 0) {
        check_encoder(input, encoded);
        prompt(encoded);
      } else {
        track(k, encoded);
      }
    }
  }
  const Comparison &comparison() const { return comparison_; }

 private:
  // The number of pointers follows the length of the run, as in the reference.
  TrackerOptions options() const {
    TrackerOptions out;
    out.limits.max_obj_ptrs =
        static_cast<int>(golden_.tensor("clip_frames").size(0));
    return out;
  }
  void check(const std::string &name, const at::Tensor &found,
             const Tolerance &tolerance) {
    golden_.check(comparison_, name, found, tolerance);
  }

  // Positions of a memory's tokens [Nm, Cm], without maskmem_tpos_enc.
  at::Tensor memory_positions() const {
    const auto &perceiver = model_->network().spatial_perceiver;
    return perceiver ? perceiver->token_positions()
                     : sine_grid(kGrid, kGrid, model_->config().mem_dim);
  }

  void check_encoder(const at::Tensor &input, const EncodedFrame &encoded);
  void prompt(const EncodedFrame &encoded);
  void track(int64_t k, const EncodedFrame &encoded);
  at::Tensor check_attention(const std::string &prefix,
                             const EncodedFrame &encoded,
                             const Selection &selection);
  void check_decoder(const std::string &prefix, const EncodedFrame &encoded,
                     const at::Tensor &features, const PointInput &points,
                     const Tolerance &tolerance, const Tolerance &iou);
  void check_output(const std::string &prefix, const ObjectOutput &output,
                    const Tolerance &mask, const Tolerance &memory);
  void check_mask_bits(const std::string &name, const at::Tensor &mask);

  GoldenFile golden_;
  std::shared_ptr<const Sam2Model> model_;
  Tracker tracker_;
  Comparison comparison_;
  std::vector<at::Tensor> memories_;  // of each frame, as stored
  std::vector<at::Tensor> pointers_;
};

void FullRun::check_encoder(const at::Tensor &input,
                            const EncodedFrame &encoded) {
  const ImageEncoder &encoder = model_->network().image_encoder;
  const auto stages = encoder.stages(input, encoder.position_table(kSide));
  for (size_t i = 0; i < stages.size(); ++i)
    check("f0.trunk" + std::to_string(i), as_bchw(stages[i]), kEncoderFull);
  const auto levels = std::get<FpnNeck>(encoder.neck).forward(stages);
  for (size_t i = 0; i < 3; ++i)
    check("f0.fpn" + std::to_string(i), as_bchw(levels[i]), kEncoderFull);
  check("f0.fpn2", as_grid(encoded.pix_feat), kEncoderFull);
  check("f0.s0", encoded.s0, kEncoderFull);
  check("f0.s1", encoded.s1, kEncoderFull);
  check("pos2", as_grid(sine_grid(64, 64, 256).unsqueeze(0)), kTables);
  check("dense_pe", model_->network().prompt_encoder.dense_positions(64),
        kTables);
}

// All four candidates, before the choice.
void FullRun::check_decoder(const std::string &prefix,
                            const EncodedFrame &encoded,
                            const at::Tensor &features,
                            const PointInput &points,
                            const Tolerance &tolerance, const Tolerance &iou) {
  const PromptEncoder &prompts = model_->network().prompt_encoder;
  const DecodedMasks found = model_->network().mask_decoder.forward(
      as_grid(features), prompts.dense_positions(64),
      prompts.encode_points(points.coords, points.labels, kSide),
      prompts.encode_no_mask(), encoded.s0, encoded.s1);
  check(prefix + "all_masks", found.masks, tolerance);
  check(prefix + "all_ious", found.ious, iou);
  check(prefix + "tokens", found.tokens, tolerance);
  check(prefix + "obj_logit", found.object_score, tolerance);
}

void FullRun::check_mask_bits(const std::string &name, const at::Tensor &mask) {
  const at::Tensor bits = mask.gt(0).contiguous();
  const bool *found = bits.data_ptr<bool>();
  const uint8_t *packed = golden_.tensor(name).data_ptr<uint8_t>();
  int64_t different = 0;
  for (int64_t i = 0; i < bits.numel(); ++i)
    different += found[i] != ((packed[i / 8] >> (7 - i % 8) & 1) != 0);
  comparison_.within(name, different, 0, kMaskBitSlack);
}

void FullRun::check_output(const std::string &prefix,
                           const ObjectOutput &output, const Tolerance &mask,
                           const Tolerance &memory) {
  check(prefix + "low_res_mask", output.masks.low_res_masks, mask);
  check(prefix + "obj_ptr", output.masks.obj_ptr, mask);
  check(prefix + "maskmem", as_kept(output.memory), memory);
  check_mask_bits(prefix + "mask_bits", output.masks.low_res_masks);
  memories_.push_back(output.memory.to(at::kBFloat16).to(at::kFloat));
  pointers_.push_back(output.masks.obj_ptr);
}

void FullRun::prompt(const EncodedFrame &encoded) {
  PromptTensors prompt;
  prompt.points.coords = at::tensor({kPoint[0], kPoint[1]}).view({1, 1, 2});
  prompt.points.labels = at::tensor({int{kPositive}}, at::kInt).view({1, 1});
  check_decoder("f0.", encoded, model_->without_memory(encoded), prompt.points,
                kDecoder, kDecoderIou);
  check_output("f0.", tracker_.prompt(0, encoded, kObject, prompt), kDecoder,
               kPromptedMemoryFull);
}

// Builds the memory tokens of a selection once more, by the reference's order,
// and returns the features conditioned on them.
at::Tensor FullRun::check_attention(const std::string &prefix,
                                    const EncodedFrame &encoded,
                                    const Selection &selection) {
  std::vector<at::Tensor> tokens, positions, pointers;
  std::vector<float> times;
  for (const MemoryPick &pick : selection.memories) {
    tokens.push_back(memories_[pick.frame]);
    positions.push_back(
        model_->memory_positions()[pick.position_row].unsqueeze(0));
  }
  const float longest = static_cast<float>(options().limits.max_obj_ptrs - 1);
  for (const PointerPick &pick : selection.pointers) {
    pointers.push_back(pointers_[pick.frame]);
    times.push_back(static_cast<float>(pick.frames_back) / longest);
  }
  tokens.push_back(model_->pointer_tokens(at::stack(pointers, 1)));
  positions.push_back(model_->pointer_positions(at::tensor(times)));
  const at::Tensor memory = at::cat(tokens, 1);
  const at::Tensor memory_positions = at::cat(positions, 1);
  // The prompted frame's memory is among them.
  check(prefix + "memory", memory.transpose(0, 1), kPromptedMemoryFull);
  check(prefix + "memory_pos", memory_positions.transpose(0, 1), kAttention);
  const at::Tensor features = model_->with_memory(
      encoded, memory, memory_positions, tokens.back().size(1));
  check(prefix + "attn_out", features.transpose(0, 1), kTrackedFull);
  return features;
}

void FullRun::track(int64_t k, const EncodedFrame &encoded) {
  const std::string prefix = "f" + std::to_string(k) + ".";
  const ObjectOutput output = tracker_.track(k, encoded).at(0);
  std::vector<int64_t> memories;
  for (const MemoryPick &pick : output.selection.memories)
    memories.insert(memories.end(),
                    {pick.frame, pick.is_conditioning, pick.position_row});
  const at::Tensor expected = golden_.tensor(prefix + "mem").flatten();
  comparison_.equal(prefix + "mem", memories,
                    {expected.data_ptr<int64_t>(),
                     expected.data_ptr<int64_t>() + expected.numel()});
  const at::Tensor features =
      check_attention(prefix, encoded, output.selection);
  // No prompt: one padding point.
  const PointInput nothing = {
      at::tensor({0.f, 0.f}).view({1, 1, 2}),
      at::tensor({int{kPadding}}, at::kInt).view({1, 1})};
  check_decoder(prefix, encoded, features, nothing, kTrackedFull, kTrackedIou);
  check_output(prefix, output, kTrackedFull, kTrackedFull);
  check(prefix + "maskmem_pos", as_kept(memory_positions().unsqueeze(0)),
        kTables);
}

START_TEST(test_full_size_model_equals_the_reference) {
  const c10::InferenceMode guard;
  FullRun run;
  run.run();
  assert_clean(run.comparison());
}
END_TEST

}  // namespace

int main(int argc, char **argv) {
  if (argc != 3) {
    std::fprintf(stderr, "Usage: %s REFERENCE CONFIG\n", argv[0]);
    return 2;
  }
  reference_name = argv[1];
  config_name = argv[2];
  TCase *tests = tcase_create("full");
  tcase_add_test(tests, test_full_size_model_equals_the_reference);
  return run_case("golden", tests);
}
