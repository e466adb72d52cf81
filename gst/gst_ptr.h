// Owners for GStreamer and GLib things. No bare unref, free or unmap exists
// outside this header.
#pragma once

#include <gst/gst.h>
#include <gst/video/video.h>

#include <memory>

namespace sam2 {

struct GFree {
  void operator()(void *memory) const { g_free(memory); }
};
struct MiniObjectUnref {
  template <typename T>
  void operator()(T *object) const {
    gst_mini_object_unref(reinterpret_cast<GstMiniObject *>(object));
  }
};
struct ObjectUnref {
  template <typename T>
  void operator()(T *object) const {
    g_object_unref(object);
  }
};
struct StructureFree {
  void operator()(GstStructure *structure) const {
    gst_structure_free(structure);
  }
};
struct VideoConverterFree {
  void operator()(GstVideoConverter *converter) const {
    gst_video_converter_free(converter);
  }
};

using CharPtr = std::unique_ptr<char, GFree>;
using BufferPtr = std::unique_ptr<GstBuffer, MiniObjectUnref>;
using EventPtr = std::unique_ptr<GstEvent, MiniObjectUnref>;
using QueryPtr = std::unique_ptr<GstQuery, MiniObjectUnref>;
using StructurePtr = std::unique_ptr<GstStructure, StructureFree>;
using CapsPtr = std::unique_ptr<GstCaps, MiniObjectUnref>;
using VideoConverterPtr =
    std::unique_ptr<GstVideoConverter, VideoConverterFree>;

// Holds a GstObject's lock. Never post a message meanwhile: posting takes it.
class ObjectLock {
 public:
  explicit ObjectLock(gpointer object) : object_(GST_OBJECT_CAST(object)) {
    GST_OBJECT_LOCK(object_);
  }
  ~ObjectLock() { GST_OBJECT_UNLOCK(object_); }
  ObjectLock(const ObjectLock &) = delete;
  ObjectLock &operator=(const ObjectLock &) = delete;

 private:
  GstObject *object_;
};

// A mapped buffer. is_mapped() is false if it could not be mapped.
class BufferMap {
 public:
  BufferMap(GstBuffer *buffer, GstMapFlags flags) : buffer_(buffer) {
    is_mapped_ = gst_buffer_map(buffer_, &info_, flags);
  }
  ~BufferMap() {
    if (is_mapped_) gst_buffer_unmap(buffer_, &info_);
  }
  BufferMap(const BufferMap &) = delete;
  BufferMap &operator=(const BufferMap &) = delete;

  bool is_mapped() const { return is_mapped_; }
  uint8_t *data() const { return info_.data; }
  size_t size_bytes() const { return info_.size; }

 private:
  GstBuffer *buffer_;
  GstMapInfo info_ = GST_MAP_INFO_INIT;
  bool is_mapped_ = false;
};

// Leaves the picture that caps with `info` mean of a mapped frame: by its
// GstVideoMeta it may have more rows and columns, such as a decoder's whole
// blocks.
inline void cut_to_caps(GstVideoFrame *frame, const GstVideoInfo &info) {
  frame->info.width = info.width;
  frame->info.height = info.height;
}

// A mapped video frame of the size of `info`, strides and offsets from its
// GstVideoMeta if it has one. is_mapped() is false if it could not be mapped.
class VideoFrameMap {
 public:
  VideoFrameMap(const GstVideoInfo &info, GstBuffer *buffer,
                GstMapFlags flags) {
    // A buffer of one's own would get one memory in place of several.
    const bool is_shared = !(flags & GST_MAP_WRITE);
    if (is_shared) gst_buffer_ref(buffer);
    is_mapped_ = gst_video_frame_map(
        &frame_, &info, buffer,
        static_cast<GstMapFlags>(flags | GST_VIDEO_FRAME_MAP_FLAG_NO_REF));
    if (is_shared) gst_buffer_unref(buffer);
    if (is_mapped_) cut_to_caps(&frame_, info);
  }
  ~VideoFrameMap() {
    if (is_mapped_) gst_video_frame_unmap(&frame_);
  }
  VideoFrameMap(const VideoFrameMap &) = delete;
  VideoFrameMap &operator=(const VideoFrameMap &) = delete;

  bool is_mapped() const { return is_mapped_; }
  GstVideoFrame *get() { return &frame_; }

 private:
  GstVideoFrame frame_ = GST_VIDEO_FRAME_INIT;
  bool is_mapped_ = false;
};

}  // namespace sam2
