/*
 * Evaluates boosted trees exactly as XGBoost's CPU predictor does.
 *
 * Exact means: the same float32 values are compared in the same way and the leaves are added in the same
 * order, so that not even the last bit differs. Compile without -ffast-math and with -ffp-contract=off.
 *
 * A walk down a tree is a chain of dependent loads, so the processor mostly waits. LANES walks at a time
 * fill that wait: trees side by side for a single row, rows side by side for some of them. Many rows go by
 * blocks.h where the processor has the instructions.
 */
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "processor.h"

#define LANES 8
/* How many rows go by blocks.h together, and the fewest for which that is faster. */
#define BLOCK 64
#define MIN_BLOCK_ROWS 24
#define DEFAULT_LEFT 0x80000000u
#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* A leaf is its own left child, and its threshold sends every value there: walks need no test for leaves. */
typedef struct {
  float threshold; /* a row goes left if its value is less than this */
  uint32_t feature; /* which value; DEFAULT_LEFT: a missing value goes left */
  int32_t left;     /* the right child is the next node */
  float leaf;
} Node;

typedef struct Blocks Blocks;

typedef struct {
  const Node *nodes;
  const int32_t *roots;
  const int32_t *depths;
  const int32_t *groups; /* which output of a row the tree adds to */
  const float *base;     /* what each output starts from */
  int64_t trees;
  int64_t outputs;
  int64_t features;
  int64_t transform;
  const Blocks *blocks; /* the same trees in another form, or none */
  float missing;        /* this value counts as missing, as NaN does */
} Model;

/* Vectors that every processor has. */
typedef float Floats __attribute__((vector_size(16)));
typedef int32_t Flags __attribute__((vector_size(16)));

enum { IDENTITY, SIGMOID, EXPONENTIAL, SOFTMAX, LARGEST, ASCENDING, SIGN };

/*
 * One step down. `gaps` is a constant wherever this is inlined: rows without missing values, the usual case,
 * get by with one comparison.
 */
ALWAYS_INLINE int32_t next(const Node *nodes, int32_t at, const float *row, const int gaps) {
  const Node *node = nodes + at;
  const float value = row[node->feature & ~DEFAULT_LEFT];
  if (!gaps) return node->left + !(value < node->threshold);
  const int missing_goes_right = ~node->feature >> 31;
  return node->left + ((value >= node->threshold) | ((value != value) & missing_goes_right));
}

ALWAYS_INLINE float leaf_of(const Model *model, int64_t tree, const float *row, const int gaps) {
  int32_t at = model->roots[tree];
  for (int32_t level = 0; level < model->depths[tree]; level++) at = next(model->nodes, at, row, gaps);
  return model->nodes[at].leaf;
}

ALWAYS_INLINE void walk_one(const Model *model, const float *row, float *out, const int gaps) {
  const Node *nodes = model->nodes;
  int64_t tree = 0;
  for (; tree + LANES <= model->trees; tree += LANES) {
    int32_t at[LANES];
    int32_t depth = 0;
    for (int lane = 0; lane < LANES; lane++) {
      at[lane] = model->roots[tree + lane];
      if (model->depths[tree + lane] > depth) depth = model->depths[tree + lane];
    }
    for (int32_t level = 0; level < depth; level++)
      for (int lane = 0; lane < LANES; lane++) at[lane] = next(nodes, at[lane], row, gaps);
    for (int lane = 0; lane < LANES; lane++) out[model->groups[tree + lane]] += nodes[at[lane]].leaf;
  }
  for (; tree < model->trees; tree++) out[model->groups[tree]] += leaf_of(model, tree, row, gaps);
}

/* One tree for LANES rows; it adds to every `stride`th of `out`. */
ALWAYS_INLINE void walk_lanes(const Model *model, int64_t tree, const float *rows, float *out, int64_t stride,
                              const int gaps) {
  const Node *nodes = model->nodes;
  const int64_t features = model->features;
  const int32_t root = model->roots[tree], depth = model->depths[tree];
  int32_t at[LANES];
  for (int lane = 0; lane < LANES; lane++) at[lane] = root;
  for (int32_t level = 0; level < depth; level++)
    for (int lane = 0; lane < LANES; lane++) at[lane] = next(nodes, at[lane], rows + lane * features, gaps);
  for (int lane = 0; lane < LANES; lane++) out[lane * stride] += nodes[at[lane]].leaf;
}

static int has_gaps(const float *values, int64_t count) {
  Floats some;
  Flags found = {0};
  int64_t i = 0;
  for (; i + 4 <= count; i += 4) {
    memcpy(&some, values + i, sizeof some);
    found |= some != some;
  }
  int any = found[0] | found[1] | found[2] | found[3];
  for (; i < count; i++) any |= values[i] != values[i];
  return any;
}

