// A config's way through JSON, and what is refused.
#include "model/config.h"
// Last: Check's macros get in the way of C++ headers.
#include "refusal.h"
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

void assert_configs_equal(const ModelConfig &a, const ModelConfig &b) {
  ck_assert_str_eq(a.name.c_str(), b.name.c_str());
  ck_assert_int_eq(a.image_size, b.image_size);
  ck_assert_int_eq(a.hiera.embed_dim, b.hiera.embed_dim);
  ck_assert_int_eq(a.hiera.num_heads, b.hiera.num_heads);
  ck_assert(a.hiera.stages == b.hiera.stages);
  ck_assert(a.hiera.global_blocks == b.hiera.global_blocks);
  ck_assert(a.hiera.window_sizes == b.hiera.window_sizes);
  ck_assert_int_eq(a.hiera.pos_grid, b.hiera.pos_grid);
  ck_assert(a.trunk == b.trunk);
  ck_assert(a.repvit.widths == b.repvit.widths);
  ck_assert(a.repvit.depths == b.repvit.depths);
  ck_assert_int_eq(a.vit.embed_dim, b.vit.embed_dim);
  ck_assert_int_eq(a.vit.num_heads, b.vit.num_heads);
  ck_assert_int_eq(a.vit.depth, b.vit.depth);
  ck_assert(a.vit.global_blocks == b.vit.global_blocks);
  ck_assert_int_eq(a.vit.window_size, b.vit.window_size);
  ck_assert_int_eq(a.vit.pos_grid, b.vit.pos_grid);
  ck_assert(a.memory_pooling == b.memory_pooling);
  ck_assert(a.has_spatial_perceiver == b.has_spatial_perceiver);
  ck_assert_int_eq(a.perceiver.latents, b.perceiver.latents);
  ck_assert_int_eq(a.perceiver.latents_2d, b.perceiver.latents_2d);
  ck_assert_int_eq(a.perceiver.depth, b.perceiver.depth);
  ck_assert_int_eq(a.perceiver.heads, b.perceiver.heads);
  ck_assert_int_eq(a.d_model, b.d_model);
  ck_assert_int_eq(a.mem_dim, b.mem_dim);
  ck_assert_int_eq(a.memory_attention_layers, b.memory_attention_layers);
  ck_assert_int_eq(a.memory_attention_hidden, b.memory_attention_hidden);
  ck_assert_int_eq(a.num_maskmem, b.num_maskmem);
  ck_assert_int_eq(a.max_obj_ptrs, b.max_obj_ptrs);
  ck_assert(a.has_no_obj_embed_spatial == b.has_no_obj_embed_spatial);
  ck_assert(a.has_obj_ptr_times == b.has_obj_ptr_times);
  ck_assert(a.dynamic_multimask_via_stability ==
            b.dynamic_multimask_via_stability);
  ck_assert_double_eq(a.stability_delta, b.stability_delta);
  ck_assert_double_eq(a.stability_threshold, b.stability_threshold);
  ck_assert(a.binarize_prompted_mask == b.binarize_prompted_mask);
  ck_assert_double_eq(a.kf_score_weight, b.kf_score_weight);
}

START_TEST(test_every_row_comes_back_from_json_unchanged) {
  const ModelConfig &config = model_configs()[_i];
  assert_configs_equal(config_from_json(config_to_json(config)), config);
}
END_TEST

START_TEST(test_no_field_keeps_its_default_on_the_way_through_json) {
  ModelConfig odd;
  odd.name = "odd \"name\"\n\xc3\xa9";
  odd.image_size = 320;
  odd.hiera = {12, 3, {2, 3, 4, 5}, {0, 13}, {3, 5, 6, 9}, 11};
  odd.trunk = TrunkKind::kRepVit;
  odd.repvit = {{8, 24, 40, 64}, {3, 1, 4, 2}};
  odd.vit = {48, 4, 5, {1, 4}, 9, 6};
  odd.has_spatial_perceiver = true;
  odd.perceiver = {7, 4, 3, 2};
  odd.d_model = 48;
  odd.mem_dim = 12;
  odd.memory_attention_layers = 3;
  odd.memory_attention_hidden = 77;
  odd.num_maskmem = 5;
  odd.max_obj_ptrs = 9;
  odd.has_no_obj_embed_spatial = false;
  odd.has_obj_ptr_times = false;
  odd.dynamic_multimask_via_stability = false;
  odd.stability_delta = 1.0;
  odd.stability_threshold = 0.123456789012345678;
  odd.binarize_prompted_mask = false;
  odd.kf_score_weight = 0.75;
  assert_configs_equal(config_from_json(config_to_json(odd)), odd);
}
END_TEST

