// Models with generated weights, for suites that need every operation but no
// trained result.
#pragma once

#include <memory>
#include <string>

#include "model/sam2_model.h"

namespace sam2::test {

// A model of `config` with the weights of generated_weights.h on the CPU in
// float32, or in `type` as load_network() would load them. `adjustments` names
// a file of the golden folder.
std::shared_ptr<const Sam2Model> generated_model(
    const ModelConfig &config, const std::string &adjustments,
    at::ScalarType type = at::kFloat);

// Row of the table; throws std::out_of_range if there is none.
const ModelConfig &config_named(const std::string &name);

}  // namespace sam2::test
