/**
 * How long tests on real parts wait, in milliseconds: many times what it takes on an idle machine with
 * two cores. A slow machine, or one that stands still for a while, is no failure; what never comes is.
 */

/** For one condition to come true, such as pods that get ready. */
export const TIMEOUT_MS = 180_000;

/** For a whole test, and for what is prepared before and removed after it. */
export const TEST_TIMEOUT_MS = 900_000;