START_TEST(test_fields_left_out_keep_their_default) {
  ModelConfig wanted = *find_config("sam2.1-tiny");
  wanted.name = "mine";
  assert_configs_equal(
      config_from_json(
          R"({"name": "mine", "stages": [1, 2, 7, 2],)"
          R"( "global_blocks": [5, 7, 9], "window_sizes": [8, 4, 14, 7]})"),
      wanted);
}
END_TEST

struct Refused {
  const char *fields;  // after those of a good config
  const char *reason;
};
constexpr Refused kRefused[] = {
    {R"("surprise": 1)", "it has a field that this version does not know"},
    {R"("Name": "a")", "it has a field that this version does not know"},
    {R"("name": 5)", "\"name\" is not a gchararray"},
    {R"("name": null)", "\"name\" is not a gchararray"},
    {R"("d_model": "256")", "\"d_model\" is not a gint64"},
    {R"("d_model": 256.5)", "\"d_model\" is not a gint64"},
    {R"("d_model": [256])", "\"d_model\" is not a gint64"},
    {R"("d_model": true)", "\"d_model\" is not a gint64"},
    {R"("d_model": 0)", "\"d_model\" is 0"},
    {R"("d_model": -256)", "\"d_model\" is -256"},
    {R"("d_model": 65537)", "\"d_model\" is 65537"},
    {R"("num_maskmem": 0)", "\"num_maskmem\" is 0"},
    {R"("has_obj_ptr_times": 1)", "\"has_obj_ptr_times\" is not a gboolean"},
    {R"("stability_delta": "0.05")", "\"stability_delta\" is not a gdouble"},
    {R"("stages": 4)", "\"stages\" is not a list"},
    {R"("stages": [1, 2, "7", 2])",
     "\"stages\" holds something else than numbers"},
    {R"("stages": [1, 2, 7.5, 2])",
     "\"stages\" holds something else than numbers"},
    {R"("stages": [1, 2, [7], 2])",
     "\"stages\" holds something else than numbers"},
    {R"("stages": [1, 2, 7])", "an image encoder has 4 stages"},
    {R"("stages": [1, 2, 7, 2, 2])", "an image encoder has 4 stages"},
    {R"("stages": [])", "an image encoder has 4 stages"},
    {R"("window_sizes": [8, 4, 14])", "an image encoder has 4 stages"},
    {R"("stages": [1, 0, 7, 2])", "a stage has 0 blocks"},
    {R"("stages": [1, 2, 7, 100000])", "a stage has 100000 blocks"},
    {R"("window_sizes": [8, 4, 1, 7])", "a window has 1 tokens"},
    {R"("window_sizes": [8, 4, 14, -7])", "a window has -7 tokens"},
    {R"("global_blocks": [5, 12])", "there is no block 12"},
    {R"("global_blocks": [-1])", "there is no block -1"},
    {R"("mem_dim": 48)", "d_model 256 does not go with mem_dim 48"},
    {R"("mem_dim": 2)", "d_model 256 does not go with mem_dim 2"},
    {R"("d_model": 200, "mem_dim": 4)",
     "d_model 200 does not go with mem_dim 4"},
    {R"("num_heads": 5)", "embed_dim is not a multiple of num_heads"},
    {R"("image_size": 1000)", "image_size 1000 is not a multiple of 32"},
    {R"("trunk": "resnet")", "\"trunk\" is resnet"},
    {R"("memory_pooling": "max")", "\"memory_pooling\" is max"},
    {R"("memory_pooling": "shifted", "has_spatial_perceiver": true)",
     "memories behind a perceiver have no grid to average over"},
    {R"("trunk": "vit", "vit_depth": 1025)", "there are 1025 blocks"},
    {R"("trunk": "vit", "vit_global_blocks": [12])", "there is no block 12"},
    {R"("trunk": "vit", "vit_num_heads": 5)",
     "vit_embed_dim is not a multiple of vit_num_heads"},
    {R"("trunk": 1)", "\"trunk\" is not a gchararray"},
    {R"("trunk": "repvit")", "an image encoder has 4 stages"},
    {R"("trunk": "repvit", "repvit_widths": [8, 8, 8, 8])",
     "an image encoder has 4 stages"},
    {R"("trunk": "repvit", "repvit_widths": [8, 12, 16, 32],)"
     R"( "repvit_depths": [1, 1, 1, 1])",
     "a stage of RepViT has 12 channels"},
    {R"("trunk": "repvit", "repvit_widths": [8, 16, 16, 32],)"
     R"( "repvit_depths": [1, 0, 1, 1])",
     "a stage has 0 blocks"},
    {R"("has_spatial_perceiver": true, "perceiver_latents_2d": 8)",
     "perceiver_latents_2d 8 is not a square"},
    {R"("has_spatial_perceiver": true, "perceiver_heads": 5)",
     "mem_dim is not a multiple of perceiver_heads"},
    {R"("has_spatial_perceiver": true, "image_size": 320)",
     "image_size 320 is not a multiple of 256"},
    {R"("perceiver_latents": 0)", "\"perceiver_latents\" is 0"},
};

