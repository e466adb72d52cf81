#include "generated_model.h"

#include <stdexcept>

#include "generated_weights.h"
#include "golden_file.h"
#include "model/model_loader.h"

namespace sam2::test {

std::shared_ptr<const Sam2Model> generated_model(
    const ModelConfig &config, const std::string &adjustments_file,
    at::ScalarType type) {
  const Adjustments adjustments =
      load_adjustments(golden_path(adjustments_file));
  Checkpoint weights;
  for (const TensorSpec &spec : expected_tensors(config))
    weights.tensors[spec.name] =
        generated_weight(spec.name, spec.shape, adjustments);
  return std::make_shared<const Sam2Model>(
      load_network(config, weights, c10::Device(c10::kCPU), type), 0);
}

const ModelConfig &config_named(const std::string &name) {
  const ModelConfig *config = find_config(name);
  if (!config) throw std::out_of_range("no model is called " + name);
  return *config;
}

}  // namespace sam2::test