static void one_row(const Model *model, const float *row, float *out) {
  if (has_gaps(row, model->features))
    walk_one(model, row, out, 1);
  else
    walk_one(model, row, out, 0);
}

static void lanes_of_rows(const Model *model, const float *rows, float *out) {
  const int64_t outputs = model->outputs;
  if (has_gaps(rows, LANES * model->features))
    for (int64_t t = 0; t < model->trees; t++) walk_lanes(model, t, rows, out + model->groups[t], outputs, 1);
  else
    for (int64_t t = 0; t < model->trees; t++) walk_lanes(model, t, rows, out + model->groups[t], outputs, 0);
}

#if defined(__x86_64__)
#include "blocks.h"
/* The best that this processor has. */
int64_t instructions(void) { return instructions_here(); }
#else
static void block_of_rows(const Model *model, const float *rows, int64_t count, float *out) {
  (void)model, (void)rows, (void)count, (void)out;
}
Blocks *make_blocks(const Model *model, int64_t nodes, int64_t instructions) {
  (void)model, (void)nodes, (void)instructions;
  return NULL;
}
void forget_blocks(Blocks *blocks) { (void)blocks; }
int64_t instructions(void) { return PORTABLE; }
#endif

/* The margins of rows of `width` classes become probabilities. */
void softmax(float *values, int64_t count, int64_t width) {
  for (float *row = values; row < values + count; row += width) {
    float largest = row[0];
    for (int64_t i = 1; i < width; i++) largest = fmaxf(row[i], largest);
    double sum = 0.0;
    for (int64_t i = 0; i < width; i++) {
      row[i] = expf(row[i] - largest);
      sum += row[i];
    }
    for (int64_t i = 0; i < width; i++) row[i] /= (float)sum;
  }
}

/* These are XGBoost's formulas, down to the type of each constant. */
static void transform(const Model *model, float *values, int64_t rows) {
  const int64_t outputs = model->outputs, count = rows * outputs;
  switch (model->transform) {
    case SIGMOID:
      for (int64_t i = 0; i < count; i++) {
        const float exponent = -values[i] < 88.7f ? -values[i] : 88.7f;
        values[i] = 1.0f / (expf(exponent) + 1.0f + 1e-16f);
      }
      break;
    case EXPONENTIAL:
      for (int64_t i = 0; i < count; i++) values[i] = expf(values[i]);
      break;
    case SOFTMAX:
      softmax(values, count, outputs);
      break;
    case LARGEST: /* one value per row: the first of the largest */
      for (int64_t r = 0; r < rows; r++) {
        const float *row = values + r * outputs;
        int64_t largest = 0;
        for (int64_t i = 1; i < outputs; i++)
          if (row[i] > row[largest]) largest = i;
        values[r] = (float)largest;
      }
      break;
    case ASCENDING: /* NaN stays where it is, as it is neither more nor less than its neighbour */
      for (float *row = values; row < values + count; row += outputs)
        for (int64_t i = 1; i < outputs; i++) {
          const float value = row[i];
          int64_t at = i;
          for (; at > 0 && row[at - 1] > value; at--) row[at] = row[at - 1];
          row[at] = value;
        }
      break;
    case SIGN:
      for (int64_t i = 0; i < count; i++) values[i] = values[i] > 0.0f ? 1.0f : 0.0f;
      break;
    default:
      break;
  }
}

/* Predict rows that lie one after the other; `values` has room for `outputs` numbers per row. */
void evaluate(const Model *model, float *rows, int64_t count, float *values) {
  const int64_t features = model->features, outputs = model->outputs;
  if (model->missing == model->missing)
    for (int64_t i = 0; i < count * features; i++)
      if (rows[i] == model->missing) rows[i] = NAN;
  int64_t row = 0;
  for (int64_t some; model->blocks && count - row >= MIN_BLOCK_ROWS; row += some) {
    some = count - row < BLOCK ? count - row : BLOCK;
    block_of_rows(model, rows + row * features, some, values + row * outputs);
  }
  for (; row + LANES <= count; row += LANES) {
    float *out = values + row * outputs;
    for (int lane = 0; lane < LANES; lane++) memcpy(out + lane * outputs, model->base, outputs * sizeof *out);
    lanes_of_rows(model, rows + row * features, out);
  }
  for (; row < count; row++) {
    float *out = values + row * outputs;
    memcpy(out, model->base, outputs * sizeof *out);
    one_row(model, rows + row * features, out);
  }
  transform(model, values, count);
}
