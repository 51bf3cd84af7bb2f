import { RunError } from "@pulumi/pulumi/errors";

/**
 * A failure whose message says all there is to say, and what to do next: shown without a stack trace, by
 * Pulumi as well as on the command line.
 */
export class UserError extends RunError {
  /**
   * @param problem what was found
   * @param remedy the next thing to do or type, if the problem does not say it
   */
  constructor(problem: string, remedy?: string) {
    super(remedy === undefined ? problem : `${problem}\n  → ${remedy}`);
    // Pulumi hides the stack of a RunError only while the program runs, but outputs fail afterwards.
    this.stack = undefined;
  }
}
