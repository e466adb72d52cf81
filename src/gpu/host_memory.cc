#include "gpu/host_memory.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <limits>

namespace sam2 {
namespace {

constexpr uint64_t kNoLimit = std::numeric_limits<uint64_t>::max();

// The number that the file begins with; "max" and an absent file are no limit.
uint64_t number_in(const std::string &path) {
  std::ifstream file(path);
  uint64_t number = 0;
  return file >> number ? number : kNoLimit;
}

// The value in bytes of a line "NAME:   123 kB"; 0 if there is none.
uint64_t meminfo_bytes(const std::string &root, const std::string &name) {
  std::ifstream file(root + "/proc/meminfo");
  std::string line;
  while (std::getline(file, line))
    if (line.compare(0, name.size() + 1, name + ":") == 0)
      return std::strtoull(line.c_str() + name.size() + 1, nullptr, 10) * 1024;
  return 0;
}

// The least limit of a group and those it is in.
uint64_t least_limit(const std::string &mount, std::string group,
                     const char *file) {
  uint64_t least = kNoLimit;
  while (true) {
    least = std::min(least, number_in(mount + group + "/" + file));
    const size_t slash = group.rfind('/');
    if (slash == std::string::npos) return least;
    group.erase(slash);
  }
}

// Lines are "ID:CONTROLLERS:GROUP"; version 2 has ID 0 and no controllers.
uint64_t group_limit(const std::string &root) {
  const std::string mount = root + "/sys/fs/cgroup";
  uint64_t least = kNoLimit;
  std::ifstream file(root + "/proc/self/cgroup");
  std::string line;
  while (std::getline(file, line)) {
    const size_t group = line.find(':', line.find(':') + 1) + 1;
    if (line.compare(0, 3, "0::") == 0)
      least =
          std::min(least, least_limit(mount, line.substr(group), "memory.max"));
    else if (line.find(":memory:") != std::string::npos)
      least = std::min(least, least_limit(mount + "/memory", line.substr(group),
                                          "memory.limit_in_bytes"));
  }
  return least;
}

}  // namespace

uint64_t host_memory_bytes(const std::string &root) {
  const uint64_t machine = meminfo_bytes(root, "MemTotal");
  const uint64_t group = group_limit(root);
  return machine == 0 && group == kNoLimit
             ? 0
             : std::min(machine == 0 ? kNoLimit : machine, group);
}

uint64_t free_host_memory_bytes(const std::string &root) {
  return meminfo_bytes(root, "MemAvailable");
}

uint64_t resident_bytes(const std::string &root) {
  std::ifstream file(root + "/proc/self/statm");
  uint64_t size_pages = 0, resident_pages = 0;
  if (!(file >> size_pages >> resident_pages)) return 0;
  return resident_pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace sam2
