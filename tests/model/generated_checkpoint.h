// Checkpoints without a file.
#pragma once

#include <ATen/ops/zeros.h>

#include "generated_weights.h"
#include "golden_file.h"
#include "io/checkpoint.h"
#include "model/config.h"
#include "model/sam2_network.h"

namespace sam2::test {

// Every tensor of `config` in the right shape, all zeros that share one
// element: the largest model costs nothing.
inline Checkpoint weightless_checkpoint(const ModelConfig &config) {
  Checkpoint checkpoint;
  for (const TensorSpec &spec : expected_tensors(config))
    checkpoint.tensors[spec.name] = at::zeros({}).expand(spec.shape);
  return checkpoint;
}

// The weights that generated_model() has.
inline Checkpoint generated_checkpoint(const ModelConfig &config) {
  const Adjustments adjustments =
      load_adjustments(golden_path("small_adjust.json"));
  Checkpoint checkpoint;
  for (const TensorSpec &spec : expected_tensors(config))
    checkpoint.tensors[spec.name] =
        generated_weight(spec.name, spec.shape, adjustments);
  return checkpoint;
}

}  // namespace sam2::test
