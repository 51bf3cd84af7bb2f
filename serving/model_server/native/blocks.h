/*
 * Trees for BLOCK rows at a time, by vectors of bytes: for processors with AVX2 or AVX-512.
 *
 * Of a value only its rank among the thresholds of its feature matters, and ranks fit into a byte: a feature
 * with more thresholds is ranked several times. One comparison then tells for all rows of a block on which side
 * of a split they are. Which rows reach a node is a vector of bytes of ones or zeros, and a split parts it
 * among its two children. Every split of a tree is looked at, not only those on a row's way, which pays off for
 * trees that have not many more splits than levels; the others are walked.
 *
 * Ranks are exact: `value < threshold` holds if and only if the rank does not exceed the threshold's place.
 * Missing values rank lowest for splits that send them left, and highest for the others.
 */
#include <immintrin.h>
#include <stdlib.h>

#define GROUP 16
/* As many thresholds as a byte can tell apart, with one rank left for missing values. */
#define MAX_RANKED 254
#define MAX_LEAVES 256
/* What bounds the memory for ranks and sums of a block. */
#define MAX_RANKINGS 2048
#define MAX_OUTPUTS 256
/* Bytes are compared with their sign. */
#define LOWEST (-128)
#define HIGHEST 127
/* About how many splits of a block take as long as one step of a walk of all its rows, and how many steps as
 * ranking a feature: measured. */
#define SPLITS_PER_STEP_AVX2 20
#define SPLITS_PER_STEP_AVX512 48
#define STEPS_PER_RANKING 3

typedef int8_t Bytes __attribute__((vector_size(BLOCK)));
typedef uint32_t Words __attribute__((vector_size(BLOCK)));

/* Rows whose rank in `column` exceeds the key go right. The key is there four times, as that loads faster. */
typedef struct {
  uint32_t key;
  uint32_t column; /* offset of a vector, as all offsets here */
} Test;

typedef struct {
  Test test;
  uint32_t left, right; /* offsets of the children's reach */
} Split;

/*
 * Nodes are in this order, and so is who reaches them: splits that have another split below them, each of them
 * after the one above, then splits with two leaves, then leaves of the former. Leaves of the splits with two
 * come first.
 */
typedef struct {
  int64_t splits; /* -1: the tree is walked */
  int64_t last_splits;
  int64_t leaves;
  const Split *split;
  const Test *last_split;
  const float *leaf;
} BlockTree;

/* Thresholds of a feature in ascending order; behind them is NaN, which no value reaches. */
typedef struct {
  int64_t feature;
  int64_t count;
  float last[GROUP]; /* of each group of thresholds */
  float thresholds[GROUP * GROUP];
} Ranking;

struct Blocks {
  int64_t instructions;
  int64_t rankings;
  Ranking *ranking; /* each gives two columns: missing values lowest, and missing values highest */
  BlockTree *trees;
  Split *splits;
  Test *last_splits;
  float *leaves;
};

/* How many thresholds a value reaches. */
#define RANKING_OF_BLOCK(reached)                                                            \
  for (int64_t r = 0; r < count; r++) {                                                      \
    const float value = rows[r * features + ranking->feature];                               \
    const int64_t group = ranking->count > GROUP ? reached(ranking->last, value) : 0;        \
    const int64_t rank = group * GROUP + reached(ranking->thresholds + group * GROUP, value); \
    const int8_t byte = (int8_t)(rank + LOWEST);                                             \
    low[r] = byte;                                                                           \
    high[r] = gaps && value != value ? HIGHEST : byte;                                       \
  }

FOR_AVX512 static inline int64_t reached_avx512(const float *thresholds, float value) {
  const __mmask16 found = _mm512_cmp_ps_mask(_mm512_set1_ps(value), _mm512_loadu_ps(thresholds), _CMP_GE_OQ);
  return __builtin_popcount(found);
}

FOR_AVX512 static void rank_avx512(const Ranking *ranking, const float *rows, int64_t count, int64_t features,
                                   int8_t *low, int8_t *high, int gaps) {
  RANKING_OF_BLOCK(reached_avx512)
}

FOR_AVX2 static inline int64_t reached_avx2(const float *thresholds, float value) {
  const __m256 values = _mm256_set1_ps(value);
  const __m256 first = _mm256_cmp_ps(values, _mm256_loadu_ps(thresholds), _CMP_GE_OQ);
  const __m256 second = _mm256_cmp_ps(values, _mm256_loadu_ps(thresholds + 8), _CMP_GE_OQ);
  return __builtin_popcount((uint32_t)_mm256_movemask_ps(first) | (uint32_t)_mm256_movemask_ps(second) << 8);
}

FOR_AVX2 static void rank_avx2(const Ranking *ranking, const float *rows, int64_t count, int64_t features,
                               int8_t *low, int8_t *high, int gaps) {
  RANKING_OF_BLOCK(reached_avx2)
}

