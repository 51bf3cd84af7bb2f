/* Whether there is neither NaN nor infinity. */

#include <float.h>
#include <math.h>
#include <stdint.h>

int32_t all_finite(const float *values, int64_t count) {
  int32_t finite = 1;
  for (int64_t i = 0; i < count; i++) finite &= fabsf(values[i]) <= FLT_MAX;
  return finite;
}
