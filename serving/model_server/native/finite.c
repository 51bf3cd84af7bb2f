/* Whether there is neither NaN nor infinity. */

#include <stdint.h>
#include <string.h>

/* A vector that every processor has. */
typedef uint32_t Words __attribute__((vector_size(16)));

/* All bits of the exponent are set in those, and in nothing else. */
#define EXPONENT 0x7F800000u

int32_t all_finite(const float *values, int64_t count) {
  const Words exponent = (Words){0} + EXPONENT;
  Words some, found = {0};
  int64_t i = 0;
  for (; i + 4 <= count; i += 4) {
    memcpy(&some, values + i, sizeof some);
    found |= (Words)((some & exponent) == exponent);
  }
  uint32_t any = found[0] | found[1] | found[2] | found[3];
  for (uint32_t bits; i < count; i++) {
    memcpy(&bits, values + i, sizeof bits);
    any |= (bits & EXPONENT) == EXPONENT;
  }
  return any == 0;
}
