/*
 * Reads a JSON array of numbers straight into the model's rows.
 *
 * It takes what it knows to be right and leaves everything else, right or wrong, to the general parser, which
 * also has the words for what is wrong. What it takes has the same value to the last bit: the double nearest
 * to the text, then rounded to float32.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "processor.h"

/* The powers of ten that are multiplied with here; others, as long numbers, are strtod's business. */
#define MIN_POWER (-48)
#define MAX_POWER 38
#define MOST_DIGITS 19
#define LONGEST_NUMBER 64
#define ALWAYS_INLINE static inline __attribute__((always_inline))

enum { NOT_TAKEN = -1, NO_ROOM = -2 };

/* A power of ten is about significand * 2^exponent: the first 64 bits, cut off, never rounded up. */
typedef struct {
  uint64_t significand;
  int64_t exponent;
} Power;

typedef struct {
  const Power *powers; /* from MIN_POWER to MAX_POWER */
  double limit;        /* what is not smaller than this rounds to infinity in float32 */
  int64_t width;       /* how many numbers a row has */
  int64_t gaps;        /* whether null is a missing value */
  int64_t wide;        /* whether the model computes in double */
  int64_t vectors;     /* whether the processor's better instructions may be used, if it has them */
} Format;

ALWAYS_INLINE int is_digit(char c) { return (unsigned char)(c - '0') < 10; }

