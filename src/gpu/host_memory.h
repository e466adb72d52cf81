// The machine's memory, by the system's count.
#pragma once

#include <cstdint>
#include <string>

namespace sam2 {

// Bytes that this process may use at all: the machine's memory, or less where
// its control group (version 2 or 1) has a limit. Below `root` lie proc and
// sys, for tests. 0 if nothing can be read.
uint64_t host_memory_bytes(const std::string &root = "");

// Bytes that the machine could give to somebody without swapping.
uint64_t free_host_memory_bytes(const std::string &root = "");

// Bytes of this process that are in memory now.
uint64_t resident_bytes(const std::string &root = "");

}  // namespace sam2
