// From named tensors to a network: which variant, and what is wrong with them.
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>

#include "generated_checkpoint.h"
#include "generated_model.h"
#include "model/model_loader.h"
// Last: Check's macros get in the way of C++ headers.
#include "refusal.h"
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

const ModelConfig &micro() { return config_named("sam2.1-micro"); }

Sam2Network load(const Checkpoint &checkpoint) {
  return load_network(micro(), checkpoint, at::kCPU, at::kFloat);
}

std::string misfit(const std::string &findings) {
  return "The model file does not fit the variant sam2.1-micro (" + findings +
         "). Set model-file to an unmodified SAM 2 checkpoint.";
}

START_TEST(test_variant_is_found_from_names_and_shapes_alone) {
  const ModelConfig &config = model_configs()[_i];
  const ModelConfig found = detect_config(weightless_checkpoint(config));
  assert_texts_equal(choose_variant(found, config.name, "model.pt").name,
                     config.name);
  if (config.trunk != TrunkKind::kVit)
    assert_texts_equal(found.name, config.name);
}
END_TEST

START_TEST(test_variants_of_the_same_tensors_are_told_by_type_or_file_name) {
  const auto chosen = [](const char *type, const char *file) {
    return choose_variant(config_named("efficienttam-s"), type, file).name;
  };
  assert_texts_equal(chosen("auto", "a/b.pt"), "efficienttam-s");
  assert_texts_equal(chosen("auto", "a/efficienttam_s_2.pt"),
                     "efficienttam-s-2");
  assert_texts_equal(chosen("auto", "efficienttam_s_512x512.pt"),
                     "efficienttam-s-512x512");
  assert_texts_equal(chosen("efficienttam-s-1", "efficienttam_s_2.pt"),
                     "efficienttam-s-1");
  // Of other tensors.
  assert_texts_equal(chosen("auto", "efficienttam_ti_2.pt"), "efficienttam-s");
  assert_texts_equal(chosen("tiny", "a.pt"), "efficienttam-s");
}
END_TEST

START_TEST(test_config_in_the_file_wins_over_names_and_shapes) {
  Checkpoint checkpoint = weightless_checkpoint(micro());
  ModelConfig own = micro();
  own.name = "mine";
  own.stability_threshold = 0.5;
  checkpoint.config_json = config_to_json(own);
  const ModelConfig found = detect_config(checkpoint);
  assert_texts_equal(found.name, "mine");
  ck_assert_double_eq(found.stability_threshold, 0.5);
}
END_TEST

START_TEST(test_bad_config_in_the_file_is_refused) {
  Checkpoint checkpoint = weightless_checkpoint(micro());
  checkpoint.config_json = R"({"surprise": 1})";
  assert_refused(detect_config(checkpoint), ErrorCode::kUnreadable,
                 "The model file's config cannot be used: it has a field that "
                 "this version does not know. Write the file again with a tool "
                 "of this version.");
}
END_TEST

START_TEST(test_checkpoint_of_something_else_is_refused) {
  Checkpoint checkpoint;
  checkpoint.tensors["transformer.wte.weight"] = at::zeros({4, 2});
  checkpoint.tensors["lm_head.weight"] = at::zeros({4, 2});
  assert_refused(
      detect_config(checkpoint), ErrorCode::kUnreadable,
      "The model file holds no SAM 2 model: there is no tensor "
      "\"image_encoder.trunk.patch_embed.proj.weight\" of 4 dimensions among "
      "its 2. Set model-file to a SAM 2 .pt or .safetensors file.");
}
END_TEST

START_TEST(test_empty_checkpoint_is_refused) {
  assert_refused(
      detect_config({}), ErrorCode::kUnreadable,
      "The model file holds no SAM 2 model: there is no tensor "
      "\"image_encoder.trunk.patch_embed.proj.weight\" of 4 dimensions among "
      "its 0. Set model-file to a SAM 2 .pt or .safetensors file.");
}
END_TEST

START_TEST(test_patch_embedding_of_another_rank_is_refused) {
  Checkpoint checkpoint;
  checkpoint.tensors["image_encoder.trunk.patch_embed.proj.weight"] =
      at::zeros({96});
  const std::string found = refusal_of([&] { detect_config(checkpoint); });
  ck_assert_ptr_nonnull(strstr(found.c_str(), "holds no SAM 2 model"));
}
END_TEST

