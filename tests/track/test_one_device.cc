// Everything that a model computes for a stream, on a device that has shapes
// and types of tensors but no numbers (LibTorch's "meta"). No operation may
// have tensors of two devices, which a GPU refuses. That takes no time, so
// models of all sizes are tried, in all types.
#ifndef NDEBUG
#define NDEBUG  // as LibTorch was built: the layout of RecordFunction follows
                // it
#endif
#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/full.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/tensor.h>
#include <ATen/record_function.h>
#include <c10/core/InferenceMode.h>
#include <torch/library.h>

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "gpu/frame_tensor.h"
#include "model/model_loader.h"
#include "track/object_batch.h"
#include "track/tracker.h"
// Last: Check's macros get in the way of C++ headers.
#include "run_tests.h"

using namespace sam2;

namespace {

// Names of operations that had tensors of two devices. Numbers may be anywhere.
std::set<std::string> mixed_operations;
// Copies from one device to another that the host waits for, and with them for
// all that the device has to do before.
int awaited_copies = 0;

void note_devices(const at::RecordFunction &operation) {
  std::set<c10::DeviceType> devices;
  const auto note = [&](const at::Tensor &tensor) {
    if (tensor.defined() && tensor.dim() > 0)
      devices.insert(tensor.device().type());
  };
  for (const c10::IValue &value : operation.inputs()) {
    if (value.isTensor()) note(value.toTensor());
    if (value.isTensorList())
      for (const at::Tensor &tensor : value.toTensorVector()) note(tensor);
  }
  if (devices.size() < 2) return;
  const std::string name = operation.name();
  if (name != "aten::copy_")
    mixed_operations.insert(name);
  else if (!operation.inputs()[2].toBool())
    ++awaited_copies;
}

// While it lives, mixed_operations is filled and awaited_copies counts.
class DeviceWatch {
 public:
  DeviceWatch()
      : handle_(at::addGlobalCallback(
            at::RecordFunctionCallback(
                [](const at::RecordFunction &operation)
                    -> std::unique_ptr<at::ObserverContext> {
                  note_devices(operation);
                  return nullptr;
                })
                .needsInputs(true))) {
    mixed_operations.clear();
    awaited_copies = 0;
  }
  ~DeviceWatch() { at::removeCallback(handle_); }
  DeviceWatch(const DeviceWatch &) = delete;
  DeviceWatch &operator=(const DeviceWatch &) = delete;

