/** What a real mocha and a real pytest write down, and what is made of those that break down. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { PROJECT_DIR } from "../../local/settings";
import { tryRun } from "../../shared/run";
import { temporaryFolder } from "../temporaryFolder";
import { TEST_TIMEOUT_MS } from "../timeouts";
import type { Outcome } from "./outcomes";

const MOCHA = `
const assert = require("node:assert/strict");
describe("numbers", () => {
  it("are equal", () => assert.equal(1, 1));
  it("differ", () => assert.deepEqual({ a: 1 }, { a: 2 }, "in what they say"));
  it("are compared", () => assert.equal(1, 2));
  it("come later");
  describe("of somebody else", () => {
    before(() => { throw new Error("nobody is there"); });
    it("are never asked for", () => undefined);
  });
});
`;

const PYTEST = `
import pytest

def test_equal():
    assert 1 == 1

def test_differ():
    assert [1] == [2], "in what they say"

@pytest.mark.skip
def test_later():
    pass

@pytest.fixture
def absent():
    raise RuntimeError("nobody is there")

def test_absent(absent):
    pass
`;

describe("a job", function () {
  this.timeout(TEST_TIMEOUT_MS);

  const folder = temporaryFolder("jobs");

  /** Runs the tests in a file as the suite's jobs are run; in a process of its own, since it prints. */
  async function outcomesOf(suite: string, name: string, content: string): Promise<Outcome[]> {
    const file = path.join(folder, name);
    fs.writeFileSync(file, content);
    const script = `
      const { SUITES } = require("./test/run/suites");
      const { runJob } = require("./test/run/execute");
      const job = SUITES.find(({ name }) => name === process.argv[1]).jobs[0];
      const command = [...job.command.slice(0, -1), process.argv[2]];
      runJob({ ...job, command }, "").then((outcomes) => process.stderr.write(JSON.stringify(outcomes)));`;
    const args = ["--require", "ts-node/register/transpile-only", "--eval", script, suite, file];
    const { code, stdout, stderr } = await tryRun(process.execPath, args, { cwd: PROJECT_DIR });
    assert.equal(code, 0, stdout + stderr);
    return JSON.parse(stderr) as Outcome[];
  }

  const summary = (outcomes: Outcome[]) => outcomes.map(({ title, state }) => [state, title]);
  const messageOf = (outcomes: Outcome[], title: string) =>
    outcomes.find((outcome) => outcome.title === title)?.message;

  it("of mocha tells each test, and why it failed", async () => {
    const outcomes = await outcomesOf("chart", "numbers.test.ts", MOCHA);
    const hook = 'numbers: of somebody else: "before all" hook for "are never asked for"';
    assert.deepEqual(summary(outcomes), [
      ["passed", "numbers: are equal"],
      ["failed", "numbers: differ"],
      ["failed", "numbers: are compared"],
      ["skipped", "numbers: come later"],
      ["failed", hook],
    ]);
    assert.match(
      messageOf(outcomes, "numbers: differ") ?? "",
      /in what they say[\s\S]*-.*1[\s\S]*\+.*2/,
    );
    assert.match(messageOf(outcomes, "numbers: are compared") ?? "", /1 !== 2/);
    assert.match(messageOf(outcomes, hook) ?? "", /nobody is there/);
  });

  it("of pytest tells each test, and why it failed", async () => {
    // By which pytest takes the folder for the root, wherever the checkout is.
    fs.writeFileSync(path.join(folder, "pytest.ini"), "[pytest]\n");
    const outcomes = await outcomesOf("serving", "test_numbers.py", PYTEST);
    assert.deepEqual(summary(outcomes), [
      ["passed", "test_numbers.py::test_equal"],
      ["failed", "test_numbers.py::test_differ"],
      ["skipped", "test_numbers.py::test_later"],
      ["failed", "test_numbers.py::test_absent"],
    ]);
    const differ = messageOf(outcomes, "test_numbers.py::test_differ") ?? "";
    assert.match(differ, /in what they say\nassert \[1\] == \[2\]/);
    assert.match(messageOf(outcomes, "test_numbers.py::test_absent") ?? "", /nobody is there/);
  });

  it("fails if its runner breaks down, with what was printed at last", async () => {
    const broken: [suite: string, file: string, content: string, told: RegExp][] = [
      [
        "chart",
        "load.test.ts",
        "throw new Error('not today');",
        /did not run to its end:[\s\S]*not today/,
      ],
      ["chart", "empty.test.ts", "", /did not run to its end/],
      [
        "chart",
        "killed.test.ts",
        'it("ends", () => undefined); it("does not", () => process.kill(process.pid, "SIGKILL"));',
        /did not run to its end:[\s\S]*ends/,
      ],
      ["serving", "test_import.py", "import nobody_has_this", /No module named 'nobody_has_this'/],
      ["serving", "test_empty.py", "", /did not run to its end:[\s\S]*no tests ran/],
    ];
    for (const [suite, file, content, told] of broken) {
      const failed = (await outcomesOf(suite, file, content)).filter(
        ({ state }) => state === "failed",
      );
      assert.equal(failed.length, 1, file);
      assert.match(failed[0]?.message ?? "", told, file);
    }
  });
});
