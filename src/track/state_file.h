// The file that a tracker's state is saved to: what it was saved with, and the
// tensors of the state.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "track/state_scope.h"

namespace sam2 {

// What must be the same where a state is restored: words for people, in the
// order in which they are compared, and values.
using StateIdentity = std::vector<std::pair<std::string, std::string>>;

// Writes what `walk` visits to `path`, a .safetensors file with `identity` in
// its metadata, over what is there only when all is written. Error kSetting if
// the file cannot be written.
void write_state(const std::string &path, const StateIdentity &identity,
                 const std::function<void(const StateScope &)> &walk);

// Reads the file and lets `walk` take the state out of it. What it filled is
// only good if this returns. Errors: kNotFound if there is no such file,
// kSetting if it was saved with another `identity` (all differences in one
// text), kUnreadable if it is damaged, no state or of another version, or if
// the walk left something over.
void read_state(const std::string &path, const StateIdentity &identity,
                const std::function<void(const StateScope &)> &walk);

// Throws sam2::Error (kUnreadable): Could not restore the tracker from
// "`path`": `reason`. Save the state again or start without it.
[[noreturn]] void refuse_state(const std::string &path,
                               const std::string &reason);

}  // namespace sam2
