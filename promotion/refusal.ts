/** Why something is not promoted: all reasons at once, each with what to do. */
export class Refusal extends Error {
  constructor(
    what: string,
    public readonly reasons: readonly string[],
  ) {
    super(`${what}; nothing was changed:\n${reasons.map((reason) => `  ✗ ${reason}`).join("\n")}`);
  }
}
