#include "batch_encoder.h"

#include <deque>
#include <utility>

#include "base/error.h"
#include "gst_ptr.h"

namespace sam2 {

namespace {

void check(const VideoFrameMap &map) {
  if (!map.is_mapped())
    throw Error(ErrorCode::kFormat,
                "A frame's memory is too small or cannot be read. Put a "
                "videoconvert, or for frames of a GPU a cudadownload, in front "
                "of the element.");
}

}  // namespace

void BatchEncoder::set_encode(EncodeViews encode) {
  encode_ = std::move(encode);
  format_.reset();
  converters_.clear();
}

void BatchEncoder::set_format(const GstVideoInfo &info) {
  format_ = info;
  converters_.resize(1);
  for (RgbFrame &converter : converters_) converter.set_format(info);
}

std::vector<EncodedImagePtr> BatchEncoder::encode(
    const std::vector<GstBuffer *> &frames, TrackStats &stats) {
  if (frames.empty()) return {};
  std::deque<VideoFrameMap> maps;  // the views are into them
  std::vector<ImageView> views;
  for (size_t i = 0; i < frames.size(); ++i) {
    const StageTimer timer(stats, Stage::kConvert);
    maps.emplace_back(*format_, frames[i], GST_MAP_READ);
    check(maps.back());
    if (i == converters_.size()) {
      converters_.emplace_back();
      converters_.back().set_format(*format_);
    }
    views.push_back(converters_[i].view(maps.back().get()));
  }
  const StageTimer timer(stats, Stage::kEncode);
  return encode_(views);
}

void BatchEncoder::show(GstBuffer *frame,
                        const std::function<void(const ImageView &)> &look) {
  VideoFrameMap map(*format_, frame, GST_MAP_READ);
  check(map);
  look(converters_.front().view(map.get()));
}

}  // namespace sam2
