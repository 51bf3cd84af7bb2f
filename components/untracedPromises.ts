/**
 * Keeps ts-node from working out a stack trace for each of the SDK's promises.
 *
 * The SDK notes one with every promise, some 150 for each release, for what it says of promises that never end. Of
 * a program in TypeScript ts-node looks every line of it up in the source maps, which takes half the time of a
 * preview of 1,000 models. All other traces are worked out as before.
 */

type Prepare = NonNullable<typeof Error.prepareStackTrace>;

/** Where the SDK notes them. */
const NOTED_IN = "debuggablePromise";

let installed: Prepare | undefined;

/** Harmless more than once. Whoever looks for such a promise (`PULUMI_DEBUG_PROMISE_LEAKS`) gets its trace. */
export function skipTracesOfPromises(): void {
  const prepare = Error.prepareStackTrace;
  if (
    prepare === undefined ||
    prepare === installed ||
    process.env.PULUMI_DEBUG_PROMISE_LEAKS !== undefined
  ) {
    return;
  }
  installed = (error, frames) =>
    frames[0]?.getFunctionName() === NOTED_IN ? "" : prepare(error, frames);
  Error.prepareStackTrace = installed;
}
