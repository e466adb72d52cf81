#include <string>
#include <vector>

#include "io/test_helpers.h"
#include "io/zip_archive.h"
#include "io/zip_writer.h"

namespace {

using sam2::ZipArchive;
using sam2::test::error_of;
using sam2::test::make_zip;
using sam2::test::ZipEntry;

const std::vector<ZipEntry> kEntries = {
    {"m/data.pkl", "pickle"}, {"m/byteorder", "little"}, {"m/data/0", ""}};

std::string refusal(const std::string &reason) {
  return "Could not read the checkpoint \"a.pt\": " + reason +
         ". Set model-file to a SAM 2 .pt or .safetensors file.";
}

std::string opening_error(const std::string &bytes) {
  return error_of([&bytes] { ZipArchive(bytes, "a.pt"); });
}

START_TEST(test_records_are_read) {
  const std::string bytes = make_zip(kEntries);
  const ZipArchive archive(bytes, "a.pt");
  assert_text_eq(archive.name_ending_with("/data.pkl"), "m/data.pkl");
  assert_text_eq(archive.name_ending_with("/nothing"), "");
  ck_assert(archive.has("m/data/0"));
  ck_assert(!archive.has("data/0"));
  assert_text_eq(std::string(archive.read("m/byteorder")), "little");
  ck_assert(archive.read("m/data/0").empty());
}
END_TEST

START_TEST(test_records_are_parts_of_the_file) {
  const std::string bytes = make_zip(kEntries);
  const std::string_view record = ZipArchive(bytes, "a.pt").read("m/data.pkl");
  ck_assert(record.data() > bytes.data());
  ck_assert(record.data() + record.size() < bytes.data() + bytes.size());
}
END_TEST

START_TEST(test_comment_behind_the_archive_is_accepted) {
  std::string bytes = make_zip(kEntries);
  bytes[bytes.size() - 2] = 5;
  bytes += "hello";
  ck_assert(ZipArchive(bytes, "a.pt").has("m/data.pkl"));
}
END_TEST

START_TEST(test_missing_record_is_refused_by_name) {
  const std::string bytes = make_zip(kEntries);
  const ZipArchive archive(bytes, "a.pt");
  assert_text_eq(error_of([&archive] { archive.read("m/data/7"); }),
                 refusal("the record \"m/data/7\" is missing; download or copy "
                         "it again"));
}
END_TEST

START_TEST(test_flipped_bit_is_refused_by_the_checksum) {
  std::string bytes = make_zip(kEntries);
  bytes[bytes.find("little")] ^= 4;
  const ZipArchive archive(bytes, "a.pt");
  assert_text_eq(error_of([&archive] { archive.read("m/byteorder"); }),
                 refusal("the checksum of the record \"m/byteorder\" is wrong; "
                         "download or copy it again"));
}
END_TEST

START_TEST(test_compressed_and_encrypted_records_are_refused) {
  assert_text_eq(opening_error(make_zip({{"a", "x", 8, 0}})),
                 refusal("its records are compressed, which torch.save never "
                         "does; unpack the file and try what is in it"));
  assert_text_eq(opening_error(make_zip({{"a", "x", 0, 1}})),
                 refusal("its records are encrypted"));
}
END_TEST

START_TEST(test_two_records_of_one_name_are_refused) {
  assert_text_eq(opening_error(make_zip({{"a\n", "x"}, {"a\n", "y"}})),
                 refusal("two records are named \"a?\""));
}
END_TEST

START_TEST(test_zip64_is_refused) {
  std::string bytes = make_zip(kEntries);
  bytes.replace(bytes.size() - 6, 4, "\xFF\xFF\xFF\xFF");
  assert_text_eq(opening_error(bytes), refusal("it is larger than 4 GiB"));
}
END_TEST

START_TEST(test_every_truncation_is_refused) {
  const std::string bytes = make_zip(kEntries);
  const std::string expected =
      refusal("the end of the file is missing; download or copy it again");
  for (size_t size = 0; size < bytes.size(); ++size) {
    assert_text_eq(opening_error(bytes.substr(0, size)), expected);
  }
}
END_TEST

START_TEST(test_no_damaged_byte_reads_out_of_bounds) {
  // The address sanitizer watches; here it counts that no other exception
  // comes out, whatever byte is wrong.
  const std::string sound = make_zip(kEntries);
  for (size_t i = 0; i < sound.size(); ++i) {
    for (const int value : {0x00, 0x01, 0x7F, 0x80, 0xFF}) {
      std::string bytes = sound;
      bytes[i] = static_cast<char>(value);
      error_of([&bytes] {
        const ZipArchive archive(bytes, "a.pt");
        for (const ZipEntry &entry : kEntries) archive.read(entry.name);
      });
    }
  }
}
END_TEST

START_TEST(test_offsets_beyond_the_file_are_refused) {
  const std::string expected =
      refusal("its table of contents is damaged; download or copy it again");
  const std::string sound = make_zip(kEntries);
  const size_t entry = sound.find("PK\1\2");
  const size_t end = sound.find("PK\5\6");
  // Position and new value of a 4-byte field: header offset, both sizes of an
  // entry, offset and size of the directory.
  for (const size_t field : {entry + 42, end + 16, end + 12}) {
    std::string bytes = sound;
    bytes.replace(field, 4, std::string("\0\0\0\x7F", 4));
    assert_text_eq(opening_error(bytes), expected);
  }
  std::string bytes = sound;
  bytes.replace(entry + 20, 8, std::string("\0\0\0\x7F\0\0\0\x7F", 8));
  assert_text_eq(opening_error(bytes), expected);
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("zip_archive");
  tcase_add_test(tests, test_records_are_read);
  tcase_add_test(tests, test_records_are_parts_of_the_file);
  tcase_add_test(tests, test_comment_behind_the_archive_is_accepted);
  tcase_add_test(tests, test_missing_record_is_refused_by_name);
  tcase_add_test(tests, test_flipped_bit_is_refused_by_the_checksum);
  tcase_add_test(tests, test_compressed_and_encrypted_records_are_refused);
  tcase_add_test(tests, test_two_records_of_one_name_are_refused);
  tcase_add_test(tests, test_zip64_is_refused);
  tcase_add_test(tests, test_every_truncation_is_refused);
  tcase_add_test(tests, test_no_damaged_byte_reads_out_of_bounds);
  tcase_add_test(tests, test_offsets_beyond_the_file_are_refused);
  return sam2::test::run("io_zip_archive", tests);
}
