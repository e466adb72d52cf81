// For builds with -Db_sanitize=thread: shows ThreadSanitizer the locks of GLib,
// which are made of system calls that it does not see, and with them those of
// GStreamer. Part of every test program, whose symbols go before the library's.
#include <dlfcn.h>
#include <glib.h>

extern "C" {

void __tsan_acquire(void *address);
void __tsan_release(void *address);

#define REAL(name)         \
  static const auto real = \
      reinterpret_cast<decltype(&(name))>(dlsym(RTLD_NEXT, #name))

#define SHOW_LOCK(name, Type) \
  void name(Type *lock) {     \
    REAL(name);               \
    real(lock);               \
    __tsan_acquire(lock);     \
  }
#define SHOW_TRYLOCK(name, Type)           \
  gboolean name(Type *lock) {              \
    REAL(name);                            \
    const gboolean is_locked = real(lock); \
    if (is_locked) __tsan_acquire(lock);   \
    return is_locked;                      \
  }
#define SHOW_UNLOCK(name, Type) \
  void name(Type *lock) {       \
    REAL(name);                 \
    __tsan_release(lock);       \
    real(lock);                 \
  }

SHOW_LOCK(g_mutex_lock, GMutex)
SHOW_TRYLOCK(g_mutex_trylock, GMutex)
SHOW_UNLOCK(g_mutex_unlock, GMutex)
SHOW_LOCK(g_rec_mutex_lock, GRecMutex)
SHOW_TRYLOCK(g_rec_mutex_trylock, GRecMutex)
SHOW_UNLOCK(g_rec_mutex_unlock, GRecMutex)

void g_cond_wait(GCond *condition, GMutex *mutex) {
  REAL(g_cond_wait);
  __tsan_release(mutex);
  real(condition, mutex);
  __tsan_acquire(mutex);
}

gboolean g_cond_wait_until(GCond *condition, GMutex *mutex, gint64 end_us) {
  REAL(g_cond_wait_until);
  __tsan_release(mutex);
  const gboolean is_signalled = real(condition, mutex, end_us);
  __tsan_acquire(mutex);
  return is_signalled;
}

// The queue of a GstHarness.
void g_async_queue_push(GAsyncQueue *queue, gpointer data) {
  REAL(g_async_queue_push);
  __tsan_release(queue);
  real(queue, data);
}

gpointer g_async_queue_try_pop(GAsyncQueue *queue) {
  REAL(g_async_queue_try_pop);
  const gpointer data = real(queue);
  __tsan_acquire(queue);
  return data;
}

gpointer g_async_queue_timeout_pop(GAsyncQueue *queue, guint64 timeout_us) {
  REAL(g_async_queue_timeout_pop);
  const gpointer data = real(queue, timeout_us);
  __tsan_acquire(queue);
  return data;
}

}  // extern "C"
