/** A failure whose message already says what to do next: shown without a stack trace. */
export class UserError extends Error {
  override name = "UserError";

  /**
   * @param problem what was found
   * @param remedy the next thing to do or type
   */
  constructor(problem: string, remedy: string) {
    super(`${problem}\n  → ${remedy}`);
  }
}
