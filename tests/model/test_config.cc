// The table of variants: each row holds together and has the published size.
#include <algorithm>
#include <numeric>
#include <set>

#include "model/config.h"
#include "model/sam2_network.h"
// Last: Check's macros get in the way of C++ headers.
#include "refusal.h"
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

struct PublishedSize {
  const char *name;
  int64_t parameters;
};
// Counted in the official checkpoints, the buffer of the prompt encoder
// included. The 2.0 models lack obj_ptr_tpos_proj (256 x 64 + 64) and
// no_obj_embed_spatial (64).
constexpr PublishedSize kPublished[] = {
    {"sam2.1-tiny", 38962754},
    {"sam2.1-small", 46060610},
    {"sam2.1-base-plus", 80850434},
    {"sam2.1-large", 224446898},
    {"sam2.0-tiny", 38946242},
    {"sam2.0-small", 46060610 - 16512},
    {"sam2.0-base-plus", 80850434 - 16512},
    {"sam2.0-large", 224446898 - 16512},
    // Statistics and counters of the batch norms included.
    {"edgetam", 13943148},
    // Counted in models built by the published code.
    {"efficienttam-s", 34056098},
    {"efficienttam-s-512x512", 34056098},
    {"efficienttam-ti", 17866274},
    {"efficienttam-ti-2", 17866274},
};

int64_t parameter_count(const ModelConfig &config) {
  int64_t count = 0;
  for (const TensorSpec &spec : expected_tensors(config))
    count += std::accumulate(spec.shape.begin(), spec.shape.end(), int64_t{1},
                             std::multiplies<>());
  return count;
}

START_TEST(test_variant_has_as_many_parameters_as_published) {
  const PublishedSize &published = kPublished[_i];
  const ModelConfig *config = find_config(published.name);
  ck_assert_msg(config != nullptr, "no row \"%s\"", published.name);
  ck_assert_int_eq(parameter_count(*config), published.parameters);
}
END_TEST

START_TEST(test_image_encoder_of_every_row_holds_together) {
  const ModelConfig &config = model_configs()[_i];
  const std::vector<int64_t> channels = config.stage_channels();
  if (config.trunk == TrunkKind::kVit) {
    ck_assert_uint_eq(channels.size(), 1);
    ck_assert_int_eq(config.vit.embed_dim % config.vit.num_heads, 0);
    ck_assert(!config.vit.global_blocks.empty());
    ck_assert_int_eq(config.vit.global_blocks.back(), config.vit.depth - 1);
    return;
  }
  ck_assert_uint_eq(channels.size(), 4);
  for (size_t i = 1; i < channels.size(); ++i)
    ck_assert_int_eq(channels[i], 2 * channels[i - 1]);
  ck_assert_int_gt(config.trunk_depth(), 4);
  if (config.trunk == TrunkKind::kRepVit) {
    ck_assert_uint_eq(config.repvit.depths.size(), 4);
    return;
  }
  const HieraConfig &hiera = config.hiera;
  ck_assert_uint_eq(hiera.stages.size(), 4);
  ck_assert_uint_eq(hiera.window_sizes.size(), 4);
  ck_assert_int_eq(hiera.embed_dim % hiera.num_heads, 0);
  ck_assert_int_eq(hiera.depth(), hiera.stages[0] + hiera.stages[1] +
                                      hiera.stages[2] + hiera.stages[3]);
  ck_assert_int_eq(hiera.stage_dim(3), 8 * hiera.embed_dim);
  // Global attention belongs to the third stage, which is the longest.
  for (int64_t block : hiera.global_blocks) {
    ck_assert_int_ge(block, hiera.stages[0] + hiera.stages[1]);
    ck_assert_int_lt(block, hiera.depth() - hiera.stages[3]);
  }
  ck_assert(
      std::is_sorted(hiera.global_blocks.begin(), hiera.global_blocks.end()));
}
END_TEST

START_TEST(test_widths_of_every_row_hold_together) {
  const ModelConfig &config = model_configs()[_i];
  // A pointer is cut into whole memory tokens.
  ck_assert_int_eq(config.d_model % config.mem_dim, 0);
  // Rows and columns of the sine code, sine and cosine.
  ck_assert_int_eq(config.d_model % 4, 0);
  ck_assert_int_eq(config.mem_dim % 4, 0);
  // Cross attention of the decoder works at half width.
  ck_assert_int_eq(config.d_model / 2 % config.decoder_heads, 0);
  ck_assert_int_eq(config.image_size % 32, 0);
  ck_assert_int_eq(config.grid(config.image_size) * 16, config.image_size);
  ck_assert_int_eq(config.num_maskmem, 7);
  ck_assert_int_eq(config.max_obj_ptrs, 16);
}
END_TEST

