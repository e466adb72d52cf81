// Folding: fewer convolutions, the same function.
#include <ATen/TensorOperators.h>
#include <ATen/ops/batch_norm.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/gelu.h>

#include "model/random_tensor.h"
#include "model/repvit.h"
#include "tensor_compare.h"
// Last: Check's macros get in the way of C++ headers.
#include "run_tests.h"

using namespace sam2;
using namespace sam2::test;

namespace {

constexpr int64_t kChannels = 16;
constexpr Tolerance kRounding = {1e-5, 1e-5};

// Random weights, positive variances.
template <class Part>
void fill(Part &part) {
  const ParameterVisitor visitor = [](const std::string &name,
                                      at::Tensor &weight,
                                      const std::vector<int64_t> &shape) {
    weight = random_tensor(shape, fnv1a64(name));
    if (name.find("running_var") != std::string::npos)
      weight = weight.abs() + 0.1;
  };
  part.visit(ParameterScope(visitor, "part"));
}

at::Tensor picture() { return random_tensor({2, 9, 7, kChannels}, 1, 3); }

// As a file means it: the convolution, then the norm.
at::Tensor in_two_steps(const NormedConv2d &layer, const at::Tensor &x_bchw) {
  const Conv2d &c = layer.conv;
  const at::Tensor y = at::conv2d(x_bchw, c.weight, {}, {c.stride, c.stride},
                                  {c.padding, c.padding}, {1, 1}, c.groups);
  return at::batch_norm(y, layer.scale, layer.shift, layer.mean, layer.variance,
                        /*training=*/false, 0.1, 1e-5, false);
}

START_TEST(test_folded_token_mixer_equals_the_sum_of_its_branches) {
  TokenMixer mixer(kChannels);
  fill(mixer);
  mixer.fold(at::kFloat);
  const at::Tensor x = as_bchw(picture());
  assert_close(as_bchw(mixer.forward(picture())),
               in_two_steps(mixer.conv, x) + in_two_steps(mixer.conv1, x) + x,
               kRounding);
}
END_TEST

START_TEST(test_folded_channel_mixer_equals_its_layers) {
  ChannelMixer mixer(kChannels);
  fill(mixer);
  mixer.fold(at::kFloat);
  const at::Tensor x = as_bchw(picture());
  assert_close(
      as_bchw(mixer.forward(picture())),
      x + in_two_steps(mixer.conv2, at::gelu(in_two_steps(mixer.conv1, x))),
      kRounding);
}
END_TEST

START_TEST(test_loaded_weights_stay_float32_beside_folded_ones_of_any_type) {
  TokenMixer mixer(kChannels);
  fill(mixer);
  const at::Tensor loaded = mixer.conv.conv.weight.clone();
  mixer.fold(at::kBFloat16);
  ck_assert(mixer.depthwise.weight.scalar_type() == at::kBFloat16);
  ck_assert(mixer.depthwise.bias.scalar_type() == at::kBFloat16);
  assert_close(mixer.conv.conv.weight, loaded, kExact);
}
END_TEST

START_TEST(test_squeezed_channels_are_a_quarter_in_steps_of_8_at_least_8) {
  constexpr int64_t kWidths[][2] = {{8, 8},   {16, 8},  {32, 8},   {48, 16},
                                    {64, 16}, {96, 24}, {192, 48}, {384, 96}};
  for (const auto &[channels, squeezed] : kWidths)
    ck_assert_int_eq(SqueezeExcite(channels).fc1.out, squeezed);
}
END_TEST

}  // namespace

int main() {
  TCase *tests = tcase_create("repvit");
  tcase_add_test(tests, test_folded_token_mixer_equals_the_sum_of_its_branches);
  tcase_add_test(tests, test_folded_channel_mixer_equals_its_layers);
  tcase_add_test(
      tests, test_loaded_weights_stay_float32_beside_folded_ones_of_any_type);
  tcase_add_test(tests,
                 test_squeezed_channels_are_a_quarter_in_steps_of_8_at_least_8);
  return run_case("model", tests);
}
