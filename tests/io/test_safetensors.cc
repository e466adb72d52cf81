#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/complex.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>

#include <fstream>
#include <map>
#include <string>

#include "gpu/cpu_allocator.h"
#include "io/safetensors.h"
#include "io/test_helpers.h"

namespace {

using sam2::Safetensors;
using sam2::test::error_of;

const std::string kOutput = TEST_OUTPUT_FOLDER "/test_safetensors_";

std::string refusal(const std::string &path, const std::string &reason) {
  return "Could not read the checkpoint \"" + path + "\": " + reason +
         ". Set model-file to a SAM 2 .pt or .safetensors file.";
}

// A file with the given header and 8 bytes of data.
std::string written(const std::string &name, const std::string &header) {
  const std::string path = kOutput + name;
  std::ofstream file(path, std::ios::binary);
  for (int i = 0; i < 8; ++i) {
    file.put(static_cast<char>(header.size() >> (8 * i)));
  }
  file << header << std::string(8, '\0');
  return path;
}

const at::ScalarType kTypes[] = {
    at::kDouble, at::kFloat, at::kHalf, at::kBFloat16, at::kLong,
    at::kInt,    at::kShort, at::kChar, at::kByte,     at::kBool};

START_TEST(test_every_type_comes_back_the_same) {
  std::map<std::string, at::Tensor> tensors;
  for (const at::ScalarType type : kTypes) {
    tensors[c10::toString(type)] = at::arange(6).view({2, 3}).to(type);
  }
  tensors["scalar"] = at::zeros({});
  tensors["empty"] = at::empty({0, 3});
  const std::string path = kOutput + "types.safetensors";
  sam2::write_safetensors(path, tensors, {{"about", "a \"test\"\n"}});
  const Safetensors back = sam2::read_safetensors(path);
  ck_assert_uint_eq(back.tensors.size(), tensors.size());
  for (const auto &[name, tensor] : tensors) {
    const at::Tensor &found = back.tensors.at(name);
    ck_assert(found.scalar_type() == tensor.scalar_type());
    ck_assert_msg(at::equal(found, tensor), "%s", name.c_str());
  }
  assert_text_eq(back.metadata.at("about"), "a \"test\"\n");
}
END_TEST

START_TEST(test_strided_tensor_is_written_in_order) {
  const at::Tensor transposed = at::arange(6).view({2, 3}).t();
  const std::string path = kOutput + "strided.safetensors";
  sam2::write_safetensors(path, {{"a", transposed}});
  const at::Tensor back = sam2::read_safetensors(path).tensors.at("a");
  ck_assert(back.is_contiguous());
  ck_assert(at::equal(back, transposed));
}
END_TEST

START_TEST(test_file_that_cannot_be_written_is_refused) {
  const std::string path = kOutput + "missing/folder.safetensors";
  assert_text_eq(error_of([&path] {
                   sam2::write_safetensors(path, {{"a", at::zeros({1})}});
                 }),
                 "Could not write \"" + path +
                     "\". Choose a folder that exists, may be written to and "
                     "has room.");
}
END_TEST

START_TEST(test_file_without_memory_to_write_it_leaves_nothing_behind) {
  sam2::install_cpu_allocator();
  const at::Tensor strided = at::zeros({8, 8}).t();  // needs a copy
  const std::string path = kOutput + "starved.safetensors";
  sam2::inject_cpu_faults({1, true});
  bool is_refused = false;
  try {
    sam2::write_safetensors(path, {{"a", strided}});
  } catch (const c10::OutOfMemoryError &) {
    is_refused = true;
  }
  sam2::inject_cpu_faults({});
  ck_assert(is_refused);
  ck_assert(!std::ifstream(path).good());
  ck_assert(!std::ifstream(path + ".part").good());
}
END_TEST

START_TEST(test_type_without_a_name_is_refused) {
  const at::Tensor complex = at::complex(at::zeros({1}), at::zeros({1}));
  const std::string path = kOutput + "complex.safetensors";
  assert_text_eq(
      error_of([&] { sam2::write_safetensors(path, {{"a", complex}}); }),
      "Tensors of type ComplexFloat cannot be written to a safetensors file.");
}
END_TEST

struct BadHeader {
  const char *header;
  const char *reason;
};

#define ENTRY(fields) "{\"a\":{" fields "}}"
#define A "its header gives the tensor \"a\" "

const BadHeader kBadHeaders[] = {
    {"", "its header is not a JSON object"},
    {"[]", "its header is not a JSON object"},
    {"{\"a\":1}", A "no JSON object"},
    {"{\"a\":null}", A "no JSON object"},
    {ENTRY(""), A "no dtype"},
    {ENTRY("\"dtype\":32"), A "no dtype"},
    {ENTRY("\"dtype\":{}"), A "no dtype"},
    {ENTRY("\"dtype\":\"F8\\n\""), A "the unknown dtype \"F8?\""},
    {ENTRY("\"dtype\":\"F32\""), A "no shape"},
    {ENTRY("\"dtype\":\"F32\",\"shape\":2"), A "no shape"},
    {ENTRY("\"dtype\":\"F32\",\"shape\":[2.0]"),
     A "a shape that is not made of whole numbers"},
    {ENTRY("\"dtype\":\"F32\",\"shape\":[null]"),
     A "a shape that is not made of whole numbers"},
    {ENTRY("\"dtype\":\"F32\",\"shape\":[2]"), A "no data_offsets"},
    {ENTRY("\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4,8]"),
     A "data_offsets that are not two rising numbers from 0"},
    {ENTRY("\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]"),
     A "data_offsets that are not two rising numbers from 0"},
    {ENTRY("\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]"),
     A "an impossible shape"},
    {ENTRY("\"dtype\":\"F64\",\"shape\":[4611686018427387904],"
           "\"data_offsets\":[0,8]"),
     A "an impossible shape"},
    {ENTRY("\"dtype\":\"U8\",\"shape\":"
           "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,8],\"data_offsets\":[0,8]"),
     A "an impossible shape"},
    {"{\"a\":[[[[]]]]}", "its header is nested too deeply"},
    {"{\"__metadata__\":[]}",
     "__metadata__ of its header is not a JSON object"},
    {"{\"__metadata__\":{\"a\":1}}",
     "__metadata__ of its header holds more than texts"},
};

START_TEST(test_bad_header_is_refused_with_its_own_sentence) {
  const BadHeader &bad = kBadHeaders[_i];
  const std::string path =
      written("bad" + std::to_string(_i) + ".safetensors", bad.header);
  assert_text_eq(error_of([&path] { sam2::read_safetensors(path); }),
                 refusal(path, bad.reason));
}
END_TEST

// A parser may take time by their square.
START_TEST(test_header_of_too_many_names_is_refused) {
  std::string names = "\"0\":0";
  for (int i = 1; i <= 1 << 17; ++i)
    names += ",\"" + std::to_string(i) + "\":0";
  const std::string outer = "{" + names + "}";
  const std::string inner = "{\"a\":{" + names.substr(0, 20000) + "0}}";
  for (const std::string &header : {outer, inner}) {
    const std::string path = written("names.safetensors", header);
    assert_text_eq(error_of([&path] { sam2::read_safetensors(path); }),
                   refusal(path,
                           "its header has more entries than any SAM 2 "
                           "model's"));
  }
}
END_TEST

START_TEST(test_offsets_beyond_64_bits_are_refused) {
  const std::string path =
      written("beyond.safetensors",
              ENTRY("\"dtype\":\"F32\",\"shape\":[2],"
                    "\"data_offsets\":[0,99999999999999999999999]"));
  const std::string found = error_of([&path] { sam2::read_safetensors(path); });
  ck_assert_msg(found != "no error", "%s", found.c_str());
}
END_TEST

START_TEST(test_header_length_beyond_64_bits_is_refused) {
  const std::string path = kOutput + "length.safetensors";
  std::ofstream(path, std::ios::binary)
      << std::string(8, '\xFF') << "{}" << std::flush;
  assert_text_eq(error_of([&path] { sam2::read_safetensors(path); }),
                 refusal(path,
                         "its header should have 18446744073709551615 "
                         "bytes, but the file ends after 2"));
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("safetensors");
  tcase_add_test(tests, test_every_type_comes_back_the_same);
  tcase_add_test(tests, test_strided_tensor_is_written_in_order);
  tcase_add_test(tests, test_file_that_cannot_be_written_is_refused);
  tcase_add_test(tests,
                 test_file_without_memory_to_write_it_leaves_nothing_behind);
  tcase_add_test(tests, test_type_without_a_name_is_refused);
  tcase_add_loop_test(tests, test_bad_header_is_refused_with_its_own_sentence,
                      0, std::size(kBadHeaders));
  tcase_add_test(tests, test_header_of_too_many_names_is_refused);
  tcase_add_test(tests, test_offsets_beyond_64_bits_are_refused);
  tcase_add_test(tests, test_header_length_beyond_64_bits_is_refused);
  return sam2::test::run("io_safetensors", tests);
}
