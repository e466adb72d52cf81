// Whose frames go through the image encoder together.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <vector>

namespace sam2 {

// Streams that share an encoder take turns: each has some frames waiting, and
// a batch takes one of every stream in turn until it is full, beginning behind
// the stream whose frame was the last of the batch before, so that none
// starves. A batch is due when it is full, when every active stream has a frame
// waiting, or when a frame has waited long enough. A stream that was not there
// then is active no more, until it brings a frame: it is not waited for again.
//
// Knows no clock, no thread and no frame, only how many there are.
// Thread-bound.
class EncoderTurns {
 public:
  using Stream = int;
  using Time = std::chrono::steady_clock::time_point;

  struct Demand {
    size_t frames = 1;
    // Of a batch, 1 or more. The largest of all streams counts.
    size_t most_frames = 1;
    Time latest;  // so long they may wait for others
  };

  // A new stream, active from the start.
  Stream join();
  // The stream and its frames are gone.
  void leave(Stream stream);

  // The frames of `demand` wait. The stream has none that wait already.
  void add(Stream stream, const Demand &demand);
  // The stream's frames wait no more, and it is not waited for.
  void withdraw(Stream stream);
  // It is not waited for. Nothing if it has frames that wait, or has left.
  void rest(Stream stream);

  // The streams whose next frames go now, one entry a frame. Empty if no batch
  // is due: it will be at due() unless somebody does something before.
  std::vector<Stream> take(Time now);
  // When a batch is due at the latest; none if no frame waits.
  std::optional<Time> due() const;

 private:
  struct State {
    Demand demand = {0, 1, {}};  // its frames are those that wait
    bool is_active = true;
    bool is_waiting() const { return demand.frames > 0; }
  };
  using States = std::map<Stream, State>;

  size_t batch_size() const;
  size_t waiting_frames() const;
  bool are_all_there() const;
  void rest_absent();

  States states_;
  Stream next_name_ = 0;
  Stream latest_served_ = -1;
};

}  // namespace sam2
