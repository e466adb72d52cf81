#include "engine_library.h"

#include <dlfcn.h>
#include <gst/gst.h>

#include <array>
#include <csignal>
#include <mutex>
#include <string>
#include <vector>

#include "base/error.h"
#include "gst_ptr.h"

namespace sam2 {
namespace {

constexpr const char *kLibraryName = "libsam2.so.0";
constexpr const char *kOverrideVariable = "SAM2_ENGINE_LIBRARY";

// LibTorch's MPI dependency (UCX) takes these signals over as it is loaded: a
// crash would print its report, and SIGHUP would no longer end the program.
class SignalHandlersKept {
 public:
  SignalHandlersKept() {
    for (size_t i = 0; i < kSignals.size(); ++i)
      sigaction(kSignals[i], nullptr, &kept_[i]);
  }
  ~SignalHandlersKept() {
    for (size_t i = 0; i < kSignals.size(); ++i)
      sigaction(kSignals[i], &kept_[i], nullptr);
  }
  SignalHandlersKept(const SignalHandlersKept &) = delete;
  SignalHandlersKept &operator=(const SignalHandlersKept &) = delete;

 private:
  static constexpr std::array<int, 5> kSignals = {SIGSEGV, SIGBUS, SIGFPE,
                                                  SIGILL, SIGHUP};
  std::array<struct sigaction, 5> kept_;
};

std::string plugin_folder() {
  Dl_info info;
  if (!dladdr(reinterpret_cast<const void *>(&plugin_folder), &info))
    return ".";
  return CharPtr(g_path_get_dirname(info.dli_fname)).get();
}

// Files that exist, and last the bare name for the dynamic linker to find.
std::vector<std::string> candidates() {
  std::vector<std::string> found;
  const std::string folder = plugin_folder();
  for (const char *place : {"../src", ".."}) {
    const CharPtr path(
        g_build_filename(folder.c_str(), place, kLibraryName, nullptr));
    if (g_file_test(path.get(), G_FILE_TEST_EXISTS))
      found.emplace_back(path.get());
  }
  found.emplace_back(kLibraryName);
  return found;
}

void *open_quietly(const std::string &library) {
  // UCX logs about containers without a boot id; OpenMP's busy waiting costs
  // a factor of two to three when other threads want the cores.
  g_setenv("UCX_LOG_LEVEL", "fatal", false);
  g_setenv("OMP_WAIT_POLICY", "passive", false);
  const SignalHandlersKept handlers_kept;
  return dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
}

void *open_override(const std::string &library) {
  if (void *handle = open_quietly(library)) return handle;
  throw Error(ErrorCode::kNotFound,
              "Could not open the tracker library \"" + library +
                  "\". Correct or unset the environment variable " +
                  kOverrideVariable + ".",
              dlerror());
}

// The first candidate that exists decides: trying the next one after a failure
// would hide that the plugin's own library is damaged.
void *open_beside_plugin() {
  const std::string library = candidates().front();
  if (void *handle = open_quietly(library)) return handle;
  const std::string reason = dlerror();
  // For a file that is there, the linker names the dependency it lacks.
  const bool is_missing = library == kLibraryName &&
                          reason.rfind(std::string(kLibraryName) + ":", 0) == 0;
  const std::string cure =
      is_missing ? std::string(" Install it in the folder above the plugin's.")
                 : std::string(" Install LibTorch and what else it needs.");
  throw Error(ErrorCode::kNotFound,
              "Could not open the tracker library " +
                  std::string(kLibraryName) + "." + cure,
              reason);
}

void *open_library() {
  const char *override_path = g_getenv(kOverrideVariable);
  if (override_path && *override_path) return open_override(override_path);
  return open_beside_plugin();
}

}  // namespace

const EngineApi &engine_api() {
  // Two threads must not take each other's temporary signal handlers for the
  // program's own.
  static std::mutex loading;
  const std::lock_guard<std::mutex> lock(loading);
  void *library = open_library();
  using EntryPoint = const EngineApi *(*)();
  const auto entry =
      reinterpret_cast<EntryPoint>(dlsym(library, kEngineEntryPoint));
  const EngineApi *api = entry ? entry() : nullptr;
  if (!api || api->abi != kEngineAbi)
    throw Error(ErrorCode::kInternal,
                "The tracker library " + std::string(kLibraryName) +
                    " belongs to another version of this plugin. Install both "
                    "from the same release.",
                api ? "abi " + std::to_string(api->abi) + ", expected " +
                          std::to_string(kEngineAbi)
                    : std::string("no ") + kEngineEntryPoint);
  return *api;
}

}  // namespace sam2