START_TEST(test_name_of_every_row_finds_that_row) {
  const ModelConfig &config = model_configs()[_i];
  ck_assert_ptr_eq(find_config(config.name), &config);
  const bool is_20 = config.name.compare(0, 7, "sam2.0-") == 0;
  const bool is_21 = config.name.compare(0, 7, "sam2.1-") == 0;
  const bool is_edgetam = config.name.compare(0, 7, "edgetam") == 0;
  const bool is_efficienttam = config.name.compare(0, 12, "efficienttam") == 0;
  ck_assert(is_20 || is_21 || is_edgetam || is_efficienttam);
  ck_assert(config.has_high_res_features() == !is_efficienttam);
  ck_assert(config.has_spatial_perceiver == is_edgetam);
  ck_assert(config.has_no_obj_embed_spatial == is_21);
  ck_assert(config.has_obj_ptr_times == is_21);
}
END_TEST

START_TEST(test_tensor_names_of_every_row_are_unique) {
  std::set<std::string> names;
  for (const TensorSpec &spec : expected_tensors(model_configs()[_i])) {
    ck_assert_msg(names.insert(spec.name).second, "%s twice",
                  spec.name.c_str());
    for (int64_t side : spec.shape) ck_assert_int_gt(side, 0);
  }
}
END_TEST

// But for our own model, which only was made for 2.1.
START_TEST(test_every_variant_of_21_has_one_of_20) {
  size_t pairs = 0;
  for (const ModelConfig &config : model_configs()) {
    if (!config.has_obj_ptr_times || config.name == "sam2.1-nano") continue;
    const ModelConfig *older = find_config("sam2.0" + config.name.substr(6));
    ck_assert_msg(older != nullptr, "%s", config.name.c_str());
    ck_assert(older->hiera.stages == config.hiera.stages);
    ck_assert_int_eq(older->hiera.embed_dim, config.hiera.embed_dim);
    ++pairs;
  }
  const auto is_of_another_family = [](const ModelConfig &c) {
    return c.trunk != TrunkKind::kHiera;
  };
  const auto &rows = model_configs();
  ck_assert_uint_eq(
      2 * pairs + std::count_if(rows.begin(), rows.end(), is_of_another_family),
      rows.size() - 1);
}
END_TEST

START_TEST(test_memories_behind_a_perceiver_have_a_fixed_size) {
  const ModelConfig &edgetam = *find_config("edgetam");
  ck_assert_int_eq(edgetam.memory_tokens(1024), 512);
  ck_assert_int_eq(edgetam.memory_tokens(512), 512);
  ck_assert_int_eq(edgetam.size_step_px(), 256);
  const ModelConfig &tiny = *find_config("sam2.1-tiny");
  ck_assert_int_eq(tiny.memory_tokens(1024), 4096);
  ck_assert_int_eq(tiny.memory_tokens(512), 1024);
  ck_assert_int_eq(tiny.size_step_px(), 32);
}
END_TEST

START_TEST(test_motion_weighs_less_in_large_models_only) {
  for (const ModelConfig &config : model_configs()) {
    const bool is_large = config.name.find("-large") != std::string::npos;
    ck_assert_double_eq(config.kf_score_weight, is_large ? 0.15 : 0.25);
  }
}
END_TEST

START_TEST(test_unknown_name_finds_no_row) {
  for (const char *name : {"", "tiny", "sam2.1", "sam2.2-tiny", "SAM2.1-tiny"})
    ck_assert_ptr_null(find_config(name));
}
END_TEST

}  // namespace

int main() {
  const int rows = static_cast<int>(model_configs().size());
  TCase *tests = tcase_create("config");
  tcase_add_loop_test(tests, test_variant_has_as_many_parameters_as_published,
                      0, sizeof kPublished / sizeof *kPublished);
  tcase_add_loop_test(tests, test_image_encoder_of_every_row_holds_together, 0,
                      rows);
  tcase_add_loop_test(tests, test_widths_of_every_row_hold_together, 0, rows);
  tcase_add_loop_test(tests, test_name_of_every_row_finds_that_row, 0, rows);
  tcase_add_loop_test(tests, test_tensor_names_of_every_row_are_unique, 0,
                      rows);
  tcase_add_test(tests, test_every_variant_of_21_has_one_of_20);
  tcase_add_test(tests, test_memories_behind_a_perceiver_have_a_fixed_size);
  tcase_add_test(tests, test_motion_weighs_less_in_large_models_only);
  tcase_add_test(tests, test_unknown_name_finds_no_row);
  return run_case("model", tests);
}
