// Pickles, also in a zip file that has what they ask for: checksums and sizes
// of records, which fuzzers do not guess.
#include "fuzz/fuzz_tensors.h"
#include "io/checkpoint.h"
#include "io/pickle.h"
#include "io/zip_writer.h"

using namespace sam2::test;

namespace {

constexpr int64_t kMaxElements = 256;

std::map<std::string, std::string> records_of(const sam2::PickleTree &tree) {
  std::map<std::string, std::string> records;
  for (const sam2::PickleValue &value : tree.values) {
    if (!value.tensor) continue;
    const sam2::PickledStorage &storage = value.tensor->storage;
    const int64_t count = storage.element_count;
    if (count < 0 || count > kMaxElements) continue;
    records[std::string(storage.key)] = std::string(
        c10::elementSize(storage.type) * static_cast<size_t>(count), '\1');
  }
  return records;
}

std::string zip_of(const std::string &pickle, const sam2::PickleTree &tree) {
  std::vector<ZipEntry> entries = {{"archive/data.pkl", pickle},
                                   {"archive/byteorder", "little"}};
  for (const auto &[key, bytes] : records_of(tree))
    entries.push_back({"archive/data/" + key, bytes});
  return make_zip(entries);
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const std::string pickle(text_of(data, size));
  is_taken([&] {
    const std::string zip = zip_of(pickle, sam2::read_pickle(pickle, "a.pt"));
    const FuzzFile file(reinterpret_cast<const uint8_t *>(zip.data()),
                        zip.size());
    read_all(sam2::read_checkpoint(file.path()).tensors);
  });
  return 0;
}
