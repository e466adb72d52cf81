#include "io/safetensors.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "io/file_error.h"
#include "io/json_ptr.h"
#include "io/json_text.h"
#include "io/little_endian.h"
#include "io/safetensors_types.h"
#include "io/tensor_view.h"

namespace sam2 {
namespace {

// SAM 2 needs 0.1 MB of header.
constexpr uint64_t kMaxHeaderBytes = uint64_t{16} << 20;
// {"tensor": {"shape": [...]}}
constexpr int kHeaderLevels = 3;
// So many tensors as a header of that length has room for. A parser that looks
// for repeated names takes time by the square of them.
constexpr JsonLimits kHeaderLimits = {kHeaderLevels, 1000, 1 << 17, 1 << 19,
                                      1 << 22};

struct ByteRange {
  int64_t begin = 0;
  int64_t end = 0;
  std::string name;
};

// Reads the header of one file and makes its tensors.
class HeaderReader {
 public:
  HeaderReader(std::shared_ptr<const MappedFile> file, const std::string &path)
      : file_(std::move(file)), path_(path) {
    const std::string_view bytes = file_->bytes();
    if (bytes.size() < kSafetensorsLengthBytes) {
      refuse_file(path_, "it is too short for a safetensors header");
    }
    const uint64_t length = little_endian(bytes, 0, kSafetensorsLengthBytes);
    const std::string_view rest = bytes.substr(kSafetensorsLengthBytes);
    if (length > rest.size()) {
      refuse_file(path_, "its header should have " + std::to_string(length) +
                             " bytes, but the file ends after " +
                             std::to_string(rest.size()));
    }
    if (length > kMaxHeaderBytes) {
      refuse_file(path_, "its header of " + std::to_string(length) +
                             " bytes is longer than any SAM 2 model's");
    }
    header_ = rest.substr(0, length);
    data_ = rest.substr(length);
  }

  Safetensors read() {
    JsonObject *root = parse();
    JsonObjectIter iterator;
    json_object_iter_init(&iterator, root);
    const char *name = nullptr;
    JsonNode *node = nullptr;
    Safetensors result;
    while (json_object_iter_next(&iterator, &name, &node)) {
      if (std::string_view(name) == kSafetensorsMetadata) {
        result.metadata = metadata(node);
      } else {
        result.tensors.emplace(name, tensor(name, node));
      }
    }
    check_overlaps();
    return result;
  }

 private:
  JsonObject *parse() {
    if (is_nested_deeper(header_, kHeaderLevels)) {
      refuse_file(path_, "its header is nested too deeply");
    }
    if (!excess_of_json(header_, kHeaderLimits).empty()) {
      refuse_file(path_, "its header has more entries than any SAM 2 model's");
    }
    parser_.reset(json_parser_new());
    GError *raw_error = nullptr;
    if (!json_parser_load_from_data(parser_.get(), header_.data(),
                                    static_cast<gssize>(header_.size()),
                                    &raw_error)) {
      const GErrorPtr error(raw_error);
      refuse_file(path_, "its header is not JSON", error->message);
    }
    JsonNode *root = json_parser_get_root(parser_.get());
    if (root == nullptr || !JSON_NODE_HOLDS_OBJECT(root)) {
      refuse_file(path_, "its header is not a JSON object");
    }
    return json_node_get_object(root);
  }

  std::map<std::string, std::string> metadata(JsonNode *node) const {
    if (!JSON_NODE_HOLDS_OBJECT(node)) {
      refuse_file(path_, "__metadata__ of its header is not a JSON object");
    }
    JsonObjectIter iterator;
    json_object_iter_init(&iterator, json_node_get_object(node));
    const char *name = nullptr;
    JsonNode *value = nullptr;
    std::map<std::string, std::string> result;
    while (json_object_iter_next(&iterator, &name, &value)) {
      if (json_node_get_value_type(value) != G_TYPE_STRING) {
        refuse_file(path_, "__metadata__ of its header holds more than texts");
      }
      result.emplace(name, json_node_get_string(value));
    }
    return result;
  }

