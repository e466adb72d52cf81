// The weights in training: gradient steps, their average, and the state that a
// run goes on from.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "model/sam2_network.h"
#include "training_step.h"

namespace sam2::train {

struct TrainerSettings {
  double learning_rate = 4e-4;  // peak
  int64_t iterations = 1000;    // at the end the rate is 1 % of the peak
  int64_t warmup = 200;         // first iterations, the rate rises linearly
  double weight_decay = 0.05;
  double clip_norm = 1;      // of all gradients together
  double ema_decay = 0.998;  // of the averaged weights, reached gradually
  bool is_mixed = true;      // matrix products in bfloat16
  uint64_t seed = 1;
  StepSettings step;
};

// The rate of iteration `index` (from 0): linear warm-up, then a cosine.
double learning_rate(const TrainerSettings &settings, int64_t index);

using NamedTensors = std::map<std::string, at::Tensor>;

// AdamW (Loshchilov, Hutter 2019; LibTorch's fused version) on the weights of
// one network. Thread-bound.
class Trainer {
 public:
  // Takes the network's weights over; they live on `device` in float32.
  Trainer(Sam2Network network, const TrainerSettings &settings,
          at::Device device);

  // One gradient step on a batch. Throws Error kInternal if the loss is not
  // finite; the weights then are those before the step.
  StepReport step(const ClipBatch &batch);

  int64_t iteration() const { return iteration_; }  // steps taken
  const ModelConfig &config() const { return network_.config; }

  // Weights as they ship: the averaged ones, float32 on the CPU.
  NamedTensors averaged_weights() const;

  // All that the next steps depend on. load_state() refuses a state of other
  // tensors (Error kUnreadable); the settings are the caller's to keep.
  NamedTensors state() const;
  void load_state(const NamedTensors &state);
  // Weights alone, to start another run from.
  void load_weights(const NamedTensors &weights);

 private:
  struct Parameter {
    std::string name;
    at::Tensor weight;      // shared with network_
    at::Tensor average;     // exponential moving average
    at::Tensor mean;        // AdamW's first moment
    at::Tensor square;      // AdamW's second moment
    at::Tensor step_count;  // AdamW's, float32 scalar
    bool is_trained;
    bool decays;
  };

  void clip_gradients();
  void update(double rate);
  void average();
  template <class Action>
  void each_tensor(const Action &action);

  Sam2Network network_;
  TrainerSettings settings_;
  std::vector<Parameter> parameters_;
  int64_t iteration_ = 0;
};

}  // namespace sam2::train
