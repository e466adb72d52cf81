// The bundled model is found from wherever a program of ours lies.
#include "io/bundled_model.h"

#include <fstream>
// Last: Check's macros get in the way of C++ headers.
#include "support/run_tests.h"

namespace {

START_TEST(test_bundled_model_of_the_build_tree_is_a_model_file) {
  const std::string path = sam2::bundled_model();
  std::ifstream file(path, std::ios::binary);
  char start[9] = {};
  file.read(start, sizeof start);
  ck_assert_msg(file.good(), "%s cannot be read", path.c_str());
  // Eight bytes of length, then the JSON header.
  ck_assert_int_eq(start[8], '{');
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("bundled_model");
  tcase_add_test(tests, test_bundled_model_of_the_build_tree_is_a_model_file);
  return sam2::test::run_case("bundled_model", tests);
}
