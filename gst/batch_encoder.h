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

// Thread-bound.
class BatchEncoder {
 public:
  // `engine` may be null; nothing is encoded until there is one.
  void set_engine(std::shared_ptr<const Engine> engine);
  // The format of the frames to come. Throws Error (kFormat) if GStreamer
  // cannot convert it to RGB.
  void set_format(const GstVideoInfo &info);

  // One image a frame, in their order. The time goes to the stages kConvert and
  // kEncode. Throws Error (kFormat) for a frame whose memory is too small, and
  // what Engine::encode throws.
  std::vector<EncodedImagePtr> encode(const std::vector<GstBuffer *> &frames,
                                      TrackStats &stats);

  // Shows `look` the frame as an RGB picture, which lives as long as the call.
  // Throws Error (kFormat) for a frame whose memory is too small.
  void show(GstBuffer *frame,
            const std::function<void(const ImageView &)> &look);

 private:
  std::shared_ptr<const Engine> engine_;
  std::optional<GstVideoInfo> format_;
  std::vector<RgbFrame> converters_;  // one for each frame of a batch
};

}  // namespace sam2
