#include "gpu/cpu_allocator.h"

#include <c10/core/Allocator.h>
#include <c10/util/Exception.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <map>
#include <mutex>
#include <vector>

namespace sam2 {
namespace {

constexpr size_t kMinCachedBytes = 256 << 10;
constexpr size_t kMaxCacheBytes = size_t{768} << 20;
constexpr size_t kHugePageBytes = 2 << 20;
constexpr size_t kAlignment = 64;  // of tensors, as LibTorch's own allocator

// Before each block; tensors start behind it. LibTorch frees by the tensor's
// address alone, so the size has to travel with it.
struct alignas(kAlignment) Header {
  size_t block_bytes;
};
static_assert(sizeof(Header) == kAlignment);

// Cached sizes are rounded up to an eighth of their power of two, so that
// tensors of about one size share blocks.
size_t block_bytes_for(size_t tensor_bytes) {
  const size_t bytes = tensor_bytes + sizeof(Header);
  if (bytes < kMinCachedBytes) return bytes;
  size_t step = kMinCachedBytes / 8;
  while (step <= bytes / 16) step *= 2;
  return (bytes + step - 1) / step * step;
}

class CachingCpuAllocator final : public c10::Allocator {
 public:
  // Never destroyed: tensors may outlive every scope.
  static CachingCpuAllocator &instance() {
    static auto *allocator = new CachingCpuAllocator;
    return *allocator;
  }

  c10::DataPtr allocate(size_t bytes) override {
    void *data = bytes == 0 ? nullptr : take(block_bytes_for(bytes));
    return {data, data, &release, c10::Device(c10::kCPU)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &release; }
  void copy_data(void *to, const void *from, size_t bytes) const override {
    std::memcpy(to, from, bytes);
  }

  CpuMemory memory() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return memory_;
  }
  void reset_peak() {
    const std::lock_guard<std::mutex> lock(mutex_);
    memory_.peak_bytes = memory_.used_bytes;
  }
  void set_limit(size_t bytes) {
    const std::lock_guard<std::mutex> lock(mutex_);
    memory_.limit_bytes = bytes;
    if (bytes > 0) shrink_to(bytes);
  }
  void set_faults(const CpuFaults &faults) {
    const std::lock_guard<std::mutex> lock(mutex_);
    faults_ = faults;
    has_faults_ = faults.first_failing > 0 || faults.budget_bytes > 0;
  }
  void trim() {
    const std::lock_guard<std::mutex> lock(mutex_);
    shrink_to(0);
  }

 private:
  void *take(size_t block_bytes) {
    void *block = claim(block_bytes);
    if (!block) block = fresh(block_bytes);
    static_cast<Header *>(block)->block_bytes = block_bytes;
    return static_cast<Header *>(block) + 1;
  }

  // Counts the block as used. A cached one, or nullptr where none is.
  void *claim(size_t block_bytes) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (has_faults_) fail_if_told(block_bytes);
    if (memory_.limit_bytes > 0) check_limit(block_bytes);
    memory_.used_bytes += block_bytes;
    void *block = take_cached(block_bytes);
    if (!block && memory_.limit_bytes > 0) shrink_to(memory_.limit_bytes);
    memory_.peak_bytes = std::max(memory_.peak_bytes, memory_.used_bytes);
    return block;
  }

  void *take_cached(size_t block_bytes) {
    const auto found = free_blocks_.find(block_bytes);
    if (found == free_blocks_.end() || found->second.empty()) return nullptr;
    void *block = found->second.back();
    found->second.pop_back();
    memory_.cached_bytes -= block_bytes;
    return block;
  }

  void check_limit(size_t block_bytes) const {
    TORCH_CHECK_WITH(OutOfMemoryError,
                     is_within(memory_.limit_bytes, block_bytes), block_bytes,
                     " bytes more than the ", memory_.used_bytes,
                     " in use are above the limit of ", memory_.limit_bytes,
                     " bytes of host memory");
  }

  bool is_within(size_t limit, size_t block_bytes) const {
    return memory_.used_bytes <= limit &&
           block_bytes <= limit - memory_.used_bytes;
  }

