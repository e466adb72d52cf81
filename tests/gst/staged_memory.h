// Memory as GStreamer's of a GPU is: its bytes are elsewhere, and mapping it
// brings a copy of them to the host.
#pragma once

#include "support/gst_test.h"

namespace sam2 {

struct StagedMemory {
  GstMemory base;
  guint8 *away;   // the bytes
  guint8 *host;   // their copy; null = not asked for yet
  int downloads;  // how often it was made
  bool is_changed;
};

struct StagedAllocator {
  GstAllocator base;
};
struct StagedAllocatorClass {
  GstAllocatorClass base;
};
G_DEFINE_TYPE(StagedAllocator, staged_allocator, GST_TYPE_ALLOCATOR)

inline gpointer map_staged(GstMemory *base, gsize size, GstMapFlags flags) {
  auto *memory = reinterpret_cast<StagedMemory *>(base);
  if (flags & GST_MAP_WRITE) memory->is_changed = true;
  if (!memory->host) {
    memory->host = static_cast<guint8 *>(g_memdup2(memory->away, size));
    ++memory->downloads;
  }
  return memory->host;
}

inline void free_staged(GstAllocator *, GstMemory *base) {
  auto *memory = reinterpret_cast<StagedMemory *>(base);
  g_free(memory->away);
  g_free(memory->host);
  delete memory;
}

static void staged_allocator_class_init(StagedAllocatorClass *staged_class) {
  staged_class->base.free = free_staged;
}

static void staged_allocator_init(StagedAllocator *allocator) {
  allocator->base.mem_type = "StagedMemory";
  allocator->base.mem_map = map_staged;
  allocator->base.mem_unmap = [](GstMemory *) {};
  GST_OBJECT_FLAG_SET(allocator, GST_ALLOCATOR_FLAG_CUSTOM_ALLOC);
}

// `plain` with its bytes in such memory.
inline BufferPtr staged(BufferPtr plain) {
  const std::unique_ptr<GstAllocator, ObjectUnref> allocator(GST_ALLOCATOR(
      gst_object_ref_sink(g_object_new(staged_allocator_get_type(), nullptr))));
  const gsize size = gst_buffer_get_size(plain.get());
  auto *memory = new StagedMemory();
  memory->away = static_cast<guint8 *>(g_malloc(size));
  gst_buffer_extract(plain.get(), 0, memory->away, size);
  gst_memory_init(&memory->base, static_cast<GstMemoryFlags>(0),
                  allocator.get(), nullptr, size, 0, 0, size);
  gst_buffer_replace_all_memory(plain.get(), &memory->base);
  return plain;
}

// Of a buffer whose memory is such.
inline const StagedMemory &staged_memory(const BufferPtr &buffer) {
  return *reinterpret_cast<StagedMemory *>(
      gst_buffer_peek_memory(buffer.get(), 0));
}

}  // namespace sam2
