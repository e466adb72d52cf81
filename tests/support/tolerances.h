// How far results may be from the reference numbers, and why.
//
// Measured on the reference itself (float32 against float64, and other
// kernels and thread counts); each limit leaves a factor of 3 to 10 above the
// largest difference seen. A found value a fits an expected b if
// |a - b| <= atol + rtol * |b|.
#pragma once

#include <limits>

namespace sam2::test {

struct Tolerance {
  double atol = 0;
  double rtol = 0;
  // Of all elements together: catches what is wrong everywhere but nowhere
  // much.
  double rms = std::numeric_limits<double>::infinity();
};

inline constexpr Tolerance kExact = {0, 0};

// From equal bytes; one rounding of float32.
inline constexpr Tolerance kNormalisedImage = {1e-6, 1e-6};

// Sine, rotary and dense position tables: float64 rounded to float32, while
// the reference computes in float32. Rotary angles reach 4095 radians.
inline constexpr Tolerance kTables = {2e-6, 0};
inline constexpr Tolerance kRotaryLarge = {5e-6, 0};

// Image encoder at 256 px: ordinary float32 noise is 1.5e-5.
inline constexpr Tolerance kEncoder = {5e-5, 1e-5};
// At 1024 px with up to 48 blocks, values up to 20.
inline constexpr Tolerance kEncoderFull = {2e-4, 1e-4};

inline constexpr Tolerance kPromptEmbeddings = {2e-6, 1e-6};

// Mask decoder from equal inputs; its noise is 1.6e-5.
inline constexpr Tolerance kDecoder = {1e-4, 1e-5};
inline constexpr Tolerance kDecoderIou = {1e-5, 0};

// Memories before rounding, from an equal mask.
inline constexpr Tolerance kMemory = {5e-5, 1e-5};
// The same behind the perceiver, whose norms amplify: its noise is 2e-5.
inline constexpr Tolerance kPerceivedMemory = {1e-4, 1e-5};
// Memory attention from stored inputs.
inline constexpr Tolerance kAttention = {1e-4, 1e-5};

// The Kalman filter computes in float64.
inline constexpr Tolerance kKalman = {1e-9, 1e-12};

// Tracking with memories kept in float32.
inline constexpr Tolerance kTrackedMaskF32 = {2e-4, 1e-5};
inline constexpr Tolerance kTrackedScoreF32 = {1e-4, 0};
inline constexpr Tolerance kTrackedIouF32 = {1e-5, 0};

// Tracking with memories rounded to bfloat16: a value next to a rounding
// boundary moves by 2^-8 of itself. This does not grow from frame to frame.
inline constexpr Tolerance kTrackedMask = {4e-2, 1e-3, 8e-3};
inline constexpr Tolerance kTrackedScore = {3e-3, 0};
inline constexpr Tolerance kTrackedPointer = {5e-3, 0};
inline constexpr Tolerance kTrackedIou = {5e-4, 0};

// Memories of prompted frames: a mask logit within 1e-5 of zero turns a whole
// pixel of the binarised mask.
inline constexpr Tolerance kPromptedMemory = {8e-2, 0, 2e-3};
inline constexpr Tolerance kPromptedMemoryFull = {1e-1, 0, 5e-3};

// Tracked frames at 1024 px.
inline constexpr Tolerance kTrackedFull = {2e-2, 1e-3};
// Of 65536 low-resolution mask pixels; 3 differ between kernels.
inline constexpr int kMaskBitSlack = 60;

// Pixels of 25680 at video size that lie on the edge. Other kernels move 11.
inline constexpr int kForegroundSlack = 12;
inline constexpr int kForegroundSlackF32 = 2;

}  // namespace sam2::test
