import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { mappingOf, ProgramError, runLoginProgram } from "../../shared/loginProgram";
import { waitFor } from "../../shared/run";
import { temporaryFolder } from "../temporaryFolder";

const folder = temporaryFolder("ask-program");

describe("a program that is asked", () => {
  it("gets its input, and is heard with its exit code", async () => {
    const options = { args: ["-c", "cat; exit 3"], input: "hello", timeoutMs: 60_000 };
    assert.deepEqual(await runLoginProgram("sh", options), { code: 3, stdout: "hello" });
  });

  it("is ended with all that it has started when it does not answer", async () => {
    const file = path.join(folder, "pids");
    const script = `trap "" TERM; (trap "" TERM; sleep 600) & echo $! $$ > "${file}.new"; mv "${file}.new" "${file}"; wait`;
    const asked = runLoginProgram("sh", { args: ["-c", script], timeoutMs: 2_000 });
    await assert.rejects(asked, { message: "sh gave no answer within 2 seconds" });
    const pids = fs.readFileSync(file, "utf8").trim().split(" ").map(Number);
    for (const pid of pids) {
      assert.ok(await waitFor(async () => !isRunning(pid), 60_000), `${pid} still runs`);
    }
  });

  it("may be none", async () => {
    const asked = runLoginProgram("no-such-program", { timeoutMs: 60_000 });
    await assert.rejects(asked, (error) => error instanceof ProgramError && error.isMissing);
    await assert.rejects(runLoginProgram("sh\0", { timeoutMs: 60_000 }), /cannot be started/);
    await assert.rejects(
      runLoginProgram(folder, { timeoutMs: 60_000 }),
      /cannot be started \(EACCES\)/,
    );
  });

  it("may say what is no mapping", () => {
    for (const text of ["", "x", "null", "[]", "1", '{"a": 1']) {
      assert.equal(mappingOf(text), undefined);
    }
    assert.deepEqual(mappingOf(' {"a": 1}\n'), { a: 1 });
  });
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // What has ended and is not yet waited for is still there by its number.
    return !fs.readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
}