START_TEST(test_unknown_variant_is_refused_with_what_was_found) {
  Checkpoint checkpoint = weightless_checkpoint(config_named("sam2.1-tiny"));
  checkpoint.tensors.erase("image_encoder.trunk.blocks.11.norm1.weight");
  assert_refused(
      detect_config(checkpoint), ErrorCode::kUnreadable,
      "The model file is of no known SAM 2 variant: its image encoder has 11 "
      "blocks and starts with 96 channels. Use tiny, small, base-plus, large, "
      "EdgeTAM or EfficientTAM, or a .safetensors file that carries its "
      "config.");
}
END_TEST

START_TEST(test_all_weights_arrive_under_their_names) {
  const Checkpoint checkpoint = generated_checkpoint(micro());
  Sam2Network network = load(checkpoint);
  size_t count = 0;
  network.visit([&](const std::string &name, at::Tensor &weight,
                    const std::vector<int64_t> &) {
    ck_assert_msg(at::equal(weight, checkpoint.tensors.at(name)), "%s",
                  name.c_str());
    ++count;
  });
  ck_assert_uint_eq(count, checkpoint.tensors.size());
}
END_TEST

// The checkpoint's tensors view a mapped file, which may be cut short later.
START_TEST(test_network_keeps_no_memory_of_the_checkpoint) {
  const Checkpoint checkpoint = generated_checkpoint(micro());
  Sam2Network network = load(checkpoint);
  network.visit([&](const std::string &name, at::Tensor &weight,
                    const std::vector<int64_t> &) {
    ck_assert_msg(
        weight.const_data_ptr() != checkpoint.tensors.at(name).const_data_ptr(),
        "%s", name.c_str());
  });
}
END_TEST

START_TEST(test_strided_and_half_precision_tensors_load) {
  Checkpoint checkpoint = generated_checkpoint(micro());
  at::Tensor &strided = checkpoint.tensors.at("obj_ptr_proj.layers.0.weight");
  const at::Tensor wanted = strided.clone();
  strided = strided.t().contiguous().t();
  at::Tensor &half = checkpoint.tensors.at("no_obj_ptr");
  half = half.to(at::kHalf);
  const Sam2Network network = load(checkpoint);
  ck_assert(at::equal(network.obj_ptr_proj.layers[0].weight, wanted));
  ck_assert(network.obj_ptr_proj.layers[0].weight.is_contiguous());
  ck_assert(network.no_obj_ptr.scalar_type() == at::kFloat);
}
END_TEST

START_TEST(test_decoder_and_prompt_encoder_stay_float32_in_any_precision) {
  for (at::ScalarType type : {at::kBFloat16, at::kHalf}) {
    Sam2Network network =
        load_network(micro(), weightless_checkpoint(micro()), at::kCPU, type);
    ck_assert(network.prompt_encoder.gaussian.scalar_type() == at::kFloat);
    ck_assert(network.mask_decoder.mask_tokens.scalar_type() == at::kFloat);
    ck_assert(network.mask_downsample.weight.scalar_type() == at::kFloat);
    ck_assert(network.obj_ptr_proj.layers[0].weight.scalar_type() ==
              at::kFloat);
    ck_assert(network.maskmem_tpos_enc.scalar_type() == at::kFloat);
    ck_assert(network.no_mem_embed.scalar_type() == type);
    ck_assert(std::get<Hiera>(network.image_encoder.trunk)
                  .blocks[0]
                  .qkv.weight.scalar_type() == type);
    ck_assert(network.memory_attention.layers[0].linear1.weight.scalar_type() ==
              type);
    ck_assert(network.memory_encoder.out_proj.weight.scalar_type() == type);
    ck_assert(network.mask_decoder.conv_s0.weight.scalar_type() == type);
  }
}
END_TEST

START_TEST(test_counters_of_a_batch_norm_load_as_integers) {
  const ModelConfig config = config_named("edgetam-micro");
  Checkpoint checkpoint = weightless_checkpoint(config);
  const std::string counter =
      "image_encoder.trunk.body.stem.conv1.bn.num_batches_tracked";
  checkpoint.tensors.at(counter) = at::full({}, 123456789, at::kLong);
  for (at::ScalarType type : {at::kFloat, at::kBFloat16}) {
    const Sam2Network network =
        load_network(config, checkpoint, at::kCPU, type);
    const at::Tensor &found =
        std::get<RepVit>(network.image_encoder.trunk).stem1.batches_seen;
    ck_assert(found.scalar_type() == at::kLong);
    ck_assert_int_eq(found.item<int64_t>(), 123456789);
  }
}
END_TEST