  at::Tensor tensor(const char *name, JsonNode *node) {
    if (!JSON_NODE_HOLDS_OBJECT(node)) refuse_entry(name, "no JSON object");
    JsonObject *entry = json_node_get_object(node);
    const c10::ScalarType type = scalar_type(name, entry);
    const std::vector<int64_t> sizes = integers(name, entry, "shape");
    const ByteRange range = byte_range(name, entry);
    const std::optional<int64_t> count = element_count(sizes);
    int64_t byte_count = 0;
    if (!count ||
        __builtin_mul_overflow(*count, static_cast<int64_t>(elementSize(type)),
                               &byte_count)) {
      refuse_entry(name, "an impossible shape");
    }
    if (byte_count != range.end - range.begin) {
      refuse_entry(name, std::to_string(range.end - range.begin) +
                             " bytes of data, but its shape needs " +
                             std::to_string(byte_count));
    }
    ranges_.push_back(range);
    const TensorLayout layout{0, sizes, contiguous_strides(sizes)};
    return tensor_view(file_, data_.substr(range.begin, byte_count), type,
                       layout);
  }

  c10::ScalarType scalar_type(const char *name, JsonObject *entry) const {
    JsonNode *node = json_object_get_member(entry, "dtype");
    if (node == nullptr || json_node_get_value_type(node) != G_TYPE_STRING) {
      refuse_entry(name, "no dtype");
    }
    const std::string_view found = json_node_get_string(node);
    for (const SafetensorsType &known : kSafetensorsTypes) {
      if (found == known.name) return known.type;
    }
    refuse_entry(name, "the unknown dtype " + quoted_from_file(found));
  }

  std::vector<int64_t> integers(const char *name, JsonObject *entry,
                                const char *field) const {
    JsonNode *node = json_object_get_member(entry, field);
    if (node == nullptr || !JSON_NODE_HOLDS_ARRAY(node)) {
      refuse_entry(name, std::string("no ") + field);
    }
    JsonArray *array = json_node_get_array(node);
    std::vector<int64_t> numbers;
    for (guint i = 0; i < json_array_get_length(array); ++i) {
      JsonNode *item = json_array_get_element(array, i);
      if (json_node_get_value_type(item) != G_TYPE_INT64) {
        refuse_entry(name, std::string("a ") + field +
                               " that is not made of whole numbers");
      }
      numbers.push_back(json_node_get_int(item));
    }
    return numbers;
  }

  ByteRange byte_range(const char *name, JsonObject *entry) const {
    const std::vector<int64_t> offsets = integers(name, entry, "data_offsets");
    if (offsets.size() != 2 || offsets[0] < 0 || offsets[1] < offsets[0]) {
      refuse_entry(name, "data_offsets that are not two rising numbers from 0");
    }
    if (offsets[1] > static_cast<int64_t>(data_.size())) {
      refuse_entry(name, "data up to byte " + std::to_string(offsets[1]) +
                             ", but there are only " +
                             std::to_string(data_.size()));
    }
    return {offsets[0], offsets[1], name};
  }

  void check_overlaps() {
    const auto is_before = [](const ByteRange &a, const ByteRange &b) {
      return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
    };
    std::sort(ranges_.begin(), ranges_.end(), is_before);
    for (size_t i = 1; i < ranges_.size(); ++i) {
      if (ranges_[i].begin < ranges_[i - 1].end) {
        refuse_file(path_, "the tensors " +
                               quoted_from_file(ranges_[i - 1].name) + " and " +
                               quoted_from_file(ranges_[i].name) +
                               " overlap in the file");
      }
    }
  }

  [[noreturn]] void refuse_entry(const char *name,
                                 const std::string &has) const {
    refuse_file(path_, "its header gives the tensor " + quoted_from_file(name) +
                           " " + has);
  }

  std::shared_ptr<const MappedFile> file_;
  const std::string &path_;
  std::string_view header_;
  std::string_view data_;
  JsonParserPtr parser_;
  std::vector<ByteRange> ranges_;
};

}  // namespace

Safetensors read_safetensors(std::shared_ptr<const MappedFile> file,
                             const std::string &path) {
  return HeaderReader(std::move(file), path).read();
}

Safetensors read_safetensors(const std::string &path) {
  return read_safetensors(MappedFile::open(path), path);
}

}  // namespace sam2
