#include "io/bundled_model.h"

#include <dlfcn.h>
#include <glib.h>

#include <memory>

namespace sam2 {
namespace {

constexpr const char *kFileName = "sam2.1-nano.safetensors";

using Text = std::unique_ptr<char, decltype(&g_free)>;

std::string own_folder() {
  Dl_info info;
  if (!dladdr(reinterpret_cast<const void *>(&own_folder), &info)) return ".";
  return Text(g_path_get_dirname(info.dli_fname), g_free).get();
}

}  // namespace

std::string bundled_model() {
  const std::string folder = own_folder();
  for (const char *place : {"../models", "../../models"}) {
    const Text path(g_build_filename(folder.c_str(), place, kFileName, nullptr),
                    g_free);
    if (g_file_test(path.get(), G_FILE_TEST_IS_REGULAR)) return path.get();
  }
  return std::string(SAM2_MODEL_FOLDER "/") + kFileName;
}

}  // namespace sam2