  void fail_if_told(size_t block_bytes) {
    const bool is_above = faults_.budget_bytes > 0 &&
                          !is_within(faults_.budget_bytes, block_bytes);
    TORCH_CHECK_WITH(OutOfMemoryError, !is_above,
                     "a test refuses more than its budget of ",
                     faults_.budget_bytes, " bytes of host memory");
    if (faults_.first_failing == 0 || --faults_.first_failing > 0) return;
    if (faults_.goes_on) faults_.first_failing = 1;
    TORCH_CHECK(!faults_.is_device_lost,
                "CUDA error: unspecified launch failure, says a test");
    TORCH_CHECK_WITH(OutOfMemoryError, false,
                     "a test refuses an allocation of ", block_bytes,
                     " bytes of host memory");
  }

  // Frees cached blocks, the largest first, until those that are left and
  // those in use are within `bytes`.
  void shrink_to(size_t bytes) {
    while (memory_.cached_bytes > 0 &&
           memory_.used_bytes + memory_.cached_bytes > bytes) {
      const auto largest = std::prev(free_blocks_.end());
      auto &[size, blocks] = *largest;
      if (!blocks.empty()) {
        std::free(blocks.back());
        blocks.pop_back();
        memory_.cached_bytes -= size;
      }
      if (blocks.empty()) free_blocks_.erase(largest);
    }
  }

  void *fresh(size_t block_bytes) {
    const bool is_huge = block_bytes >= kHugePageBytes;
    void *block = nullptr;
    if (posix_memalign(&block, is_huge ? kHugePageBytes : kAlignment,
                       block_bytes) != 0) {
      trim();
      if (posix_memalign(&block, kAlignment, block_bytes) != 0)
        refuse(block_bytes);
    }
    if (is_huge) madvise(block, block_bytes, MADV_HUGEPAGE);  // a hint
    return block;
  }

  [[noreturn]] void refuse(size_t block_bytes) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      memory_.used_bytes -= block_bytes;
    }
    TORCH_CHECK_WITH(OutOfMemoryError, false, "could not allocate ",
                     block_bytes, " bytes of host memory");
  }

  static void release(void *data) {
    if (data) instance().give_back(static_cast<Header *>(data) - 1);
  }

  void give_back(Header *block) {
    const size_t bytes = block->block_bytes;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      memory_.used_bytes -= bytes;
      if (may_cache(bytes)) {
        free_blocks_[bytes].push_back(block);
        memory_.cached_bytes += bytes;
        return;
      }
    }
    std::free(block);
  }

  bool may_cache(size_t block_bytes) const {
    const size_t cached_bytes = memory_.cached_bytes + block_bytes;
    return block_bytes >= kMinCachedBytes && cached_bytes <= kMaxCacheBytes &&
           (memory_.limit_bytes == 0 ||
            memory_.used_bytes + cached_bytes <= memory_.limit_bytes);
  }

  std::mutex mutex_;  // guards all below; nothing else is locked under it
  std::map<size_t, std::vector<void *>> free_blocks_;
  CpuMemory memory_;
  CpuFaults faults_;
  bool has_faults_ = false;
};

}  // namespace

void install_cpu_allocator() {
  static std::once_flag once;
  std::call_once(once, [] {
    constexpr uint8_t kAboveDefault = 1;
    c10::SetAllocator(c10::kCPU, &CachingCpuAllocator::instance(),
                      kAboveDefault);
  });
}

void release_cached_cpu_memory() { CachingCpuAllocator::instance().trim(); }

CpuMemory cpu_memory() { return CachingCpuAllocator::instance().memory(); }

size_t cpu_block_bytes(size_t tensor_bytes) {
  return block_bytes_for(tensor_bytes);
}

void reset_cpu_memory_peak() { CachingCpuAllocator::instance().reset_peak(); }

void set_cpu_memory_limit(size_t bytes) {
  CachingCpuAllocator::instance().set_limit(bytes);
}

void inject_cpu_faults(const CpuFaults &faults) {
  CachingCpuAllocator::instance().set_faults(faults);
}

}  // namespace sam2
