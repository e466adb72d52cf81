// From named tensors to a network: which variant it is, and whether every
// weight is there in the right shape.
#pragma once

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include "io/checkpoint.h"
#include "model/sam2_network.h"

namespace sam2 {

// The variant that a file holds: the config it carries, else the row of the
// table with its kind of trunk, number of blocks, width and 2.0/2.1 tensors.
// Error kUnreadable if it is none of them (with what was found).
ModelConfig detect_config(const Checkpoint &checkpoint);

// What a file without a config of its own holds, if others in the table have
// the same tensors as `config` and differ in their rules, as EfficientTAM's
// variants do: the one that `type` names, else the one that the file is named
// after ("efficienttam_s_2.pt"), else `config`.
ModelConfig choose_variant(const ModelConfig &config, const std::string &type,
                           const std::string &file);

// Error kSetting if `config` is not of that type, or if there is no such type:
// "auto", which every config is of, its name, or a short_name() of the table.
void check_model_type(const ModelConfig &config, const std::string &type);

// A network of `config` with the checkpoint's weights on `device`. Image
// encoder, memory attention and memory encoder take `type`; the rest, 2 % of
// the work, stays float32 because it decides the masks' edges and scores.
// Error kUnreadable names everything missing, extra or misshapen at once.
Sam2Network load_network(const ModelConfig &config,
                         const Checkpoint &checkpoint, c10::Device device,
                         c10::ScalarType type);

}  // namespace sam2
