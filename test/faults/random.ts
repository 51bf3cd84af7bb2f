/** Chance that can be repeated: `SEED=… make test-faults` runs the same faults at the same moments. */

/**
 * Always the same in the short form: what fails there after a change does so because of the change. The long
 * form looks for what nobody has thought of.
 */
export const SEED = Number(
  process.env.SEED ?? (process.env.ROUNDS ? Math.floor(Math.random() * 2 ** 32) : 20261127),
);

/** Numbers from 0 to 1 (mulberry32). */
export function random(seed = SEED): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
