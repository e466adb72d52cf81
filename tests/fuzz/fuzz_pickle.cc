// Pickles, also in a zip file whose checksums are right: fuzzers do not guess
// those.
#include "fuzz/fuzz_tensors.h"
#include "io/checkpoint.h"
#include "io/pickle.h"
#include "io/zip_writer.h"

using namespace sam2::test;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const std::string pickle(text_of(data, size));
  if (!is_taken([&] { sam2::read_pickle(pickle, "a.pt"); })) return 0;
  const std::string zip = make_zip({{"archive/data.pkl", pickle},
                                    {"archive/byteorder", "little"},
                                    {"archive/data/0", std::string(256, 1)}});
  const FuzzFile file(reinterpret_cast<const uint8_t *>(zip.data()),
                      zip.size());
  is_taken([&] { read_all(sam2::read_checkpoint(file.path()).tensors); });
  return 0;
}