 private:
  at::CallbackHandle handle_;
};

// What LibTorch has no kernel of for that device, with the checks of CUDA's.
// The means and the like that some return beside their results are not used.
at::Tensor convolution_shape(const at::Tensor &input, const at::Tensor &weight,
                             const std::optional<at::Tensor> &bias,
                             at::IntArrayRef stride, at::IntArrayRef padding,
                             at::IntArrayRef dilation, bool is_transposed,
                             at::IntArrayRef, int64_t groups) {
  const bool has_bias = bias && bias->defined();
  for (const at::Tensor &other : {weight, has_bias ? *bias : weight})
    TORCH_CHECK(other.scalar_type() == input.scalar_type(),
                "A convolution of two types");
  std::vector<int64_t> shape = {
      input.size(0), is_transposed ? weight.size(1) * groups : weight.size(0)};
  for (size_t i = 0; i < 2; ++i) {
    const auto axis = static_cast<int64_t>(i + 2);
    const int64_t reach = dilation[i] * (weight.size(axis) - 1) + 1;
    const int64_t size = input.size(axis);
    shape.push_back(is_transposed
                        ? (size - 1) * stride[i] - 2 * padding[i] + reach
                        : (size + 2 * padding[i] - reach) / stride[i] + 1);
  }
  return at::empty(shape, input.options());
}

// CUDA's takes weights of the input's type only.
std::tuple<at::Tensor, at::Tensor, at::Tensor> layer_norm_shape(
    const at::Tensor &input, at::IntArrayRef,
    const std::optional<at::Tensor> &weight, const std::optional<at::Tensor> &,
    double) {
  TORCH_CHECK(weight->scalar_type() == input.scalar_type(),
              "A layer norm of two types");
  return {at::empty_like(input), input, input};
}

at::Tensor where_shape(const at::Tensor &condition, const at::Tensor &self,
                       const at::Tensor &other) {
  return self.add(other).mul(condition);
}

at::Tensor same_shape(const at::Tensor &input) { return at::empty_like(input); }

at::Tensor softmax_shape(const at::Tensor &scores, int64_t,
                         std::optional<at::ScalarType>) {
  return at::empty_like(scores);
}

TORCH_LIBRARY_IMPL(aten, Meta, library) {
  library.impl("relu", same_shape);
  library.impl("_safe_softmax", softmax_shape);
  library.impl("where.self", where_shape);
  library.impl("native_layer_norm", layer_norm_shape);
  library.impl("convolution_overrideable", convolution_shape);
}

constexpr at::ScalarType kTypes[] = {at::kFloat, at::kBFloat16, at::kHalf};
constexpr int kTypeCount = 3;
constexpr int64_t kObjects = 2;

std::shared_ptr<const Sam2Model> model_without_numbers(
    const ModelConfig &config, at::ScalarType type) {
  Checkpoint weights;
  for (const TensorSpec &spec : expected_tensors(config))
    weights.tensors[spec.name] = at::empty(spec.shape, at::kFloat);
  return std::make_shared<const Sam2Model>(
      load_network(config, weights, c10::Device(c10::kMeta), type), 0);
}

EncodedFrame frame_of(const Sam2Model &model) {
  const int64_t side = model.input_size_px();
  return model.encode_image(
      at::empty({1, 3, side, side},
                at::TensorOptions(at::kFloat).device(model.device())));
}

PromptTensors click(const Sam2Model &model) {
  PromptTensors prompt;
  prompt.points.coords =
      at::tensor({20.0f, 30.0f}).view({1, 1, 2}).to(model.device());
  prompt.points.labels =
      at::full({1, 1}, int{kPositive}, at::kInt).to(model.device());
  return prompt;
}

// A click, a mask, and frames until every place of the memory is taken.
std::vector<ObjectOutput> tracked(
    const std::shared_ptr<const Sam2Model> &model) {
  Tracker tracker(model, {});
  const EncodedFrame encoded = frame_of(*model);
  tracker.prompt(0, encoded, 1, click(*model));
  PromptTensors mask;
  const int64_t side = model->input_size_px();
  mask.mask = at::empty({1, 1, side, side}, at::kFloat).to(model->device());
  tracker.prompt(0, encoded, 2, mask);
  for (int64_t frame = 1; frame < 9; ++frame) tracker.track(frame, encoded);
  tracker.prompt(8, encoded, 1, click(*model));
  return tracker.track(9, encoded);
}

START_TEST(test_every_tensor_of_a_stream_is_on_the_models_device) {
  const c10::InferenceMode guard;
  const ModelConfig &config = model_configs()[_i / kTypeCount];
  const auto model = model_without_numbers(config, kTypes[_i % kTypeCount]);
  const DeviceWatch watch;
  const auto outputs = tracked(model);
  ck_assert_int_eq(outputs.size(), kObjects);
  for (const ObjectOutput &output : outputs) {
    ck_assert(output.masks.low_res_masks.is_meta());
    ck_assert(output.masks.obj_ptr.is_meta());
    // What goes to the host.
    ck_assert(
        to_video_size(output.masks.low_res_masks[0], {640, 360}).is_meta());
    ck_assert(readings_table(output.masks, model->input_size_px()).is_meta());
  }
  for (const std::string &name : mixed_operations)
    ck_abort_msg("%s has tensors of two devices in %s", name.c_str(),
                 config.name.c_str());
}
END_TEST

START_TEST(test_the_host_waits_for_no_copy_while_a_frame_is_tracked) {
  const c10::InferenceMode guard;
  const auto model = model_without_numbers(model_configs()[_i], at::kFloat);
  Tracker tracker(model, {});
  const EncodedFrame encoded = frame_of(*model);
  tracker.prompt(0, encoded, 1, click(*model));
  tracker.track(1, encoded);
  int of_tracking = -1;
  {
    const DeviceWatch watch;
    tracker.track(2, encoded);
    of_tracking = awaited_copies;
    at::full({2}, 1.0f).to(c10::kMeta);
  }
  ck_assert_int_eq(of_tracking, 0);
  ck_assert_int_eq(awaited_copies, 1);  // such a copy is seen
}
END_TEST

// Or the tests above would find nothing.
START_TEST(test_an_operation_with_tensors_of_two_devices_is_seen) {
  const DeviceWatch watch;
  const at::Tensor here = at::full({2, 2}, 1.0f);
  at::mm(here, here);
  ck_assert(mixed_operations.empty());
  at::mm(here, here.to(c10::kMeta));
  ck_assert_int_eq(mixed_operations.count("aten::mm"), 1);
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("one_device");
  tcase_add_test(tests, test_an_operation_with_tensors_of_two_devices_is_seen);
  tcase_add_loop_test(tests,
                      test_every_tensor_of_a_stream_is_on_the_models_device, 0,
                      static_cast<int>(model_configs().size()) * kTypeCount);
  tcase_add_loop_test(tests,
                      test_the_host_waits_for_no_copy_while_a_frame_is_tracked,
                      0, static_cast<int>(model_configs().size()));
  return sam2::test::run_case("track", tests);
}