START_TEST(test_missing_counter_is_named) {
  const ModelConfig config = config_named("edgetam-micro");
  Checkpoint checkpoint = weightless_checkpoint(config);
  const std::string counter =
      "image_encoder.trunk.body.stem.conv1.bn.num_batches_tracked";
  checkpoint.tensors.erase(counter);
  const std::string found = refusal_of(
      [&] { load_network(config, checkpoint, at::kCPU, at::kFloat); });
  ck_assert_msg(strstr(found.c_str(), counter.c_str()), "%s", found.c_str());
}
END_TEST

START_TEST(test_missing_tensor_is_named) {
  Checkpoint checkpoint = weightless_checkpoint(micro());
  checkpoint.tensors.erase("memory_encoder.out_proj.bias");
  assert_refused(load(checkpoint), ErrorCode::kUnreadable,
                 misfit("1 missing: memory_encoder.out_proj.bias"));
}
END_TEST

START_TEST(test_extra_tensor_is_named) {
  Checkpoint checkpoint = weightless_checkpoint(micro());
  checkpoint.tensors["memory_encoder.surprise.weight"] = at::zeros({2});
  assert_refused(load(checkpoint), ErrorCode::kUnreadable,
                 misfit("1 not of this model: memory_encoder.surprise.weight"));
}
END_TEST

START_TEST(test_misshapen_tensor_is_named_with_both_shapes) {
  Checkpoint checkpoint = weightless_checkpoint(micro());
  checkpoint.tensors["obj_ptr_proj.layers.0.weight"] = at::zeros({33, 32});
  assert_refused(load(checkpoint), ErrorCode::kUnreadable,
                 misfit("1 of the wrong shape: obj_ptr_proj.layers.0.weight "
                        "(33x32 instead of 32x32)"));
}
END_TEST

START_TEST(test_scalar_in_place_of_a_tensor_is_named) {
  Checkpoint checkpoint = weightless_checkpoint(micro());
  checkpoint.tensors["no_obj_ptr"] = at::zeros({});
  assert_refused(load(checkpoint), ErrorCode::kUnreadable,
                 misfit("1 of the wrong shape: no_obj_ptr (a scalar instead "
                        "of 1x32)"));
}
END_TEST

START_TEST(test_everything_wrong_is_said_at_once) {
  Checkpoint checkpoint = weightless_checkpoint(micro());
  checkpoint.tensors.erase("no_mem_embed");
  checkpoint.tensors.erase("obj_ptr_tpos_proj.bias");
  checkpoint.tensors["surprise"] = at::zeros({2});
  checkpoint.tensors["no_obj_ptr"] = at::zeros({2, 2});
  assert_refused(
      load(checkpoint), ErrorCode::kUnreadable,
      misfit("2 missing: no_mem_embed, obj_ptr_tpos_proj.bias; 1 not of this "
             "model: surprise; 1 of the wrong shape: no_obj_ptr (2x2 instead "
             "of 1x32)"));
}
END_TEST

START_TEST(test_long_lists_are_cut_for_the_user_and_whole_in_the_detail) {
  Checkpoint checkpoint = weightless_checkpoint(micro());
  for (int i = 0; i < 5; ++i)
    checkpoint.tensors["x" + std::to_string(i)] = at::zeros({1});
  assert_refused(load(checkpoint), ErrorCode::kUnreadable,
                 misfit("5 not of this model: x0, x1, x2, ..."));
  std::string detail;
  try {
    load(checkpoint);
  } catch (const Error &error) {
    detail = error.detail();
  }
  assert_texts_equal(detail, "5 not of this model: x0, x1, x2, x3, x4");
}
END_TEST

START_TEST(test_every_variant_is_of_its_name_with_and_without_generation) {
  for (const ModelConfig &config : model_configs())
    for (const std::string &type :
         {std::string("auto"), config.name, short_name(config)})
      check_model_type(config, type);
  assert_texts_equal(short_name(config_named("sam2.0-base-plus")), "base-plus");
  assert_texts_equal(short_name(config_named("edgetam")), "edgetam");
}
END_TEST

