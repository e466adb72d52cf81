// Objects in a picture that nobody has pointed out.
#pragma once

#include <vector>

#include "model/sam2_model.h"
#include "track/proposal.h"

namespace sam2 {

// Clicks on a grid over the encoded frame, three masks for each, and of those
// the ones that choose_proposals() leaves, as masks of `frame_size`. Costs
// points_per_side² runs of the mask decoder, 32 together, and for the time
// being up to 3 masks of the model's size per point. Synchronises. Error
// kSetting for a setting out of range. const, any thread.
std::vector<Proposal> propose_masks(const Sam2Model &model,
                                    const EncodedFrame &frame,
                                    SizePx frame_size,
                                    const ProposalSettings &settings);

}  // namespace sam2
