#include "gpu/memory_governor.h"

#include <algorithm>
#include <map>
#include <string>

namespace sam2 {

MemoryGovernor &MemoryGovernor::of(c10::Device device) {
  static std::mutex mutex;  // guards the map
  // Never destroyed: claims may end after every scope.
  static auto &governors = *new std::map<std::string, MemoryGovernor *>;
  const std::lock_guard<std::mutex> lock(mutex);
  MemoryGovernor *&governor = governors[device.str()];
  if (!governor) governor = new MemoryGovernor(device_memory_source(device));
  return *governor;
}

uint64_t MemoryGovernor::limit_bytes_for(const MemorySettings &settings) const {
  if (!source_.is_known()) return 0;  // it would bind nobody
  if (settings.limit_bytes > 0) return settings.limit_bytes;
  return static_cast<uint64_t>(static_cast<double>(source_.device().total) *
                               settings.fraction);
}

double MemoryGovernor::share_in_use() const {
  const uint64_t limit = limit_;
  return limit == 0 ? 0
                    : static_cast<double>(source_.tensors().used) /
                          static_cast<double>(limit);
}

MemoryReport MemoryGovernor::report() const {
  const TensorMemory tensors = source_.tensors();
  const DeviceMemory device = source_.device();
  MemoryReport out;
  out.limit_bytes = limit_;
  out.weights_bytes = held(MemoryOwner::kWeights);
  out.bank_bytes = held(MemoryOwner::kBanks);
  out.frame_bytes = held(MemoryOwner::kFrames);
  const uint64_t claimed = out.weights_bytes + out.bank_bytes + out.frame_bytes;
  // Others may take or free something between two readings.
  out.in_use_bytes = std::max(tensors.used, claimed);
  out.other_bytes = out.in_use_bytes - claimed;
  out.peak_bytes = tensors.peak;
  out.cached_bytes = tensors.cached;
  out.device_bytes = device.total;
  out.device_free_bytes = device.free;
  out.process_bytes = device.process;
  return out;
}

void MemoryGovernor::hold_limit(uint64_t bytes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (bytes > 0) limits_.insert(bytes);
  apply_smallest();
}

void MemoryGovernor::release_limit(uint64_t bytes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = limits_.find(bytes);
  if (found != limits_.end()) limits_.erase(found);
  apply_smallest();
}

void MemoryGovernor::apply_smallest() {
  const uint64_t smallest = limits_.empty() ? 0 : *limits_.begin();
  if (smallest == limit_) return;
  limit_ = smallest;
  source_.set_limit(smallest);
}

}  // namespace sam2
