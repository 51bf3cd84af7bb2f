/*
 * Numbers as most programs write them, `-12.345` or `7`, one behind the other with a comma and at most one
 * space between: the digits of each at once, for processors with AVX2. What is otherwise stops it.
 */
#include <immintrin.h>

#define MOST_CHARACTERS 32
/* None is larger. */
#define MOST_PLAIN 1e19

/* `LAST + n` gives a vector whose last n bytes are ones. */
static const uint8_t LAST[2 * MOST_CHARACTERS] = {
    [MOST_CHARACTERS] = 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
};

FOR_AVX2 static inline __m256i last(int64_t count) {
  return _mm256_loadu_si256((const __m256i *)(LAST + count));
}

/* Bits for the digits, minus and points of 64 characters. A slash counts too, and is no part of a number. */
FOR_AVX2 static inline uint64_t is_in_number(const char *text) {
  const __m256i first = _mm256_set1_epi8('-'), most = _mm256_set1_epi8('9' - '-');
  const __m256i low = _mm256_sub_epi8(_mm256_loadu_si256((const __m256i *)text), first);
  const __m256i high = _mm256_sub_epi8(_mm256_loadu_si256((const __m256i *)(text + 32)), first);
  const uint32_t in_low = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_min_epu8(low, most), low));
  const uint32_t in_high = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_min_epu8(high, most), high));
  return in_low | (uint64_t)in_high << 32;
}

/* Finds where the next numbers end, or what looks like numbers, as far as there is text in whole blocks. */
FOR_AVX2 static void find_ends(Ends *ends, const char *end) {
  ends->from = ends->until;
  ends->next = ends->count = 0;
  for (int64_t offset = 0; offset < MOST_BLOCKS * TEXT_BLOCK && end - ends->until > TEXT_BLOCK; offset += TEXT_BLOCK) {
    const uint64_t inside = is_in_number(ends->until);
    uint64_t found = (inside << 1 | ends->is_inside) & ~inside;
    ends->is_inside = inside >> 63;
    ends->until += TEXT_BLOCK;
    const int64_t count = __builtin_popcountll(found), before = ends->count;
    ends->count += count;
    /* Always as many as there usually are at most, as a loop would end at a place that cannot be foreseen. */
    for (int64_t i = 0; i < 4 || i < count; i++) {
      ends->places[before + i] = (uint16_t)(offset + __builtin_ctzll(found | 1ull << 63));
      found &= found - 1;
    }
  }
}

/* The number that 32 digits are, or failure if it has more than MOST_DIGITS without zeros in front. */
FOR_AVX2 static inline int number_of(__m256i digits, uint64_t *value) {
  const __m256i twos = _mm256_maddubs_epi16(digits, _mm256_set1_epi16(0x010A));
  const __m256i fours = _mm256_madd_epi16(twos, _mm256_set1_epi32(0x00010064));
  const __m256i eights = _mm256_madd_epi16(_mm256_packus_epi32(fours, fours), _mm256_set1_epi32(0x00012710));
  const uint64_t upper = (uint64_t)_mm256_extract_epi64(eights, 0), lower = (uint64_t)_mm256_extract_epi64(eights, 2);
  const uint64_t first = upper >> 32;
  if ((uint32_t)upper != 0 || first > 999) return 0;
  *value = (first * 100000000u + (uint32_t)lower) * 100000000u + (lower >> 32);
  return 1;
}

/* 10^-n, rounded. */
static const double FRACTIONS[MOST_CHARACTERS] = {1e-0,  1e-1,  1e-2,  1e-3,  1e-4,  1e-5,  1e-6,  1e-7,
                                                  1e-8,  1e-9,  1e-10, 1e-11, 1e-12, 1e-13, 1e-14, 1e-15,
                                                  1e-16, 1e-17, 1e-18, 1e-19, 1e-20, 1e-21, 1e-22, 1e-23,
                                                  1e-24, 1e-25, 1e-26, 1e-27, 1e-28, 1e-29, 1e-30, 1e-31};
/* Bits that a double has more than a float32. */
#define SURPLUS 29

/*
 * A double that rounds to the same float32 as the one nearest to number / 10^power, or failure where that is
 * too close to call. It is off by less than 2 units: half of one each by conversion, fraction and product. All
 * that is farther than 4 from the middle between two float32 is on the right side of it. Beside zero nothing is
 * as small as the numbers of which float32 has fewer bits.
 */
