/* What the processor can do that not every one can. */

enum { PORTABLE, AVX2, AVX512 };

#if defined(__x86_64__)
#include <cpuid.h>
#include <stdint.h>

#define FOR_AVX2 __attribute__((target("avx2,bmi,bmi2,lzcnt,popcnt")))
#define FOR_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx2,bmi,bmi2,lzcnt,popcnt")))

/* The best set of instructions; each holds those before it. */
static int64_t instructions_here(void) {
  uint32_t a, b, c, d, low, high;
  if (!__get_cpuid_count(1, 0, &a, &b, &c, &d)) return PORTABLE;
  const uint32_t saved = bit_OSXSAVE | bit_AVX | bit_POPCNT;
  if ((c & saved) != saved) return PORTABLE;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  if (!__get_cpuid_count(0x80000001, 0, &a, &b, &c, &d) || !(c & bit_LZCNT)) return PORTABLE;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return PORTABLE;
  const uint32_t two = bit_AVX2 | bit_BMI | bit_BMI2;
  const uint32_t five = bit_AVX512F | bit_AVX512BW | bit_AVX512VL | bit_AVX512DQ;
  /* Which registers the operating system keeps for each process. */
  if ((low & 0x06) != 0x06 || (b & two) != two) return PORTABLE;
  return (low & 0xE6) == 0xE6 && (b & five) == five ? AVX512 : AVX2;
}
#endif