std::string refusal_text(const std::string &reason) {
  return "The model file's config cannot be used: " + reason +
         ". Write the file again with a tool of this version.";
}

// A field given twice has the later value.
std::string json_of_tiny_with(const std::string &fields) {
  const std::string tiny = config_to_json(*find_config("sam2.1-tiny"));
  return tiny.substr(0, tiny.rfind('}')) + ", " + fields + "}";
}

START_TEST(test_bad_field_is_refused_by_name) {
  const Refused &refused = kRefused[_i];
  assert_refused(config_from_json(json_of_tiny_with(refused.fields)),
                 ErrorCode::kUnreadable, refusal_text(refused.reason));
}
END_TEST

START_TEST(test_text_that_is_no_json_object_is_refused) {
  for (const char *text : {"[1]", "5", "null", "\"tiny\""})
    assert_refused(config_from_json(text), ErrorCode::kUnreadable,
                   refusal_text("it is not an object"));
}
END_TEST

START_TEST(test_text_that_is_no_json_is_refused) {
  for (const char *text : {"{", "tiny", "{\"name\": }", "{]", "{\"name\""}) {
    const std::string found = refusal_of([&] { config_from_json(text); });
    const std::string start =
        refusal(ErrorCode::kUnreadable,
                "The model file's config cannot be used: it is not JSON (");
    ck_assert_msg(found.compare(0, start.size(), start) == 0, "%s: %s", text,
                  found.c_str());
  }
}
END_TEST

START_TEST(test_empty_text_is_refused) {
  assert_refused(config_from_json(""), ErrorCode::kUnreadable,
                 refusal_text("it is not an object"));
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("config_json");
  tcase_add_loop_test(tests, test_every_row_comes_back_from_json_unchanged, 0,
                      static_cast<int>(model_configs().size()));
  tcase_add_test(tests,
                 test_no_field_keeps_its_default_on_the_way_through_json);
  tcase_add_test(tests, test_fields_left_out_keep_their_default);
  tcase_add_loop_test(tests, test_bad_field_is_refused_by_name, 0,
                      sizeof kRefused / sizeof *kRefused);
  tcase_add_test(tests, test_text_that_is_no_json_object_is_refused);
  tcase_add_test(tests, test_text_that_is_no_json_is_refused);
  tcase_add_test(tests, test_empty_text_is_refused);
  return run_case("model", tests);
}
