#include "engine/encoder_turns.h"

#include <algorithm>

namespace sam2 {

EncoderTurns::Stream EncoderTurns::join() {
  states_[next_name_] = {};
  return next_name_++;
}

void EncoderTurns::leave(Stream stream) { states_.erase(stream); }

void EncoderTurns::add(Stream stream, const Demand &demand) {
  states_.at(stream) = {demand, true};
}

void EncoderTurns::withdraw(Stream stream) {
  State &state = states_.at(stream);
  state.demand.frames = 0;
  state.is_active = false;
}

void EncoderTurns::rest(Stream stream) {
  const auto found = states_.find(stream);
  if (found != states_.end())
    found->second.is_active = found->second.is_waiting();
}

size_t EncoderTurns::batch_size() const {
  size_t most = 1;
  for (const auto &[stream, state] : states_)
    most = std::max(most, state.demand.most_frames);
  return most;
}

size_t EncoderTurns::waiting_frames() const {
  size_t frames = 0;
  for (const auto &[stream, state] : states_) frames += state.demand.frames;
  return frames;
}

bool EncoderTurns::are_all_there() const {
  return std::all_of(states_.begin(), states_.end(), [](const auto &entry) {
    return !entry.second.is_active || entry.second.is_waiting();
  });
}

void EncoderTurns::rest_absent() {
  for (auto &[stream, state] : states_) state.is_active = state.is_waiting();
}

std::optional<EncoderTurns::Time> EncoderTurns::due() const {
  std::optional<Time> earliest;
  for (const auto &[stream, state] : states_)
    if (state.is_waiting())
      earliest =
          std::min(earliest.value_or(state.demand.latest), state.demand.latest);
  return earliest;
}

std::vector<EncoderTurns::Stream> EncoderTurns::take(Time now) {
  const size_t count = std::min(waiting_frames(), batch_size());
  if (count == 0) return {};
  if (count < batch_size() && !are_all_there()) {
    if (now < *due()) return {};
    rest_absent();
  }
  std::vector<Stream> batch;
  auto turn = states_.upper_bound(latest_served_);
  for (; batch.size() < count; ++turn) {
    if (turn == states_.end()) turn = states_.begin();
    if (!turn->second.is_waiting()) continue;
    --turn->second.demand.frames;
    batch.push_back(turn->first);
  }
  latest_served_ = batch.back();
  return batch;
}

}  // namespace sam2
