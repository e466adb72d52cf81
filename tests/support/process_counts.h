// What a process holds of the system's things.
#pragma once

#include <glib.h>
#include <malloc.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

namespace sam2 {

inline int64_t entries_of(const std::string &folder) {
  return std::distance(std::filesystem::directory_iterator(folder), {});
}
// Without the one that GLib keeps for starting others.
inline int64_t thread_count() {
  int64_t count = 0;
  for (const auto &task :
       std::filesystem::directory_iterator("/proc/self/task")) {
    std::string name;  // empty if it has just ended
    std::ifstream file(task.path() / "comm");
    std::getline(file, name);
    if (!name.empty() && name != "pool-spawner") ++count;
  }
  return count;
}
// With the one that reads the folder.
inline int64_t descriptor_count() { return entries_of("/proc/self/fd"); }

// Waits until there are no more than `count`: threads of GLib's pool stay for
// a while when their work is done.
inline void await_threads(int64_t count) {
  while (thread_count() > count) {
    g_thread_pool_stop_unused_threads();
    std::this_thread::yield();
  }
}

// Of memory, with what is free given back first.
inline int64_t resident_bytes() {
  malloc_trim(0);
  int64_t all = 0, resident = 0;
  std::ifstream file("/proc/self/statm");
  file >> all >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

}  // namespace sam2
