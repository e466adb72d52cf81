#include "generated_model.h"

#include <stdexcept>

#include "generated_weights.h"
#include "golden_file.h"

namespace sam2::test {

std::shared_ptr<const Sam2Model> generated_model(
    const ModelConfig &config, const std::string &adjustments_file) {
  const Adjustments adjustments =
      load_adjustments(golden_path(adjustments_file));
  Sam2Network network(config);
  network.visit([&](const std::string &name, at::Tensor &tensor,
                    const std::vector<int64_t> &shape) {
    tensor = generated_weight(name, shape, adjustments);
  });
  return std::make_shared<const Sam2Model>(std::move(network), 0);
}

const ModelConfig &config_named(const std::string &name) {
  const ModelConfig *config = find_config(name);
  if (!config) throw std::out_of_range("no model is called " + name);
  return *config;
}

}  // namespace sam2::test
