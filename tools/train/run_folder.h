// The files of a training run.
#pragma once

#include <string>

#include "trainer.h"

namespace sam2::train {

// FOLDER/checkpoint.safetensors: everything to go on from. `run` describes
// what must be the same in the run that goes on.
void save_checkpoint(const std::string &folder, const Trainer &trainer,
                     const std::string &run);

// Loads the checkpoint if there is one; returns whether. Error kSetting if it
// is of a run with another description, kUnreadable if it is damaged.
bool resume(const std::string &folder, Trainer &trainer,
            const std::string &run);

// FOLDER/model.safetensors: the averaged weights in float16 with the config,
// as sam2track and the tools read it.
void save_model(const std::string &folder, const Trainer &trainer);

}  // namespace sam2::train
