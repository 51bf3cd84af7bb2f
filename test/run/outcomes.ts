/** What came of tests: as test runners write it down, a line of JSON for each, and added up. */
import * as fs from "node:fs";

/** A test that has ended, or a hook that failed. */
export interface Outcome {
  title: string;
  state: "passed" | "failed" | "skipped";
  /** Why it failed. */
  message?: string;
}

/** The last line: the runner came to its end. Without it some tests may not have been run. */
export interface End {
  end: true;
}

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

export interface Report {
  outcomes: Outcome[];
  isWhole: boolean;
}

/** What a test runner wrote down; nothing if it did not come so far. */
export function readReport(file: string): Report {
  const text = fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
  // Of a runner that was killed the last line may be half a line.
  const lines = text.split("\n").slice(0, -1);
  const written = lines.map((line) => JSON.parse(line) as Outcome | End);
  const outcomes = written.filter((line) => "title" in line);
  return { outcomes, isWhole: written.some((line) => "end" in line) };
}

export function count(outcomes: readonly Outcome[]): Counts {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { state } of outcomes) {
    counts[state] += 1;
  }
  return counts;
}

/** The counts in words, as `.ci/run` finds them at the end. */
export function describeCounts({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

/** Lines of a failure's message that are repeated at the end. */
const MAX_MESSAGE_LINES = 20;

/** A failure with the beginning of its message. */
export function describeFailure({ title, message = "" }: Outcome): string {
  const lines = message.split("\n").filter((line) => line.trim() !== "");
  return [title, ...lines.slice(0, MAX_MESSAGE_LINES).map((line) => `  ${line}`)].join("\n");
}
