// Objects with whole boxes as masks, on buffers.
#pragma once

#include <utility>
#include <vector>

#include "analytics_meta.h"
#include "gst_ptr.h"

namespace sam2 {

inline ObjectResult boxed_object(int64_t id, const BoxPx &box) {
  ObjectResult object;
  object.object_id = id;
  object.box = box;
  object.mask.width = static_cast<int>(box.width);
  object.mask.height = static_cast<int>(box.height);
  object.mask.pixels.assign(static_cast<size_t>(box.width * box.height), 255);
  return object;
}

inline void attach_objects(GstBuffer *buffer,
                           std::vector<ObjectResult> objects) {
  FrameResult result;
  result.objects = std::move(objects);
  attach_result(buffer, result, std::vector<SeenTimes>(result.objects.size()));
}

}  // namespace sam2
