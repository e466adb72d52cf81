// Models that are loaded once for all engines of the process.
#pragma once

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <cstdint>
#include <memory>
#include <string>

#include "model/sam2_model.h"

namespace sam2 {

// Const, as the model is. Keeps its weights loaded.
struct SharedModel {
  SharedModel(std::shared_ptr<const void> weights_owner, int64_t number,
              const Sam2Network &network, int64_t input_size_px)
      : weights(std::move(weights_owner)),
        load_number(number),
        model(network, input_size_px) {}

  std::shared_ptr<const void> weights;  // goes last
  int64_t load_number;                  // see ModelInfo
  Sam2Model model;
};

// The model of a file: the same object for the same input size and variant, and
// the same weights for all of them: only tables of positions and rules differ.
// A file is known by its canonical path, inode, size and time of change. With
// the last user the weights go, and cached host memory with them. Throws what
// read_checkpoint, detect_config, load_network and Sam2Model throw, also to
// those who waited for another thread that loads the same. `model_type` as
// choose_variant() takes it, `input_size_px` as Sam2Model does. Thread-safe;
// different files load side by side.
std::shared_ptr<const SharedModel> shared_model(
    const std::string &file, c10::Device device, c10::ScalarType type,
    int64_t input_size_px, const std::string &model_type = "auto");

// For a model whose device has failed: those who have it keep it, and its
// weights are loaded anew for who asks next, at any input size. Thread-safe.
void forget_model(const SharedModel &model);

}  // namespace sam2