ALWAYS_INLINE Bytes is_beyond(const Test *test, const char *columns) {
  return *(const Bytes *)(columns + test->column) > (Bytes)((Words){0} + test->key);
}

/* In which leaf each row ends. */
ALWAYS_INLINE void part(const BlockTree *tree, const Bytes *columns, Bytes *which) {
  const char *from = (const char *)columns;
  Bytes reach[2 * MAX_LEAVES];
  reach[0] = ~(Bytes){0};
  const Bytes *here = reach;
  for (int64_t i = 0; i < tree->splits; i++) {
    const Split *split = tree->split + i;
    const Bytes beyond = is_beyond(&split->test, from), all = *here++;
    *(Bytes *)((char *)reach + split->right) = all & beyond;
    *(Bytes *)((char *)reach + split->left) = all & ~beyond;
  }
  const Bytes one = (Bytes){0} + 1;
  Bytes number = {0}, found = {0};
  for (int64_t i = 0; i < tree->last_splits; i++) {
    found |= *here++ & (number - is_beyond(tree->last_split + i, from));
    number += 2 * one;
  }
  for (int64_t i = 2 * tree->last_splits; i < tree->leaves; i++) {
    found |= *here++ & number;
    number += one;
  }
  *which = found;
}

FOR_AVX512 static void add_leaves_avx512(const BlockTree *tree, const Bytes *columns, float *sums) {
  const float *leaf = tree->leaf;
  Bytes which;
  part(tree, columns, &which);
  for (int64_t r = 0; r < BLOCK; r += 16) {
    const __m512i at = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)((const char *)&which + r)));
    __m512 found;
    if (tree->leaves <= 16)
      found = _mm512_permutexvar_ps(at, _mm512_loadu_ps(leaf));
    else if (tree->leaves <= 64) {
      found = _mm512_permutex2var_ps(_mm512_loadu_ps(leaf), at, _mm512_loadu_ps(leaf + 16));
      const __m512 more = _mm512_permutex2var_ps(_mm512_loadu_ps(leaf + 32), at, _mm512_loadu_ps(leaf + 48));
      found = _mm512_mask_mov_ps(found, _mm512_test_epi32_mask(at, _mm512_set1_epi32(32)), more);
    } else
      found = _mm512_i32gather_ps(at, leaf, 4);
    _mm512_storeu_ps(sums + r, _mm512_add_ps(_mm512_loadu_ps(sums + r), found));
  }
}

FOR_AVX2 static void add_leaves_avx2(const BlockTree *tree, const Bytes *columns, float *sums) {
  const float *leaf = tree->leaf;
  Bytes which;
  part(tree, columns, &which);
  for (int64_t r = 0; r < BLOCK; r += 8) {
    const __m256i at = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)((const char *)&which + r)));
    const __m256 found = tree->leaves <= 8 ? _mm256_permutevar8x32_ps(_mm256_loadu_ps(leaf), at)
                                           : _mm256_i32gather_ps(leaf, at, 4);
    _mm256_storeu_ps(sums + r, _mm256_add_ps(_mm256_loadu_ps(sums + r), found));
  }
}

/* At most BLOCK rows. */
static void block_of_rows(const Model *model, const float *rows, int64_t count, float *out) {
  const Blocks *blocks = model->blocks;
  const int64_t features = model->features, outputs = model->outputs;
  const int is_512 = blocks->instructions == AVX512, gaps = has_gaps(rows, count * features);
  Bytes columns[2 * blocks->rankings];
  if (count < BLOCK) memset(columns, 0, sizeof columns);
  for (int64_t i = 0; i < blocks->rankings; i++)
    (is_512 ? rank_avx512 : rank_avx2)(blocks->ranking + i, rows, count, features, (int8_t *)(columns + 2 * i),
                                       (int8_t *)(columns + 2 * i + 1), gaps);
  float sums[outputs][BLOCK];
  for (int64_t i = 0; i < outputs; i++)
    for (int64_t row = 0; row < BLOCK; row++) sums[i][row] = model->base[i];
  for (int64_t t = 0; t < model->trees; t++) {
    const BlockTree *tree = blocks->trees + t;
    float *group = sums[model->groups[t]];
    if (tree->splits >= 0) {
      (is_512 ? add_leaves_avx512 : add_leaves_avx2)(tree, columns, group);
      continue;
    }
    int64_t row = 0;
    for (; row + LANES <= count; row += LANES) walk_lanes(model, t, rows + row * features, group + row, 1, 1);
    for (; row < count; row++) group[row] += leaf_of(model, t, rows + row * features, 1);
  }
  for (int64_t row = 0; row < count; row++)
    for (int64_t i = 0; i < outputs; i++) out[row * outputs + i] = sums[i][row];
}

