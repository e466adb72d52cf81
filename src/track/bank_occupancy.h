// How full the memory banks of a tracker are.
#pragma once

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
};

}  // namespace sam2
