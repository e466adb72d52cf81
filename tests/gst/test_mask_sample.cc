// Masks from GstSamples, whatever their rows' padding.
#include "base/error.h"
#include "mask_sample.h"
#include "support/gst_test.h"

namespace {

using SamplePtr = std::unique_ptr<GstSample, sam2::MiniObjectUnref>;

constexpr int kWidth = 5;
constexpr int kHeight = 3;

// Pixels 1, 0, 2, 0, 3, ... in rows of `stride` bytes; the padding is 9.
SamplePtr sample_with_stride(int stride) {
  std::vector<uint8_t> bytes(static_cast<size_t>(stride) * kHeight, 9);
  for (int i = 0; i < kWidth * kHeight; ++i)
    bytes[i / kWidth * stride + i % kWidth] = i % 2 ? 0 : 1 + i / 2;
  const sam2::BufferPtr buffer(
      gst_buffer_new_memdup(bytes.data(), bytes.size()));
  const sam2::CapsPtr caps(gst_caps_from_string(
      "video/x-raw, format=GRAY8, width=5, height=3, framerate=0/1"));
  return SamplePtr(gst_sample_new(buffer.get(), caps.get(), nullptr, nullptr));
}

GST_START_TEST(test_rows_may_be_packed_or_padded_to_4_bytes) {
  for (const int stride : {kWidth, 8}) {
    const auto sample = sample_with_stride(stride);
    const auto mask =
        sam2::decode_frame(sam2::encode_mask_sample(sample.get()));
    fail_unless_equals_int(mask.width, kWidth);
    fail_unless_equals_int(mask.height, kHeight);
    for (int i = 0; i < kWidth * kHeight; ++i)
      fail_unless_equals_int(mask.pixels.at(i), i % 2 ? 0 : 255);
  }
}
GST_END_TEST

GST_START_TEST(test_memory_that_is_too_small_is_refused) {
  const auto sample = sample_with_stride(6);
  try {
    sam2::encode_mask_sample(sample.get());
    fail("no error");
  } catch (const sam2::Error &error) {
    fail_unless(error.code() == sam2::ErrorCode::kSetting);
    fail_unless_equals_string(
        error.what(),
        "The mask's memory is too small for its size, or cannot be read. Give "
        "one byte a pixel.");
  }
}
GST_END_TEST

Suite *mask_sample_suite() {
  Suite *suite = suite_create("mask_sample");
  TCase *cases = tcase_create("all");
  tcase_add_test(cases, test_rows_may_be_packed_or_padded_to_4_bytes);
  tcase_add_test(cases, test_memory_that_is_too_small_is_refused);
  suite_add_tcase(suite, cases);
  return suite;
}

}  // namespace

GST_CHECK_MAIN(mask_sample)
