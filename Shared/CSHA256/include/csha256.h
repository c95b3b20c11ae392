#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Takes whole blocks of 64 bytes into a state of SHA-256, with the processor's own instructions where it has them.
void csha256_compress(uint32_t *_Nonnull state, const uint8_t *_Nonnull bytes, size_t blocks);

/// The same in plain C, as every processor does it. For the others' tests.
void csha256_compress_plainly(uint32_t *_Nonnull state, const uint8_t *_Nonnull bytes, size_t blocks);

/// Whether this processor has instructions of its own for it.
bool csha256_is_fast(void);
