// What is expensive to make and shared for as long as anybody uses it.
#pragma once

#include <cstddef>
#include <future>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

namespace sam2 {

// One value a key, owned by its users alone: it goes with the last of them.
// Thread-safe.
template <class Key, class Value>
class WeakCache {
 public:
  using Pointer = std::shared_ptr<Value>;

  // The value of `key`; if nobody has it, what `make()` returns. Who asks
  // while it is being made waits for it, and gets what `make` throws, too; a
  // failure is not remembered. Values of other keys are made meanwhile. `make`
  // must not ask for its own key.
  template <class Make>
  Pointer get(const Key &key, Make make) {
    std::promise<Pointer> promise;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      forget_expired();
      Entry &entry = entries_[key];
      if (Pointer value = entry.value.lock()) return value;
      if (entry.making.valid()) return wait_for(entry.making, lock);
      entry.making = promise.get_future().share();
    }
    try {
      Pointer value = make();
      publish(key, value);
      promise.set_value(value);
      return value;
    } catch (...) {
      publish(key, nullptr);
      promise.set_exception(std::current_exception());
      throw;
    }
  }

  // `value` stays with its users, and who asks for its key next gets a new one.
  // Does nothing if it is not, or no longer, the value of a key. The caller
  // keeps it alive.
  void forget(const Value *value) {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (auto it = entries_.begin(); it != entries_.end();) {
      const bool is_it = it->second.value.lock().get() == value;
      it = is_it ? entries_.erase(it) : std::next(it);
    }
  }

  // Threads that wait for a value just now.
  size_t waiting() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return waiting_;
  }

 private:
  using Future = std::shared_future<Pointer>;
  struct Entry {
    std::weak_ptr<Value> value;
    Future making;  // valid while somebody makes it
  };

  // By value: the entry may go meanwhile.
  Pointer wait_for(Future making, std::unique_lock<std::mutex> &lock) {
    ++waiting_;
    lock.unlock();
    making.wait();
    lock.lock();
    --waiting_;
    lock.unlock();
    return making.get();
  }

  void publish(const Key &key, const Pointer &value) {
    const std::lock_guard<std::mutex> lock(mutex_);
    entries_[key] = {value, Future()};
  }

  void forget_expired() {
    for (auto it = entries_.begin(); it != entries_.end();) {
      const Entry &entry = it->second;
      const bool is_used = entry.making.valid() || !entry.value.expired();
      it = is_used ? std::next(it) : entries_.erase(it);
    }
  }

  mutable std::mutex mutex_;  // guards what follows; not held while making
  std::map<Key, Entry> entries_;
  size_t waiting_ = 0;
};

}  // namespace sam2
