#include "flow_settings.h"

#include <algorithm>

namespace sam2 {
namespace {

unsigned batch_size_for(SizePx frame_size) {
  const int64_t pixels = int64_t{1} * frame_size.width * frame_size.height;
  if (pixels <= 1280 * 720) return 8;
  return pixels <= 1920 * 1080 ? 4 : 2;
}

}  // namespace

unsigned batch_size(const FlowSettings &settings, bool is_cpu, bool is_live,
                    SizePx frame_size) {
  const unsigned most = settings.frame_buffer_size + 1;
  if (settings.batch_size > 0) return std::min(settings.batch_size, most);
  if (is_cpu || is_live) return 1;
  return std::min(batch_size_for(frame_size), most);
}

unsigned shared_batch_size(const FlowSettings &settings, SizePx frame_size) {
  return settings.batch_size > 0 ? settings.batch_size
                                 : batch_size_for(frame_size);
}

uint64_t batch_wait_ns(const FlowSettings &settings, uint64_t frame_ns) {
  if (!settings.model_instance_id.empty()) return 0;
  const uint64_t others = std::max(settings.batch_size, 1U) - 1;
  return std::min(others * frame_ns, settings.batch_timeout_ns);
}

}  // namespace sam2
