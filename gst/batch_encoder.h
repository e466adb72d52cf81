// Video frames to encoded images, several in one pass of the image encoder.
#pragma once

#include <gst/video/video.h>

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "engine/engine.h"
#include "rgb_frame.h"
#include "track_stats.h"

namespace sam2 {

using EncodedImagePtr = std::shared_ptr<const EncodedImage>;
// RGB pictures to images in their order, or to none if it is given up.
using EncodeViews =
    std::function<std::vector<EncodedImagePtr>(const std::vector<ImageView> &)>;

// Thread-bound.
class BatchEncoder {
 public:
  // `encode` may be null; nothing is encoded until there is one.
  void set_encode(EncodeViews encode);
  // The format of the frames to come. Throws Error (kFormat) if GStreamer
  // cannot convert it to RGB.
  void set_format(const GstVideoInfo &info);

  // One image a frame, in their order. The time goes to the stages kConvert and
  // kEncode. Throws Error (kFormat) for a frame whose memory is too small, and
  // what the function that was set throws.
  std::vector<EncodedImagePtr> encode(const std::vector<GstBuffer *> &frames,
                                      TrackStats &stats);

  // Shows `look` the frame as an RGB picture, which lives as long as the call.
  // Throws Error (kFormat) for a frame whose memory is too small.
  void show(GstBuffer *frame,
            const std::function<void(const ImageView &)> &look);

 private:
  EncodeViews encode_;
  std::optional<GstVideoInfo> format_;
  std::vector<RgbFrame> converters_;  // one for each frame of a batch
};

}  // namespace sam2