ALWAYS_INLINE const char *skip_space(const char *at, const char *end) {
  while (at < end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')) at++;
  return at;
}

/* Eight digits at once, the first in the lowest byte; or none. */
ALWAYS_INLINE int eight_digits(const char *at, uint64_t *value) {
  uint64_t text;
  memcpy(&text, at, 8);
  const uint64_t high = 0xF0F0F0F0F0F0F0F0u, zeros = 0x3030303030303030u;
  if ((text & high) != zeros || ((text + 0x0606060606060606u) & high) != zeros) return 0;
  text -= zeros;
  text = (text * 10 + (text >> 8)) & 0x00FF00FF00FF00FFu;
  text = (text * 100 + (text >> 16)) & 0x0000FFFF0000FFFFu;
  text = (text * 10000 + (text >> 32)) & 0x00000000FFFFFFFFu;
  *value = *value * 100000000u + text;
  return 1;
}

ALWAYS_INLINE const char *digits(const char *at, const char *end, uint64_t *value) {
  while (end - at >= 8 && eight_digits(at, value)) at += 8;
  while (at < end && is_digit(*at)) *value = *value * 10 + (uint64_t)(*at++ - '0');
  return at;
}

/*
 * The double nearest to digits * 10^power, or failure where that is too close to call.
 *
 * With the digits shifted up to 64 bits, the product's upper half is p and the true value, on that scale, lies
 * in [p, p + 2): cutting off the power costs less than one, cutting off the product less than one. Rounding p
 * to 53 bits is therefore right unless the middle between two doubles lies in that range.
 */
ALWAYS_INLINE int nearest(uint64_t number, const Power ten, double *out) {
  if (number == 0) {
    *out = 0.0;
    return 1;
  }
  const int shift = __builtin_clzll(number);
  const uint64_t p = (uint64_t)(((unsigned __int128)(number << shift) * ten.significand) >> 64);
  const int surplus = 10 + (int)(p >> 63);
  const uint64_t middle = 1ull << (surplus - 1), rest = p & ((middle << 1) - 1);
  if (rest == middle || rest == middle - 1) return 0;
  /* The leading one, which doubles leave out, adds one to the exponent, and so does a carry out of rounding. */
  const uint64_t rounded = (p >> surplus) + (rest > middle);
  const int64_t exponent = ten.exponent + 64 - shift + surplus + 52 + 1023;
  const uint64_t bits = ((uint64_t)(exponent - 1) << 52) + rounded;
  memcpy(out, &bits, sizeof bits);
  return 1;
}

/* One number as JSON spells it. Returns where it ends, or NULL. */
ALWAYS_INLINE const char *number(const char *at, const char *end, const Format *format, double *out) {
  const char *start = at;
  const int negative = *at == '-';
  at += negative;
  const char *first = at;
  uint64_t value = 0;
  at = digits(at, end, &value);
  int64_t count = at - first, power = 0;
  int whole = 1;
  if (count == 0 || (*first == '0' && count > 1)) return NULL;
  if (at < end && *at == '.') {
    const char *fraction = ++at;
    at = digits(at, end, &value);
    power = fraction - at;
    if (power == 0) return NULL;
    whole = 0;
    count -= power;
    if (*first == '0') { /* zeros in front count for nothing */
      count--;
      while (count > MOST_DIGITS && *fraction == '0') fraction++, count--;
    }
  }
  if (at < end && (*at == 'e' || *at == 'E')) {
    at++;
    const int downwards = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+')) at++;
    const char *exponent = at;
    int64_t given = 0;
    while (at < end && is_digit(*at) && at - exponent < 4) given = given * 10 + (*at++ - '0');
    if (at == exponent) return NULL;
    whole = 0;
    power += downwards ? -given : given;
  }
  /* Whatever goes on here, more digits for one, is not a number that ends. */
  if (at >= end || at - start > LONGEST_NUMBER) return NULL;
  const int is_usual = count <= MOST_DIGITS && power >= MIN_POWER && power <= MAX_POWER;
  if (!is_usual || !nearest(value, format->powers[power - MIN_POWER], out)) {
    char copy[LONGEST_NUMBER + 1], *stopped;
    memcpy(copy, first, (size_t)(at - first));
    copy[at - first] = 0;
    *out = strtod(copy, &stopped);
    if (stopped != copy + (at - first)) return NULL; /* a locale with another decimal point */
  }
  if (!(*out < format->limit)) return NULL;
  if (negative && !(whole && *out == 0.0)) *out = -*out; /* as a whole number, -0 is 0 */
  return at;
}

/* Where numbers end, found some way ahead by plain_numbers.h. */
#define TEXT_BLOCK 64
#define MOST_BLOCKS 16

typedef struct {
  const char *from, *until;
  int64_t next, count; /* of the places */
  uint64_t is_inside;  /* whether the last character is in a number */
  uint16_t places[MOST_BLOCKS * TEXT_BLOCK / 2 + 4]; /* behind `from` */
} Ends;

typedef struct {
  const Format *format;
  const char *text;
  const char *at;
  const char *end;
  void *values;
  int64_t count;
  int64_t room;
  Ends ends;
} Scan;

#if defined(__x86_64__)
#include "plain_numbers.h"
int64_t has_vectors(void) { return instructions_here() >= AVX2; }
#else
static void plain_numbers(Scan *scan) { (void)scan; }
int64_t has_vectors(void) { return 0; }
#endif

ALWAYS_INLINE int expect(Scan *scan, char wanted) {
  scan->at = skip_space(scan->at, scan->end);
  if (scan->at >= scan->end || *scan->at != wanted) return 0;
  scan->at++;
  return 1;
}

/* The rest of a list of numbers whose bracket has been read. */
static int64_t list(Scan *scan) {
  const Format *format = scan->format;
  do {
    if (scan->count == scan->room) return NO_ROOM;
    const char *at = skip_space(scan->at, scan->end);
    if (format->vectors) {
      const int64_t before = scan->count;
      scan->at = at;
      plain_numbers(scan);
      if (scan->count > before) continue;
    }
    double value;
    if (format->gaps && scan->end - at >= 4 && memcmp(at, "null", 4) == 0) {
      value = NAN;
      scan->at = at + 4;
    } else {
      scan->at = at < scan->end ? number(at, scan->end, format, &value) : NULL;
      if (!scan->at) return NOT_TAKEN;
    }
    if (format->wide)
      ((double *)scan->values)[scan->count++] = value;
    else
      ((float *)scan->values)[scan->count++] = (float)value;
  } while (expect(scan, ','));
  return expect(scan, ']') ? scan->count : NOT_TAKEN;
}

/* The rest of a list of rows, none of them longer or shorter than it should be. */
static int64_t rows(Scan *scan) {
  do {
    const int64_t before = scan->count;
    if (!expect(scan, '[')) return NOT_TAKEN;
    const int64_t result = list(scan);
    if (result < 0) return result;
    if (scan->count - before != scan->format->width) return NOT_TAKEN;
  } while (expect(scan, ','));
  return expect(scan, ']') ? scan->count : NOT_TAKEN;
}

/*
 * Reads the list, or list of rows, that starts at `start`. Returns how many numbers it has put into `values`,
 * or a negative number if it leaves that to others; `stop` is where the list ends.
 */
int64_t scan(const Format *format, const char *text, int64_t start, int64_t length, void *values, int64_t room,
             int64_t *stop) {
  Scan scan;
  scan.format = format;
  scan.text = text;
  scan.at = text + start;
  scan.end = text + length;
  scan.values = values;
  scan.count = 0;
  scan.room = room;
  scan.ends.until = text;
  if (!expect(&scan, '[')) return NOT_TAKEN;
  const char *first = skip_space(scan.at, scan.end);
  const int64_t result = first < scan.end && *first == '[' ? rows(&scan) : list(&scan);
  *stop = scan.at ? scan.at - text : 0;
  return result;
}
