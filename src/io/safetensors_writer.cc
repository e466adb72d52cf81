#include <glib/gstdio.h>

#include <cstdio>
#include <memory>
#include <vector>

#include "base/error.h"
#include "io/json_ptr.h"
#include "io/safetensors.h"
#include "io/safetensors_types.h"

namespace sam2 {
namespace {

struct FileCloser {
  void operator()(std::FILE *file) const { std::fclose(file); }
};
using FilePtr = std::unique_ptr<std::FILE, FileCloser>;

const char *type_name(const at::Tensor &tensor) {
  for (const SafetensorsType &known : kSafetensorsTypes) {
    if (tensor.scalar_type() == known.type) return known.name;
  }
  throw Error(ErrorCode::kInternal,
              std::string("Tensors of type ") +
                  c10::toString(tensor.scalar_type()) +
                  " cannot be written to a safetensors file.");
}

void add_array(JsonBuilder *builder, const char *name,
               c10::IntArrayRef numbers) {
  json_builder_set_member_name(builder, name);
  json_builder_begin_array(builder);
  for (const int64_t number : numbers) {
    json_builder_add_int_value(builder, number);
  }
  json_builder_end_array(builder);
}

void add_metadata(JsonBuilder *builder,
                  const std::map<std::string, std::string> &metadata) {
  if (metadata.empty()) return;
  json_builder_set_member_name(builder, kSafetensorsMetadata);
  json_builder_begin_object(builder);
  for (const auto &[name, value] : metadata) {
    json_builder_set_member_name(builder, name.c_str());
    json_builder_add_string_value(builder, value.c_str());
  }
  json_builder_end_object(builder);
}

std::string header_of(const std::map<std::string, at::Tensor> &tensors,
                      const std::map<std::string, std::string> &metadata) {
  const JsonBuilderPtr builder(json_builder_new());
  json_builder_begin_object(builder.get());
  add_metadata(builder.get(), metadata);
  int64_t offset = 0;
  for (const auto &[name, tensor] : tensors) {
    const int64_t begin = offset;
    offset += static_cast<int64_t>(tensor.nbytes());
    json_builder_set_member_name(builder.get(), name.c_str());
    json_builder_begin_object(builder.get());
    json_builder_set_member_name(builder.get(), "dtype");
    json_builder_add_string_value(builder.get(), type_name(tensor));
    add_array(builder.get(), "shape", tensor.sizes());
    add_array(builder.get(), "data_offsets", {begin, offset});
    json_builder_end_object(builder.get());
  }
  json_builder_end_object(builder.get());
  const JsonNodePtr root(json_builder_get_root(builder.get()));
  const JsonGeneratorPtr generator(json_generator_new());
  json_generator_set_root(generator.get(), root.get());
  gsize length = 0;
  const GTextPtr text(json_generator_to_data(generator.get(), &length));
  std::string header(text.get(), length);
  // The data begins at a multiple of 8, as other writers have it.
  header.resize((header.size() + 7) / 8 * 8, ' ');
  return header;
}

bool write_all(std::FILE *file, const void *data, size_t byte_count) {
  return byte_count == 0 ||
         std::fwrite(data, 1, byte_count, file) == byte_count;
}

bool write_file(const std::string &path, const std::string &header,
                const std::map<std::string, at::Tensor> &tensors) {
  FilePtr file(std::fopen(path.c_str(), "wb"));
  if (file == nullptr) return false;
  unsigned char length[kSafetensorsLengthBytes];
  for (size_t i = 0; i < sizeof length; ++i) {
    length[i] = static_cast<unsigned char>(header.size() >> (8 * i));
  }
  if (!write_all(file.get(), length, sizeof length) ||
      !write_all(file.get(), header.data(), header.size())) {
    return false;
  }
  for (const auto &[name, tensor] : tensors) {
    const at::Tensor plain = tensor.cpu().contiguous();
    if (!write_all(file.get(), plain.const_data_ptr(), plain.nbytes())) {
      return false;
    }
  }
  // Closing may fail too: the last bytes are written then.
  return std::fclose(file.release()) == 0;
}

}  // namespace

void write_safetensors(const std::string &path,
                       const std::map<std::string, at::Tensor> &tensors,
                       const std::map<std::string, std::string> &metadata) {
  const std::string unfinished = path + ".part";
  try {
    if (write_file(unfinished, header_of(tensors, metadata), tensors) &&
        g_rename(unfinished.c_str(), path.c_str()) == 0) {
      return;
    }
  } catch (...) {  // of memory to bring a tensor to the host, or into order
    g_remove(unfinished.c_str());
    throw;
  }
  g_remove(unfinished.c_str());
  throw Error(ErrorCode::kSetting,
              "Could not write \"" + path +
                  "\". Choose a folder that exists, may be written to and has "
                  "room.");
}

}  // namespace sam2
