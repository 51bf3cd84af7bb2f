/** Mocha's own output for people, and beside it what came of each test for the runner of all suites. */
import * as fs from "node:fs";

import Mocha = require("mocha");

import type { End, Outcome } from "./outcomes";

const { EVENT_TEST_PASS, EVENT_TEST_FAIL, EVENT_TEST_PENDING, EVENT_RUN_END } =
  Mocha.Runner.constants;

/** `--reporter-option file=…` names the file. */
class MochaReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const { file } = options.reporterOptions as { file: string };
    const write = (line: Outcome | End) => fs.appendFileSync(file, `${JSON.stringify(line)}\n`);
    runner.on(EVENT_TEST_PASS, (test) => write({ title: titleOf(test), state: "passed" }));
    runner.on(EVENT_TEST_PENDING, (test) => write({ title: titleOf(test), state: "skipped" }));
    // A hook that fails is told in the same way.
    runner.on(EVENT_TEST_FAIL, (test, error) =>
      write({ title: titleOf(test), state: "failed", message: messageOf(error) }),
    );
    runner.on(EVENT_RUN_END, () => write({ end: true }));
  }
}

const titleOf = (test: Mocha.Test): string => test.titlePath().join(": ");

/** With the difference where the message, being the test's own, does not hold it. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error);
  }
  const { actual, expected, generatedMessage } = error as Partial<AssertionError> & Error;
  // Mocha has made both to text by now.
  const hasDifference = generatedMessage === false && isText(actual) && isText(expected);
  const difference = hasDifference ? Mocha.reporters.Base.generateDiff(actual, expected) : "";
  return `${error.message}\n${difference}`;
}

interface AssertionError {
  actual: unknown;
  expected: unknown;
  generatedMessage: boolean;
}

const isText = (value: unknown): value is string => typeof value === "string";

export = MochaReporter;