START_TEST(test_another_type_is_refused_with_what_the_file_holds) {
  assert_refused(
      check_model_type(config_named("sam2.1-tiny"), "large"),
      ErrorCode::kSetting,
      "The model file holds sam2.1-tiny, and model-type is large. Set "
      "model-type to auto or tiny, or model-file to another file.");
  assert_refused(
      check_model_type(config_named("sam2.1-tiny"), "sam2.0-tiny"),
      ErrorCode::kSetting,
      "The model file holds sam2.1-tiny, and model-type is "
      "sam2.0-tiny. Set model-type to auto or tiny, or model-file to "
      "another file.");
  assert_refused(
      check_model_type(config_named("edgetam"), "tiny"), ErrorCode::kSetting,
      "The model file holds edgetam, and model-type is tiny. Set "
      "model-type to auto or edgetam, or model-file to another file.");
}
END_TEST

START_TEST(test_type_that_does_not_exist_is_refused_with_those_that_do) {
  assert_refused(
      check_model_type(config_named("sam2.1-tiny"), "huge"),
      ErrorCode::kSetting,
      "There is no model type \"huge\". Set model-type to auto, tiny, "
      "small, base-plus, large, micro, nano, edgetam, edgetam-micro, "
      "efficienttam-s, efficienttam-s-512x512, efficienttam-s-1, "
      "efficienttam-s-2, efficienttam-ti, efficienttam-ti-512x512, "
      "efficienttam-ti-1, efficienttam-ti-2, efficienttam-micro, "
      "efficienttam-micro-1, efficienttam-micro-2, or a full name such as "
      "sam2.1-tiny.");
}
END_TEST

START_TEST(test_a_file_with_a_name_of_its_own_is_of_that_type) {
  ModelConfig config = config_named("sam2.1-micro");
  config.name = "mine";
  check_model_type(config, "mine");
  check_model_type(config, "auto");
  assert_refused(check_model_type(config, "tiny"), ErrorCode::kSetting,
                 "The model file holds mine, and model-type is tiny. Set "
                 "model-type to auto or mine, or model-file to another file.");
}
END_TEST

TCase *detection_tests() {
  TCase *tests = tcase_create("model_loader");
  tcase_add_loop_test(tests, test_variant_is_found_from_names_and_shapes_alone,
                      0, static_cast<int>(model_configs().size()));
  tcase_add_test(
      tests, test_variants_of_the_same_tensors_are_told_by_type_or_file_name);
  tcase_add_test(tests, test_config_in_the_file_wins_over_names_and_shapes);
  tcase_add_test(tests, test_bad_config_in_the_file_is_refused);
  tcase_add_test(tests, test_checkpoint_of_something_else_is_refused);
  tcase_add_test(tests, test_empty_checkpoint_is_refused);
  tcase_add_test(tests, test_patch_embedding_of_another_rank_is_refused);
  tcase_add_test(tests, test_unknown_variant_is_refused_with_what_was_found);
  tcase_add_test(tests,
                 test_every_variant_is_of_its_name_with_and_without_generation);
  tcase_add_test(tests, test_another_type_is_refused_with_what_the_file_holds);
  tcase_add_test(tests,
                 test_type_that_does_not_exist_is_refused_with_those_that_do);
  tcase_add_test(tests, test_a_file_with_a_name_of_its_own_is_of_that_type);
  return tests;
}

void add_loading_tests(TCase *tests) {
  tcase_add_test(tests, test_all_weights_arrive_under_their_names);
  tcase_add_test(tests, test_network_keeps_no_memory_of_the_checkpoint);
  tcase_add_test(tests, test_strided_and_half_precision_tensors_load);
  tcase_add_test(tests,
                 test_decoder_and_prompt_encoder_stay_float32_in_any_precision);
  tcase_add_test(tests, test_counters_of_a_batch_norm_load_as_integers);
  tcase_add_test(tests, test_missing_counter_is_named);
  tcase_add_test(tests, test_missing_tensor_is_named);
  tcase_add_test(tests, test_extra_tensor_is_named);
  tcase_add_test(tests, test_misshapen_tensor_is_named_with_both_shapes);
  tcase_add_test(tests, test_scalar_in_place_of_a_tensor_is_named);
  tcase_add_test(tests, test_everything_wrong_is_said_at_once);
  tcase_add_test(tests,
                 test_long_lists_are_cut_for_the_user_and_whole_in_the_detail);
}

}  // namespace

int main() {
  TCase *tests = detection_tests();
  add_loading_tests(tests);
  return run_case("model", tests);
}
