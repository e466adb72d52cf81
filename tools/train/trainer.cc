#include "trainer.h"

#include <ATen/TensorOperators.h>
#include <ATen/autocast_mode.h>
#include <ATen/ops/_foreach_lerp.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "initial_weights.h"
#include "random_seeds.h"

namespace sam2::train {
namespace {

constexpr double kBeta1 = 0.9;
constexpr double kBeta2 = 0.98;
constexpr double kEps = 1e-8;
constexpr double kLastRate = 0.01;  // share of the peak

// Matrix products in bfloat16 while it lives.
class MixedPrecision {
 public:
  MixedPrecision(at::DeviceType device, bool is_on)
      : device_(device), is_on_(is_on) {
    if (!is_on_) return;
    at::autocast::set_autocast_dtype(device_, at::kBFloat16);
    at::autocast::set_autocast_enabled(device_, true);
    at::autocast::set_autocast_cache_enabled(true);
  }
  ~MixedPrecision() {
    if (!is_on_) return;
    at::autocast::clear_cache();
    at::autocast::set_autocast_enabled(device_, false);
  }
  MixedPrecision(const MixedPrecision &) = delete;
  MixedPrecision &operator=(const MixedPrecision &) = delete;

 private:
  at::DeviceType device_;
  bool is_on_;
};

}  // namespace

double learning_rate(const TrainerSettings &settings, int64_t index) {
  if (index < settings.warmup)
    return settings.learning_rate * static_cast<double>(index + 1) /
           static_cast<double>(settings.warmup);
  const double part = static_cast<double>(index - settings.warmup) /
                      static_cast<double>(std::max<int64_t>(
                          1, settings.iterations - settings.warmup));
  const double cosine = (1 + std::cos(M_PI * std::min(1.0, part))) / 2;
  return settings.learning_rate * (kLastRate + (1 - kLastRate) * cosine);
}

Trainer::Trainer(Sam2Network network, const TrainerSettings &settings,
                 at::Device device)
    : network_(std::move(network)), settings_(settings) {
  network_.visit([&](const std::string &name, at::Tensor &weight,
                     const std::vector<int64_t> &) {
    const bool trained = is_trained(name);
    weight = weight.to(device, at::kFloat).clone().requires_grad_(trained);
    parameters_.push_back({name, weight, weight.detach().clone(),
                           at::zeros_like(weight.detach()),
                           at::zeros_like(weight.detach()),
                           at::zeros({}, weight.options().requires_grad(false)),
                           trained, decays(name, weight)});
  });
}

StepReport Trainer::step(const ClipBatch &batch) {
  StepReport report;
  at::Tensor loss;
  {
    const MixedPrecision precision(parameters_[0].weight.device().type(),
                                   settings_.is_mixed);
    loss = clip_loss(network_, batch, settings_.step,
                     mixed_seed(~settings_.seed, iteration_), &report);
  }
  if (!std::isfinite(report.loss))
    throw Error(ErrorCode::kInternal,
                "The loss is no finite number at iteration " +
                    std::to_string(iteration_) +
                    ". Go on from the last checkpoint with a lower "
                    "--learning-rate.");
  loss.backward();
  const at::NoGradGuard no_grad;
  clip_gradients();
  update(learning_rate(settings_, iteration_));
  average();
  ++iteration_;
  return report;
}

void Trainer::clip_gradients() {
  std::vector<at::Tensor> gradients;
  for (const Parameter &p : parameters_)
    if (p.weight.grad().defined()) gradients.push_back(p.weight.grad());
  const at::Tensor norm =
      at::linalg_vector_norm(at::stack(at::_foreach_norm(gradients)));
  const double value = norm.item<double>();
  if (value > settings_.clip_norm)
    at::_foreach_mul_(gradients, settings_.clip_norm / (value + 1e-6));
}

void Trainer::update(double rate) {
  for (const bool decays : {true, false}) {
    std::vector<at::Tensor> weights, gradients, means, squares, steps;
    for (Parameter &p : parameters_) {
      if (p.decays != decays || !p.weight.grad().defined()) continue;
      weights.push_back(p.weight);
      gradients.push_back(p.weight.grad());
      means.push_back(p.mean);
      squares.push_back(p.square);
      steps.push_back(p.step_count.add_(1));
    }
    at::_fused_adamw_(weights, gradients, means, squares, {}, steps, rate,
                      kBeta1, kBeta2, decays ? settings_.weight_decay : 0.0,
                      kEps, /*amsgrad=*/false, /*maximize=*/false);
  }
  for (Parameter &p : parameters_) p.weight.mutable_grad().reset();
}

// The first steps count more, so that the random start is soon forgotten.
void Trainer::average() {
  const double n = static_cast<double>(iteration_);
  const double decay = std::min(settings_.ema_decay, (1 + n) / (10 + n));
  std::vector<at::Tensor> averages, weights;
  for (Parameter &p : parameters_) {
    averages.push_back(p.average);
    weights.push_back(p.weight.detach());
  }
  at::_foreach_lerp_(averages, weights, 1 - decay);
}

NamedTensors Trainer::averaged_weights() const {
  NamedTensors out;
  for (const Parameter &p : parameters_)
    out[p.name] = p.average.to(at::kCPU, at::kFloat).clone();
  return out;
}

template <class Action>
void Trainer::each_tensor(const Action &action) {
  for (Parameter &p : parameters_) {
    action("weight/" + p.name, p.weight);
    action("average/" + p.name, p.average);
    action("mean/" + p.name, p.mean);
    action("square/" + p.name, p.square);
    action("step/" + p.name, p.step_count);
  }
}

NamedTensors Trainer::state() const {
  NamedTensors out;
  const_cast<Trainer *>(this)->each_tensor(
      [&](const std::string &name, const at::Tensor &t) {
        out[name] = t.detach().to(at::kCPU).clone();
      });
  out["iteration"] = at::tensor({iteration_}, at::kLong);
  return out;
}

void Trainer::load_state(const NamedTensors &state) {
  const at::NoGradGuard no_grad;
  const auto find = [&](const std::string &name) -> const at::Tensor & {
    const auto found = state.find(name);
    if (found == state.end())
      throw Error(ErrorCode::kUnreadable,
                  "The checkpoint has no \"" + name +
                      "\". It is of another model or version: start anew.");
    return found->second;
  };
  each_tensor([&](const std::string &name, at::Tensor &target) {
    const at::Tensor &saved = find(name);
    if (saved.sizes() != target.sizes())
      throw Error(ErrorCode::kUnreadable,
                  "The checkpoint's \"" + name +
                      "\" has another shape. It is of another model: start "
                      "anew.");
    target.detach().copy_(saved);
  });
  iteration_ = find("iteration")[0].item<int64_t>();
}

void Trainer::load_weights(const NamedTensors &weights) {
  const at::NoGradGuard no_grad;
  for (Parameter &p : parameters_) {
    const auto found = weights.find(p.name);
    if (found == weights.end() || found->second.sizes() != p.weight.sizes())
      throw Error(ErrorCode::kUnreadable,
                  "The weights to start from lack \"" + p.name +
                      "\" in this shape. Use a model of the same variant.");
    p.weight.detach().copy_(found->second);
    p.average.copy_(found->second);
  }
}

}  // namespace sam2::train
