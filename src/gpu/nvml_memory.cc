// NVML by its documented C interface, opened at run time: it comes with the
// driver, and no build needs it.
#include <dlfcn.h>
#include <unistd.h>

#include <vector>

#include "gpu/device_memory.h"

namespace sam2 {
namespace {

constexpr int kSuccess = 0;
constexpr int kInsufficientSize = 7;
constexpr unsigned long long kNotAvailable = ~0ULL;
constexpr unsigned kSpare = 8;  // processes that may come between two calls

// nvmlProcessInfo_t since version 2 of the call below.
struct ProcessInfo {
  unsigned pid;
  unsigned long long used_bytes;
  unsigned gpu_instance;
  unsigned compute_instance;
};

struct Nvml {
  using Init = int (*)();
  using Handle = int (*)(const char *pci_address, void **device);
  using Processes = int (*)(void *device, unsigned *count, ProcessInfo *infos);

  Handle handle = nullptr;
  Processes processes = nullptr;  // not nullptr: all is there

  Nvml() {
    void *library = dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL);
    if (!library) return;
    const auto init = reinterpret_cast<Init>(dlsym(library, "nvmlInit_v2"));
    handle = reinterpret_cast<Handle>(
        dlsym(library, "nvmlDeviceGetHandleByPciBusId_v2"));
    const auto found = reinterpret_cast<Processes>(
        dlsym(library, "nvmlDeviceGetComputeRunningProcesses_v3"));
    if (init && handle && found && init() == kSuccess) processes = found;
  }
};

}  // namespace

uint64_t nvml_process_bytes(const std::string &pci_address) {
  static const Nvml nvml;
  void *device = nullptr;
  if (!nvml.processes || nvml.handle(pci_address.c_str(), &device) != kSuccess)
    return 0;
  unsigned count = 0;
  const int asked = nvml.processes(device, &count, nullptr);
  if (asked != kSuccess && asked != kInsufficientSize) return 0;
  count += kSpare;
  std::vector<ProcessInfo> infos(count);
  if (nvml.processes(device, &count, infos.data()) != kSuccess) return 0;
  for (unsigned i = 0; i < count; ++i)
    if (infos[i].pid == static_cast<unsigned>(getpid()) &&
        infos[i].used_bytes != kNotAvailable)
      return infos[i].used_bytes;
  return 0;
}

}  // namespace sam2