typedef struct {
  int64_t feature;
  float threshold;
} Threshold;

static int by_feature_and_threshold(const void *a, const void *b) {
  const Threshold *one = a, *other = b;
  if (one->feature != other->feature) return one->feature < other->feature ? -1 : 1;
  return (one->threshold > other->threshold) - (one->threshold < other->threshold);
}

static int is_same(const Threshold *one, const Threshold *other) {
  return one->feature == other->feature && one->threshold == other->threshold;
}

/* Where in the order it is; it is there. */
static int64_t place(const Threshold *ordered, int64_t count, const Threshold *wanted) {
  int64_t first = 0;
  while (count > 1) {
    const int64_t half = count / 2;
    if (by_feature_and_threshold(ordered + first + half, wanted) <= 0) {
      first += half;
      count -= half;
    } else
      count = half;
  }
  return first;
}

void forget_blocks(Blocks *blocks) {
  if (!blocks) return;
  free(blocks->ranking);
  free(blocks->trees);
  free(blocks->splits);
  free(blocks->last_splits);
  free(blocks->leaves);
  free(blocks);
}

static int is_leaf(const Model *model, int64_t node) { return model->nodes[node].left == node; }

static int is_last_split(const Model *model, int64_t node) {
  const int64_t left = model->nodes[node].left;
  return left != node && is_leaf(model, left) && is_leaf(model, left + 1);
}

/* Ranks of all thresholds; `where` gets the ranking and the place in it of each of them. */
static int rank_thresholds(Blocks *blocks, const Threshold *ordered, int64_t count, int32_t *where) {
  blocks->rankings = 0;
  for (int pass = 0; pass < 2; pass++) { /* count them, then write them down */
    int64_t ranking = -1;
    for (int64_t i = 0, in = 0; i < count; i++) {
      if (i == 0 || ordered[i].feature != ordered[i - 1].feature || in == MAX_RANKED) {
        ranking++;
        in = 0;
      }
      if (pass) {
        Ranking *at = blocks->ranking + ranking;
        at->feature = ordered[i].feature;
        at->count = in + 1;
        at->thresholds[in] = ordered[i].threshold;
        where[i] = (int32_t)(ranking * 256 + in);
      }
      in++;
    }
    if (pass) break;
    blocks->rankings = ranking + 1;
    if (blocks->rankings == 0 || blocks->rankings > MAX_RANKINGS) return 0;
    blocks->ranking = malloc((size_t)blocks->rankings * sizeof(Ranking));
    if (!blocks->ranking) return 0;
    for (int64_t r = 0; r < blocks->rankings; r++)
      for (int64_t i = 0; i < GROUP * GROUP; i++) blocks->ranking[r].thresholds[i] = NAN;
  }
  for (int64_t r = 0; r < blocks->rankings; r++)
    for (int64_t group = 0; group < GROUP; group++)
      blocks->ranking[r].last[group] = blocks->ranking[r].thresholds[group * GROUP + GROUP - 1];
  return 1;
}

typedef struct {
  const Threshold *ordered;
  const int32_t *where;
  int64_t count;
} Order;

static Test test_of(const Node *node, const Order *order) {
  const Threshold wanted = {node->feature & ~DEFAULT_LEFT, node->threshold};
  const int32_t found = order->where[place(order->ordered, order->count, &wanted)];
  const uint8_t key = (uint8_t)((found & 255) + LOWEST);
  const uint32_t missing_goes_right = !(node->feature & DEFAULT_LEFT);
  return (Test){key * 0x01010101u, (2 * (uint32_t)(found >> 8) + missing_goes_right) * BLOCK};
}

static void write_tree(const Model *model, const BlockTree *tree, int64_t begin, const Order *order, Split *split,
                       Test *last_split, float *leaf) {
  const int64_t splits = tree->splits, last = tree->last_splits, end = begin + splits + last + tree->leaves;
  uint32_t slots[2 * MAX_LEAVES];
  int64_t split_slot = 0, last_slot = splits, leaf_slot = splits + last;
  float *lone = leaf + 2 * last;
  for (int64_t i = begin; i < end; i++) {
    int64_t *slot = is_leaf(model, i) ? &leaf_slot : is_last_split(model, i) ? &last_slot : &split_slot;
    /* Leaves of splits with two need none. */
    slots[i - begin] = (uint32_t)*slot * BLOCK;
    const int64_t left = model->nodes[i].left;
    if (is_leaf(model, i)) continue;
    ++*slot;
    if (is_last_split(model, i)) {
      *last_split++ = test_of(model->nodes + i, order);
      *leaf++ = model->nodes[left].leaf;
      *leaf++ = model->nodes[left + 1].leaf;
    }
  }
  for (int64_t i = begin; i < end; i++) {
    if (is_leaf(model, i) || is_last_split(model, i)) continue;
    const int64_t left = model->nodes[i].left;
    for (int64_t child = left; child <= left + 1; child++)
      if (is_leaf(model, child)) {
        slots[child - begin] = (uint32_t)leaf_slot++ * BLOCK;
        *lone++ = model->nodes[child].leaf;
      }
    *split++ = (Split){test_of(model->nodes + i, order), slots[left - begin], slots[left + 1 - begin]};
  }
  if (end == begin + 1) *lone = model->nodes[begin].leaf;
}

