#include "io/torch_zip.h"

#include "io/file_error.h"
#include "io/pickle.h"
#include "io/tensor_view.h"
#include "io/zip_archive.h"

namespace sam2 {
namespace {

using Kind = PickleValue::Kind;

constexpr std::string_view kPickleName = "/data.pkl";

// Brings the tensors of one archive together with their records.
class TorchZip {
 public:
  TorchZip(std::shared_ptr<const MappedFile> file, const std::string &path)
      : file_(std::move(file)), path_(path), archive_(file_->bytes(), path) {
    const std::string pickle = archive_.name_ending_with(kPickleName);
    if (pickle.empty()) {
      refuse_file(path_,
                  "it is a zip file without a data.pkl, so torch.save "
                  "did not write it");
    }
    folder_ = pickle.substr(0, pickle.size() - kPickleName.size() + 1);
    const std::string order = folder_ + "byteorder";
    if (archive_.has(order) && archive_.read(order) != "little") {
      refuse_file(path_, "its numbers are not in little-endian byte order");
    }
  }

  std::map<std::string, at::Tensor> tensors() {
    const PickleTree tree =
        read_pickle(archive_.read(folder_ + "data.pkl"), path_);
    const PickleValue &state = model_entry(*tree.root);
    std::map<std::string, at::Tensor> result;
    for (size_t i = 0; i < state.items.size(); i += 2) {
      const PickleValue &name = *state.items[i];
      const PickleValue &value = *state.items[i + 1];
      if (name.kind != Kind::kText || value.kind != Kind::kTensor) {
        refuse_file(path_, "an entry of \"model\" is not a named tensor");
      }
      if (!result.emplace(name.text, tensor(name.text, *value.tensor)).second) {
        refuse_file(path_,
                    "it has two tensors named " + quoted_from_file(name.text));
      }
    }
    return result;
  }

 private:
  const PickleValue &model_entry(const PickleValue &root) const {
    if (root.kind == Kind::kDict) {
      // The last one counts, as in Python.
      for (size_t i = root.items.size(); i > 0; i -= 2) {
        const PickleValue &name = *root.items[i - 2];
        if (name.kind != Kind::kText || name.text != "model") continue;
        if (root.items[i - 1]->kind == Kind::kDict) return *root.items[i - 1];
      }
    }
    refuse_file(path_,
                "there is no \"model\" at its top level; save it as "
                "{\"model\": state_dict}");
  }

  at::Tensor tensor(std::string_view name, const PickledTensor &pickled) {
    const PickledStorage &storage = pickled.storage;
    const std::string_view bytes = record(std::string(storage.key));
    const auto element_bytes = static_cast<int64_t>(elementSize(storage.type));
    const auto record_bytes = static_cast<int64_t>(bytes.size());
    if (record_bytes % element_bytes != 0 ||
        storage.element_count != record_bytes / element_bytes) {
      refuse_file(path_, "the record of " + quoted_from_file(name) + " has " +
                             std::to_string(record_bytes) + " bytes, not the " +
                             std::to_string(storage.element_count) +
                             " elements of " + std::to_string(element_bytes) +
                             " bytes it should have");
    }
    const TensorLayout layout{pickled.offset, pickled.sizes, pickled.strides};
    if (!fits_storage(layout, storage.element_count)) {
      refuse_file(path_, "the shape of " + quoted_from_file(name) +
                             " does not fit the data stored for it");
    }
    return tensor_view(file_, bytes, storage.type, layout);
  }

  // Tensors may share a record; its checksum is computed once.
  std::string_view record(const std::string &key) {
    const auto known = records_.find(key);
    if (known != records_.end()) return known->second;
    const std::string_view bytes = archive_.read(folder_ + "data/" + key);
    records_.emplace(key, bytes);
    return bytes;
  }

  std::shared_ptr<const MappedFile> file_;
  const std::string &path_;
  ZipArchive archive_;
  std::string folder_;  // with the slash
  std::map<std::string, std::string_view> records_;
};

}  // namespace

std::map<std::string, at::Tensor> read_torch_zip(
    std::shared_ptr<const MappedFile> file, const std::string &path) {
  return TorchZip(std::move(file), path).tensors();
}

}  // namespace sam2
