// Memory attention on what the reference gave it and got from it.
#pragma once

#include <string>

#include "golden_file.h"
#include "model/sam2_model.h"

namespace sam2::test {

// Events of a tracked clip's frames 1, 3 and 8: 1, 3 and 7 memories.
inline constexpr const char *kAttentionEvents[] = {"e004.", "e008.", "e018."};
inline constexpr int kAttentionEventCount = 3;

// The event's tensor "attn_WHAT", which the reference keeps sequence first.
inline at::Tensor attention_tensor(const GoldenFile &session,
                                   const std::string &event,
                                   const std::string &what) {
  return session.tensor(event + "attn_" + what).transpose(0, 1);
}

// What `model` makes of the event's inputs; the reference's is "out".
inline at::Tensor attended(const Sam2Model &model, const GoldenFile &session,
                           const std::string &event) {
  EncodedFrame frame;
  frame.pix_feat = attention_tensor(session, event, "curr");
  return model.with_memory(frame, attention_tensor(session, event, "memory"),
                           attention_tensor(session, event, "memory_pos"),
                           session.tensor(event + "attn_nptr").item<int64_t>());
}

}  // namespace sam2::test
