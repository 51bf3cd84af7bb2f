import * as pulumi from "@pulumi/pulumi";

/** A failure whose message says all there is to say: shown without stack trace. */
export class UserError extends pulumi.RunError {
  constructor(message: string) {
    super(message);
    // Pulumi hides the stack of a RunError only while the program runs, but outputs fail afterwards.
    this.stack = undefined;
  }
}
