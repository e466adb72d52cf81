// How full the memory banks of a tracker are.
#pragma once

#include <cstdint>

namespace sam2 {

struct BankCounts {
  // Of tracked frames; conditioning frames have theirs beside these.
  int memories = 0;
  int pointers = 0;
  int conditioning_frames = 0;
};

struct BankOccupancy {
  BankCounts held;      // by all objects together
  BankCounts fullest;   // the most that one object holds, of each
  BankCounts capacity;  // of one object; -1 conditioning frames = no limit
  // Memories lie in host memory, beside the device that tracks.
  bool is_spilled = false;
  int64_t spilled_bytes = 0;  // by all objects together
};

}  // namespace sam2
