// The tracker library opened at run time, as the plugin does it.
#include <dlfcn.h>

#include <cstdlib>
#include <string>

#include "engine/engine.h"
// Last: Check's macros get in the way of C++ headers.
#include "refusal.h"
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

void *library() {
  const char *path = std::getenv("SAM2_LIBRARY");
  ck_assert_msg(path != nullptr, "SAM2_LIBRARY is not set");
  static void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  ck_assert_msg(handle != nullptr, "%s", dlerror());
  return handle;
}

const EngineApi *api() {
  using EntryPoint = const EngineApi *(*)();
  const auto entry =
      reinterpret_cast<EntryPoint>(dlsym(library(), kEngineEntryPoint));
  ck_assert(entry != nullptr);
  return entry();
}

START_TEST(test_entry_point_has_the_callers_version) {
  ck_assert_int_eq(api()->abi, kEngineAbi);
}
END_TEST

START_TEST(test_errors_arrive_as_the_callers_own_type) {
  ModelSettings settings;
  settings.model_file = "no-such-file.pt";
  settings.device = "cpu";
  assert_refused(api()->open(settings), ErrorCode::kNotFound,
                 "Could not find the checkpoint \"no-such-file.pt\". Set "
                 "model-file to a SAM 2 .pt or .safetensors file.");
}
END_TEST

START_TEST(test_nothing_else_is_exported) {
  for (const char *name :
       {"_ZN4sam211find_deviceERKNSt7__cxx1112basic_stringIcSt11char_"
        "traitsIcESaIcEEE",
        "_ZN4sam213model_configsEv", "_ZN4sam218selection_policiesEv"})
    ck_assert_msg(dlsym(library(), name) == nullptr, "%s", name);
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("library");
  tcase_add_test(tests, test_entry_point_has_the_callers_version);
  tcase_add_test(tests, test_errors_arrive_as_the_callers_own_type);
  tcase_add_test(tests, test_nothing_else_is_exported);
  return run_case("engine", tests);
}
