#include "gpu/host_store.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <utility>

namespace sam2 {
namespace {

int64_t rows_of(const Delivery::Group &group) {
  int64_t rows = 0;
  for (const at::Tensor &tensor : group) rows += tensor.size(0);
  return rows;
}

}  // namespace

std::shared_ptr<HostStore> host_store_for(c10::Device device) {
  return device.is_cpu() ? nullptr : std::make_shared<HostStore>(device);
}

c10::Stream HostStore::current_stream() const {
  return c10::impl::VirtualGuardImpl(device_.type()).getStream(device_);
}

const std::optional<c10::Stream> &HostStore::lane() {
  if (!lane_ && !device_.is_cpu())
    lane_ = c10::impl::VirtualGuardImpl(device_.type())
                .getStreamFromGlobalPool(device_);
  return lane_;
}

at::Tensor HostStore::put(const at::Tensor &tensor) {
  const bool has_lane = lane().has_value();
  const at::Tensor kept = at::empty(
      tensor.sizes(),
      at::TensorOptions().dtype(tensor.dtype()).pinned_memory(has_lane));
  if (has_lane) {
    c10::Event computed(device_.type());
    computed.record(current_stream());
    computed.block(*lane_);
  }
  const c10::OptionalStreamGuard guard(lane_);
  kept.copy_(tensor, has_lane);
  if (has_lane) tensor.record_stream(*lane_);
  return kept;
}

void HostStore::settle() const {
  if (lane_) lane_->synchronize();
}

Delivery::Delivery(HostStore *store, std::vector<Group> groups)
    : store_(store),
      groups_(std::move(groups)),
      places_{Place(store ? store->device_.type() : c10::DeviceType::CPU),
              Place(store ? store->device_.type() : c10::DeviceType::CPU)} {
  if (!store_) return;
  for (const Group &group : groups_)
    most_rows_ = std::max(most_rows_, rows_of(group));
  begin(0);
}

// Copies of one lane are done in turn: what a group is made of was put there
// before.
void Delivery::begin(size_t index) {
  if (index >= groups_.size()) return;
  const std::optional<c10::Stream> &lane = store_->lane();
  const c10::OptionalStreamGuard guard(lane);
  const Group &group = groups_[index];
  Place &place = place_of(index);
  if (!place.rows.defined())
    place.rows = at::empty(
        {most_rows_, group.front().size(1)},
        group.front().options().device(store_->device_).pinned_memory(false));
  if (lane) place.used.block(*lane);
  int64_t row = 0;
  for (const at::Tensor &tensor : group) {
    place.rows.narrow(0, row, tensor.size(0)).copy_(tensor, lane.has_value());
    row += tensor.size(0);
  }
  if (lane) place.arrived.record(*lane);
}

at::Tensor Delivery::next() {
  const size_t index = next_++;
  TORCH_INTERNAL_ASSERT(index < groups_.size(), "there is no group ", index);
  if (!store_) return at::cat(groups_[index]);
  const bool has_lane = store_->lane().has_value();
  if (has_lane && index > 0)
    place_of(index - 1).used.record(store_->current_stream());
  begin(index + 1);
  const Place &place = place_of(index);
  if (has_lane) {
    place.arrived.block(store_->current_stream());
    // Whoever gets this memory next waits for what computes with it.
    place.rows.record_stream(store_->current_stream());
  }
  return place.rows.narrow(0, 0, rows_of(groups_[index]));
}

}  // namespace sam2