ALWAYS_INLINE int close_enough(uint64_t number, int64_t power, double *out) {
  const double value = (double)(int64_t)number * FRACTIONS[power];
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  *out = value;
  const uint64_t whole = (1ull << SURPLUS) - 1, middle = 1ull << (SURPLUS - 1);
  return (((bits - middle + 4) & whole) > 8) & ((int64_t)number >= 0);
}

/* One of them, `count` characters from `at` without its sign. */
FOR_AVX2 ALWAYS_INLINE int plain_number(const char *at, int64_t count, int negative, const Power *powers,
                                             const int wide, double *out) {
  if (count < 1 || count > MOST_CHARACTERS) return 0;
  const char *end = at + count;
  const __m256i zero = _mm256_set1_epi8('0');
  const __m256i text = _mm256_loadu_si256((const __m256i *)(end - 32));
  const __m256i digits = _mm256_sub_epi8(text, zero);
  const uint32_t these = (uint32_t)(0xFFFFFFFFull << (32 - count));
  const uint32_t numeric = (uint32_t)_mm256_movemask_epi8(
      _mm256_cmpeq_epi8(_mm256_min_epu8(digits, _mm256_set1_epi8(9)), digits));
  const uint32_t others = these & ~numeric;
  uint64_t value;
  if (others == 0) {
    if ((*at == '0') & ((count > 1) | negative)) return 0;
    if (!number_of(_mm256_and_si256(digits, last(count)), &value)) return 0;
    if (!(wide ? nearest(value, powers[0], out) : close_enough(value, 0, out))) return 0;
  } else {
    /* Digits behind the point stay where they are, those in front of it move over to it. */
    const int64_t behind = __builtin_clz(others), before = count - 1 - behind;
    const int is_other = ((others & (others - 1)) != 0) | (end[-1 - behind] != '.');
    /* One branch, as what the first digit is cannot be foreseen. */
    if (is_other | (behind < 1) | (before < 1) | ((*at == '0') & (before > 1))) return 0;
    const __m256i moved = _mm256_sub_epi8(_mm256_loadu_si256((const __m256i *)(end - 33)), zero);
    const __m256i all = _mm256_blendv_epi8(moved, digits, last(behind));
    if (!number_of(_mm256_and_si256(all, last(count - 1)), &value)) return 0;
    if (!(wide ? nearest(value, powers[-behind], out) : close_enough(value, behind, out))) return 0;
  }
  uint64_t bits;
  memcpy(&bits, out, sizeof bits);
  bits |= (uint64_t)negative << 63;
  memcpy(out, &bits, sizeof bits);
  return 1;
}

/* Reads as many as there are, from where the first one begins; `scan->at` is then behind the last one. */
FOR_AVX2 ALWAYS_INLINE void plain_numbers_of(Scan *scan, const int wide) {
  const Power *powers = scan->format->powers - MIN_POWER;
  Ends *ends = &scan->ends;
  const char *at = scan->at, *behind = at;
  int64_t count = scan->count;
  if (at - scan->text <= MOST_CHARACTERS || !(scan->format->limit > MOST_PLAIN)) return;
  if (at >= ends->until) {
    ends->until = at;
    ends->is_inside = ends->next = ends->count = 0;
  }
  while (ends->next < ends->count && ends->from + ends->places[ends->next] <= at) ends->next++;
  while (count < scan->room) {
    if (ends->next == ends->count) {
      find_ends(ends, scan->end);
      if (ends->count == 0) break;
    }
    const char *stop = ends->from + ends->places[ends->next];
    if ((*stop != ',') & (*stop != ']')) break;
    const int negative = *at == '-';
    double value;
    if (!plain_number(at + negative, stop - at - negative, negative, powers, wide, &value)) break;
    if (wide)
      ((double *)scan->values)[count++] = value;
    else
      ((float *)scan->values)[count++] = (float)value;
    ends->next++;
    behind = stop;
    if (*stop != ',') break;
    at = stop + 1;
    at += *at == ' ';
  }
  scan->at = behind;
  scan->count = count;
}

FOR_AVX2 static void plain_numbers(Scan *scan) {
  if (scan->format->wide)
    plain_numbers_of(scan, 1);
  else
    plain_numbers_of(scan, 0);
}
