// Loops over pixels with wider vector instructions where the processor has
// them.
#pragma once

// Before a function: compiled for plain x86-64, as distributions build, and
// again for AVX2. The choice is made by the dynamic loader (glibc only), too
// early for sanitizers.
#if defined(__x86_64__) && defined(__GLIBC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define SAM2_WIDE_VECTORS __attribute__((target_clones("avx2", "default")))
#else
#define SAM2_WIDE_VECTORS
#endif
