/** From a stack that an update left unfinished to one that is whole, by nothing but what is printed. */
import * as assert from "node:assert/strict";
import { STACK, type WorkingCopy } from "../end-to-end/workingCopy";
import { follow, isSeen } from "./runbook";
import { MODELS } from "./stack";

export const LOCKED = "The stack is locked";
export const HELD = "Helm would refuse to touch a release";
export const NOTED = "Pulumi warns of pending operations";

/**
 * Runs `pulumi up` and does what is printed, and what the runbook says to it, until it succeeds
 * without a word.
 *
 * @returns the runbook's entries that were followed
 */
export async function recover(copy: WorkingCopy): Promise<string[]> {
  const followed: string[] = [];
  for (;;) {
    const up = ["up", "--yes", "--skip-preview", "--stack", STACK];
    const { code, stdout, stderr } = await copy.tryPulumi(...up);
    const printed = stdout + stderr;
    const heading = (code === 0 ? [NOTED] : [LOCKED, HELD]).find((name) => isSeen(name, printed));
    if (code === 0 && heading === undefined) {
      return followed;
    }
    assert.ok(heading, `not in the runbook:\n${printed}`);
    assert.ok(followed.length <= MODELS.length, `no end: ${followed.join()}\n${printed}`);
    followed.push(heading);
    await follow(heading, copy, { printed });
  }
}
