import type { Suite } from "mocha";

/**
 * Leaves out the rest of a suite whose tests build on each other after one of them failed.
 * (Mocha's own `bail` would end the whole run, other files too.)
 */
export function stopAtFirstFailure(suite: Suite): void {
  let failed = false;
  suite.beforeEach(function () {
    if (failed) {
      this.skip();
    }
  });
  suite.afterEach(function () {
    failed ||= this.currentTest?.state === "failed";
  });
}
