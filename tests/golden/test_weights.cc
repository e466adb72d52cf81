// Generated weights and the model's table of tensors against listings of the
// reference's state dicts.
#include <ATen/TensorOperators.h>
#include <json-glib/json-glib.h>

#include <cmath>
#include <cstdio>
#include <map>
#include <memory>

#include "base/error.h"
#include "generated_model.h"
#include "generated_weights.h"
#include "golden_file.h"
// Last: Check's macros get in the way of C++ headers.
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

struct Model {
  const char *listing;      // NAME_statedict.json
  const char *adjustments;  // file name
  const char *config;
};
constexpr Model kModels[] = {
    {"small21", "small_adjust.json", "sam2.1-micro"},
    {"small20", "small_adjust.json", "sam2.0-micro"},
    {"sam21_t", "sam21_t_adjust.json", "sam2.1-tiny"},
    {"sam20_t", "sam20_t_adjust.json", "sam2.0-tiny"},
    {"sam21_s", "sam21_s_adjust.json", "sam2.1-small"},
    {"sam21_bp", "sam21_bp_adjust.json", "sam2.1-base-plus"},
    {"sam21_l", "sam21_l_adjust.json", "sam2.1-large"},
    {"edgetam_small", "edgetam_small_adjust.json", "edgetam-micro"},
    {"edgetam", "edgetam_adjust.json", "edgetam"},
    {"efficienttam_small", "efficienttam_small_adjust.json",
     "efficienttam-micro"},
    {"efficienttam_s", "efficienttam_small_adjust.json", "efficienttam-s"},
    {"efficienttam_ti", "efficienttam_small_adjust.json", "efficienttam-ti"},
};

// One row of a listing: [name, shape, first values, sum, hash or null].
struct Row {
  std::string name;
  std::vector<int64_t> shape;
  std::vector<double> first;
  double sum = 0;
  std::string hash;  // empty for large tensors
};

std::vector<double> numbers(JsonArray *array) {
  std::vector<double> values;
  for (guint i = 0; i < json_array_get_length(array); ++i)
    values.push_back(json_array_get_double_element(array, i));
  return values;
}

Row row(JsonArray *array) {
  Row out;
  out.name = json_array_get_string_element(array, 0);
  for (double side : numbers(json_array_get_array_element(array, 1)))
    out.shape.push_back(static_cast<int64_t>(side));
  out.first = numbers(json_array_get_array_element(array, 2));
  out.sum = json_array_get_double_element(array, 3);
  if (!json_array_get_null_element(array, 4))
    out.hash = json_array_get_string_element(array, 4);
  return out;
}

std::vector<Row> listing(const Model &model) {
  const std::unique_ptr<JsonParser, decltype(&g_object_unref)> parser(
      json_parser_new(), &g_object_unref);
  const std::string path =
      golden_path(std::string(model.listing) + "_statedict.json");
  ck_assert(json_parser_load_from_file(parser.get(), path.c_str(), nullptr));
  JsonArray *array = json_node_get_array(json_parser_get_root(parser.get()));
  std::vector<Row> rows;
  for (guint i = 0; i < json_array_get_length(array); ++i)
    rows.push_back(row(json_array_get_array_element(array, i)));
  return rows;
}

std::string hash_text(const at::Tensor &weight) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx",
                static_cast<unsigned long long>(
                    fnv1a64(weight.data_ptr(), weight.nbytes())));
  return text;
}

// The order of summation is the reference's own; it moves the last digits.
double sum_tolerance(const at::Tensor &weight) {
  return 1e-12 * static_cast<double>(weight.numel()) + 1e-9;
}

void check_weight(const Row &expected, const Adjustments &adjustments) {
  const at::Tensor weight =
      generated_weight(expected.name, expected.shape, adjustments);
  const char *name = expected.name.c_str();
  const at::Tensor flat = weight.flatten();
  for (size_t i = 0; i < expected.first.size(); ++i)
    ck_assert_msg(flat[i].item<double>() == expected.first[i],
                  "%s: element %zu", name, i);
  ck_assert_msg(std::fabs(weight.sum(at::kDouble).item<double>() -
                          expected.sum) <= sum_tolerance(weight),
                "%s: sum", name);
  ck_assert_msg(expected.hash.empty() || hash_text(weight) == expected.hash,
                "%s: hash", name);
}

START_TEST(test_every_generated_weight_equals_the_listing) {
  const Model &model = kModels[_i];
  const Adjustments adjustments =
      load_adjustments(golden_path(model.adjustments));
  for (const Row &expected : listing(model))
    check_weight(expected, adjustments);
}
END_TEST

START_TEST(test_table_of_tensors_equals_the_state_dict) {
  const Model &model = kModels[_i];
  std::map<std::string, std::vector<int64_t>> wanted;
  for (const Row &entry : listing(model)) wanted[entry.name] = entry.shape;
  for (const auto &spec : expected_tensors(config_named(model.config))) {
    ck_assert_msg(wanted.count(spec.name), "%s is in no checkpoint",
                  spec.name.c_str());
    ck_assert_msg(wanted[spec.name] == spec.shape, "%s has another shape",
                  spec.name.c_str());
    wanted.erase(spec.name);
  }
  ck_assert_msg(wanted.empty(), "%zu tensors are not in the table, as %s",
                wanted.size(), wanted.begin()->first.c_str());
}
END_TEST

START_TEST(test_counters_are_integer_zeros) {
  const at::Tensor counter =
      generated_weight("trunk.stem.bn.num_batches_tracked", {}, {});
  ck_assert(counter.scalar_type() == at::kLong);
  ck_assert_int_eq(counter.item<int64_t>(), 0);
}
END_TEST

START_TEST(test_unreadable_adjustments_are_refused_by_name) {
  std::string text;
  try {
    load_adjustments(golden_path("small21_statedict.json"));
  } catch (const Error &error) {
    text = error.user_text();
  }
  ck_assert_msg(text.find("small21_statedict.json") != std::string::npos,
                "refusal was: %s", text.c_str());
}
END_TEST

}  // namespace

int main() {
  constexpr int kCount = sizeof kModels / sizeof *kModels;
  TCase *tests = tcase_create("weights");
  tcase_add_loop_test(tests, test_every_generated_weight_equals_the_listing, 0,
                      kCount);
  tcase_add_loop_test(tests, test_table_of_tensors_equals_the_state_dict, 0,
                      kCount);
  tcase_add_test(tests, test_counters_are_integer_zeros);
  tcase_add_test(tests, test_unreadable_adjustments_are_refused_by_name);
  return run_case("golden", tests);
}
