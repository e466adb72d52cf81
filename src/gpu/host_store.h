// Tensors of a device that lie in host memory until they are needed.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>
#include <c10/core/Event.h>
#include <c10/core/Stream.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace sam2 {

// Copies tensors to pinned memory and back, on a stream of its own beside what
// the device computes. The CPU has no streams: there memory is not pinned and
// every copy is done at once, which is for tests. Device memory that copies
// use is not used for anything else before they are done. Thread-bound.
class HostStore {
 public:
  explicit HostStore(c10::Device device) : device_(device) {}
  HostStore(const HostStore &) = delete;
  HostStore &operator=(const HostStore &) = delete;

  // A copy on the host of a tensor of the device, contiguous, of the same size
  // and type. It is there for a Delivery at once, for the host after settle().
  // Throws what LibTorch throws, c10::OutOfMemoryError among it.
  at::Tensor put(const at::Tensor &tensor);

  // Waits until what was put is there.
  void settle() const;

 private:
  friend class Delivery;
  // Undefined on the CPU; made when the first copy needs it.
  const std::optional<c10::Stream> &lane();
  c10::Stream current_stream() const;

  c10::Device device_;
  std::optional<c10::Stream> lane_;
};

// For banks on `device`; nullptr on the CPU, where all is on the host.
std::shared_ptr<HostStore> host_store_for(c10::Device device);

// Groups of tensors for the device, one group after the other. What a store
// has is copied there while the device computes with the group before, into
// two places that take turns. Thread-bound.
class Delivery {
 public:
  // Tensors [n, C], C and type the same for all.
  using Group = std::vector<at::Tensor>;

  // `store`, which outlives this, is what the tensors were put into; nullptr
  // if they are on the device. Begins with the first group.
  Delivery(HostStore *store, std::vector<Group> groups);

  // The next group on the device, its tensors one behind the other, [sum of n,
  // C]: for work on the current stream that is launched before the next call.
  at::Tensor next();

 private:
  struct Place {
    explicit Place(c10::DeviceType type) : arrived(type), used(type) {}
    at::Tensor rows;  // [most_rows_, C]
    c10::Event arrived;
    c10::Event used;  // by the stream that computes
  };
  Place &place_of(size_t index) { return places_[index % places_.size()]; }
  void begin(size_t index);

  HostStore *store_;
  std::vector<Group> groups_;
  int64_t most_rows_ = 0;  // of a group
  size_t next_ = 0;
  std::array<Place, 2> places_;
};

}  // namespace sam2