/* Whether the tree goes by blocks, and how large it is. */
static int measure(const Model *model, int64_t t, int64_t end, int64_t per_step, BlockTree *tree) {
  *tree = (BlockTree){0};
  for (int64_t i = model->roots[t]; i < end; i++) {
    if (is_leaf(model, i))
      tree->leaves++;
    else if (is_last_split(model, i))
      tree->last_splits++;
    else
      tree->splits++;
  }
  if (tree->leaves <= MAX_LEAVES && tree->leaves - 1 <= per_step * model->depths[t]) return 1;
  tree->splits = -1;
  return 0;
}

static int fill(const Model *model, int64_t nodes, Blocks *blocks) {
  const int64_t per_step = blocks->instructions == AVX512 ? SPLITS_PER_STEP_AVX512 : SPLITS_PER_STEP_AVX2;
  int64_t splits = 0, last_splits = 0, leaves = 0, steps = 0, count = 0;
  blocks->trees = malloc((size_t)model->trees * sizeof *blocks->trees + 1);
  if (!blocks->trees) return 0;
  for (int64_t t = 0; t < model->trees; t++) {
    BlockTree *tree = blocks->trees + t;
    if (!measure(model, t, t + 1 < model->trees ? model->roots[t + 1] : nodes, per_step, tree)) continue;
    splits += tree->splits;
    last_splits += tree->last_splits;
    leaves += (tree->leaves + 63) / 64 * 64; /* read in whole vectors */
    steps += model->depths[t];
  }
  const size_t all = (size_t)(splits + last_splits + 1);
  Threshold *ordered = malloc(all * sizeof *ordered);
  int32_t *where = malloc(all * sizeof *where);
  blocks->splits = malloc(all * sizeof *blocks->splits);
  blocks->last_splits = malloc(all * sizeof *blocks->last_splits);
  blocks->leaves = calloc((size_t)leaves + 1, sizeof *blocks->leaves);
  int done = ordered && where && blocks->splits && blocks->last_splits && blocks->leaves;
  for (int64_t t = 0; done && t < model->trees; t++) {
    if (blocks->trees[t].splits < 0) continue;
    const int64_t end = t + 1 < model->trees ? model->roots[t + 1] : nodes;
    for (int64_t i = model->roots[t]; i < end; i++) {
      const Node *node = model->nodes + i;
      if (is_leaf(model, i)) continue;
      ordered[count++] = (Threshold){node->feature & ~DEFAULT_LEFT, node->threshold};
      if (node->threshold != node->threshold) done = 0; /* it has no place among the others */
    }
  }
  if (done) {
    qsort(ordered, (size_t)count, sizeof *ordered, by_feature_and_threshold);
    int64_t kept = 0;
    for (int64_t i = 0; i < count; i++)
      if (kept == 0 || !is_same(ordered + kept - 1, ordered + i)) ordered[kept++] = ordered[i];
    done = rank_thresholds(blocks, ordered, kept, where) &&
           steps - count / per_step > STEPS_PER_RANKING * blocks->rankings;
    const Order order = {ordered, where, kept};
    Split *split = blocks->splits;
    Test *last_split = blocks->last_splits;
    float *leaf = blocks->leaves;
    for (int64_t t = 0; done && t < model->trees; t++) {
      BlockTree *tree = blocks->trees + t;
      if (tree->splits < 0) continue;
      tree->split = split;
      tree->last_split = last_split;
      tree->leaf = leaf;
      write_tree(model, tree, model->roots[t], &order, split, last_split, leaf);
      split += tree->splits;
      last_split += tree->last_splits;
      leaf += (tree->leaves + 63) / 64 * 64;
    }
  }
  free(ordered);
  free(where);
  return done;
}

/* The trees in this form, if the processor has the instructions and it gains something; else NULL. */
Blocks *make_blocks(const Model *model, int64_t nodes, int64_t instructions) {
  if (instructions == PORTABLE || instructions > instructions_here() || model->outputs > MAX_OUTPUTS) return NULL;
  Blocks *blocks = calloc(1, sizeof *blocks);
  if (!blocks) return NULL;
  blocks->instructions = instructions;
  if (fill(model, nodes, blocks)) return blocks;
  forget_blocks(blocks);
  return NULL;
}
