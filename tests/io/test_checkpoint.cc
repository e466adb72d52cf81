#include <ATen/core/Tensor.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>
#include <sys/stat.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "io/checkpoint.h"
#include "io/safetensors.h"
#include "io/test_helpers.h"
#include "io/zip_writer.h"
#include "support/malformed_files.h"

namespace {

using namespace std::string_literals;
using sam2::Checkpoint;
using sam2::test::error_of;
using sam2::test::kMalformedFiles;
using sam2::test::make_zip;
using sam2::test::ZipEntry;

const std::string kData = TEST_DATA_FOLDER "/malformed/";
const std::string kOutput = TEST_OUTPUT_FOLDER "/test_checkpoint_";

std::string refusal(const std::string &path, const std::string &reason) {
  return "Could not read the checkpoint \"" + path + "\": " + reason +
         ". Set model-file to a SAM 2 .pt or .safetensors file.";
}

std::string reading_error(const std::string &path) {
  return error_of([&path] { sam2::read_checkpoint(path); });
}

std::string written(const std::string &name, const std::string &bytes) {
  const std::string path = kOutput + name;
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

START_TEST(test_bad_file_is_refused_with_its_own_sentence) {
  const std::string path = kData + kMalformedFiles[_i].name;
  assert_text_eq(reading_error(path),
                 refusal(path, kMalformedFiles[_i].reason));
}
END_TEST

START_TEST(test_transposed_view_is_read) {
  const Checkpoint file = sam2::read_checkpoint(kData + "transposed_view.pt");
  const at::Tensor &weight = file.tensors.at("a.weight");
  ck_assert((weight.sizes() == at::IntArrayRef{3, 2}));
  ck_assert((weight.strides() == at::IntArrayRef{1, 3}));
  ck_assert(file.config_json.empty());
}
END_TEST

START_TEST(test_half_precision_is_read) {
  const Checkpoint file = sam2::read_checkpoint(kData + "half_few_keys.pt");
  ck_assert_uint_eq(file.tensors.size(), 3);
  const at::Tensor &encoding = file.tensors.at("maskmem_tpos_enc");
  ck_assert(encoding.scalar_type() == at::kHalf);
  ck_assert((encoding.sizes() == at::IntArrayRef{7, 1, 1, 8}));
}
END_TEST

START_TEST(test_unaligned_safetensors_are_read) {
  const Checkpoint file = sam2::read_checkpoint(kData + "ok_tiny.safetensors");
  ck_assert_uint_eq(file.tensors.size(), 1);
  const at::Tensor expected = at::tensor({1.f, 2.f, 3.f, 4.f}).view({2, 2});
  ck_assert(at::equal(file.tensors.at("a"), expected));
}
END_TEST

START_TEST(test_config_comes_from_the_metadata) {
  const std::string path = kOutput + "config.safetensors";
  sam2::write_safetensors(path, {{"a", at::tensor({1.f})}},
                          {{"config", "{\"x\":1}"}, {"other", "y"}});
  assert_text_eq(sam2::read_checkpoint(path).config_json, "{\"x\":1}");
}
END_TEST

START_TEST(test_content_decides_and_not_the_name) {
  const std::string path = kOutput + "safetensors.pt";
  sam2::write_safetensors(path, {{"a", at::tensor({1.f})}});
  ck_assert_uint_eq(sam2::read_checkpoint(path).tensors.size(), 1);
}
END_TEST

START_TEST(test_tensors_outlive_the_file) {
  const std::string path = kOutput + "removed.safetensors";
  sam2::write_safetensors(path, {{"a", at::tensor({1.f, 2.f})}});
  const at::Tensor tensor = sam2::read_checkpoint(path).tensors.at("a");
  std::remove(path.c_str());
  ck_assert(at::equal(tensor, at::tensor({1.f, 2.f})));
}
END_TEST

START_TEST(test_writing_to_a_tensor_leaves_the_file_alone) {
  const std::string path = kOutput + "private.safetensors";
  sam2::write_safetensors(path, {{"a", at::tensor({1.f, 2.f})}});
  sam2::read_checkpoint(path).tensors.at("a").fill_(7);
  ck_assert(at::equal(sam2::read_checkpoint(path).tensors.at("a"),
                      at::tensor({1.f, 2.f})));
}
END_TEST

START_TEST(test_missing_file_is_not_found) {
  const std::string path = kOutput + "nothing.pt";
  try {
    sam2::read_checkpoint(path);
    ck_abort_msg("no error");
  } catch (const sam2::Error &error) {
    ck_assert(error.code() == sam2::ErrorCode::kNotFound);
    assert_text_eq(error.user_text(),
                   "Could not find the checkpoint \"" + path +
                       "\". Set model-file to a SAM 2 .pt or .safetensors "
                       "file.");
  }
}
END_TEST

START_TEST(test_folder_and_pipe_are_refused) {
  assert_text_eq(reading_error(TEST_OUTPUT_FOLDER),
                 refusal(TEST_OUTPUT_FOLDER, "it is a folder"));
  const std::string pipe = kOutput + "pipe";
  std::remove(pipe.c_str());
  ck_assert_int_eq(mkfifo(pipe.c_str(), 0600), 0);
  assert_text_eq(reading_error(pipe),
                 refusal(pipe, "it is not a regular file"));
}
END_TEST

START_TEST(test_what_is_often_downloaded_instead_is_named) {
  const std::string pointer =
      written("pointer.pt", "version https://git-lfs.github.com/spec/v1\n");
  assert_text_eq(reading_error(pointer),
                 refusal(pointer,
                         "it is only a Git LFS pointer to the file; "
                         "fetch it with git lfs pull"));
  const std::string page = written("page.pt", "<!DOCTYPE html><html></html>");
  assert_text_eq(reading_error(page),
                 refusal(page, "it is a web page; download the file itself"));
  const std::string garbage = written("garbage.pt", "x");
  assert_text_eq(
      reading_error(garbage),
      refusal(garbage,
              "it is neither a zip file of torch.save nor safetensors"));
}
END_TEST

// ---- archives made here ----

std::string text(const std::string &content) {
  return "X" + std::string(1, static_cast<char>(content.size())) + "\0\0\0"s +
         content;
}

// A tensor of `sizes` and `strides` (packed as instructions for integers) at
// `offset` of a float storage of four elements.
std::string tensor(const std::string &offset, const std::string &sizes,
                   const std::string &strides) {
  return "ctorch._utils\n_rebuild_tensor_v2\n((" + text("storage") +
         "ctorch\nFloatStorage\n" + text("0") + text("cpu") + "K\x04tQ" +
         offset + "(" + sizes + "t(" + strides + "t\x89)tR";
}

std::string model(const std::string &entries) {
  return "\x80\x02}" + text("model") + "}(" + entries + "us.";
}

std::string archive(const std::string &pickle,
                    const std::string &order = "little") {
  return make_zip({{"m/data.pkl", pickle},
                   {"m/byteorder", order},
                   {"m/data/0", std::string(16, '\0')}});
}

START_TEST(test_archive_made_by_hand_is_read) {
  const std::string pickle =
      model(text("w") + tensor("K\0"s, "K\x04", "K\x01"));
  const std::string path = written("hand.pt", archive(pickle));
  ck_assert_int_eq(sam2::read_checkpoint(path).tensors.at("w").numel(), 4);
}
END_TEST

START_TEST(test_empty_tensor_at_the_end_is_read) {
  const std::string pickle =
      model(text("w") + tensor("K\x04", "K\0K\x05"s, "K\x05K\x01"));
  const std::string path = written("empty_tensor.pt", archive(pickle));
  ck_assert_int_eq(sam2::read_checkpoint(path).tensors.at("w").numel(), 0);
}
END_TEST

START_TEST(test_big_endian_file_is_refused) {
  const std::string path = written("big.pt", archive(model(""), "big"));
  assert_text_eq(
      reading_error(path),
      refusal(path, "its numbers are not in little-endian byte order"));
}
END_TEST

START_TEST(test_entry_that_is_no_tensor_is_refused) {
  const std::string path = written("none.pt", archive(model(text("w") + "N")));
  assert_text_eq(reading_error(path),
                 refusal(path, "an entry of \"model\" is not a named tensor"));
}
END_TEST

START_TEST(test_two_tensors_of_one_name_are_refused) {
  const std::string entry = text("w") + tensor("K\0"s, "K\x04", "K\x01");
  const std::string path = written("twice.pt", archive(model(entry + entry)));
  assert_text_eq(reading_error(path),
                 refusal(path, "it has two tensors named \"w\""));
}
END_TEST

struct BadLayout {
  std::string offset, sizes, strides;
};

const std::string kHuge = "\x8A\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F";  // 2^63-1
const std::string kMinusOne = "J\xFF\xFF\xFF\xFF";

const BadLayout kBadLayouts[] = {
    {"K\x01", "K\x04", "K\x01"},              // one beyond the end
    {"K\0"s, "K\x02", "K\x04"},               // stride leads beyond the end
    {kMinusOne, "K\x01", "K\x01"},            // before the beginning
    {kHuge, "K\x01", "K\x01"},                // far beyond the end
    {"K\0"s, kMinusOne, "K\x01"},             // negative size
    {"K\0"s, "K\x02", kMinusOne},             // negative stride
    {"K\0"s, "K\x02" + kHuge, "K\x01K\x01"},  // product overflows
    {"K\0"s, "K\x03", kHuge},                 // reach overflows
    {"K\x01", "K\x02", kHuge},                // sum overflows
    {"K\0"s, "K\0"s + kHuge + kHuge, "K\0K\0K\0"s},  // overflow behind a zero
    {"K\0"s, "K\x05", "K\0"s},   // more elements than stored
    {"K\0"s, "K\x02", ""},       // no stride
    {"K\x05", "K\0"s, "K\x01"},  // empty, but outside
};

START_TEST(test_layout_beyond_the_storage_is_refused) {
  const BadLayout &bad = kBadLayouts[_i];
  const std::string pickle =
      model(text("w") + tensor(bad.offset, bad.sizes, bad.strides));
  const std::string path =
      written("layout" + std::to_string(_i) + ".pt", archive(pickle));
  assert_text_eq(
      reading_error(path),
      refusal(path, "the shape of \"w\" does not fit the data stored for it"));
}
END_TEST

START_TEST(test_expanded_scalar_in_one_storage_is_read) {
  const std::string pickle =
      model(text("w") + tensor("K\0"s, "K\x02K\x02", "K\0K\0"s));
  const std::string path = written("expanded.pt", archive(pickle));
  ck_assert_int_eq(sam2::read_checkpoint(path).tensors.at("w").numel(), 4);
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("checkpoint");
  tcase_add_loop_test(tests, test_bad_file_is_refused_with_its_own_sentence, 0,
                      std::size(kMalformedFiles));
  tcase_add_test(tests, test_transposed_view_is_read);
  tcase_add_test(tests, test_half_precision_is_read);
  tcase_add_test(tests, test_unaligned_safetensors_are_read);
  tcase_add_test(tests, test_config_comes_from_the_metadata);
  tcase_add_test(tests, test_content_decides_and_not_the_name);
  tcase_add_test(tests, test_tensors_outlive_the_file);
  tcase_add_test(tests, test_writing_to_a_tensor_leaves_the_file_alone);
  tcase_add_test(tests, test_missing_file_is_not_found);
  tcase_add_test(tests, test_folder_and_pipe_are_refused);
  tcase_add_test(tests, test_what_is_often_downloaded_instead_is_named);
  tcase_add_test(tests, test_archive_made_by_hand_is_read);
  tcase_add_test(tests, test_empty_tensor_at_the_end_is_read);
  tcase_add_test(tests, test_big_endian_file_is_refused);
  tcase_add_test(tests, test_entry_that_is_no_tensor_is_refused);
  tcase_add_test(tests, test_two_tensors_of_one_name_are_refused);
  tcase_add_loop_test(tests, test_layout_beyond_the_storage_is_refused, 0,
                      std::size(kBadLayouts));
  tcase_add_test(tests, test_expanded_scalar_in_one_storage_is_read);
  return sam2::test::run("io_checkpoint", tests);
}
