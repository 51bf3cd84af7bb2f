/** Runs a job as a process, shows what it prints, and finds out what came of its tests. */
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { environment } from "../../local/environment";
import { PROJECT_DIR } from "../../local/settings";
import { count, describeCounts, type Outcome, readReport } from "./outcomes";
import type { Job } from "./suites";

/** What is shown of a runner that broke down, in characters. */
const MAX_LAST_OUTPUT = 2_000;

export const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

/** Writes whole lines, since several write at a time. */
function lineWriter(prefix: string): { write: (chunk: string) => void; end: () => void } {
  let rest = "";
  const put = (line: string) => say(`${prefix}${line}`);
  return {
    write: (chunk) => {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      lines.forEach(put);
    },
    end: () => {
      if (rest !== "") {
        put(rest);
      }
    },
  };
}

function execute(
  [program = "", ...args]: string[],
  env: Record<string, string>,
  prefix: string,
): Promise<{ output: string; succeeded: boolean }> {
  const child = spawn(program, args, {
    cwd: PROJECT_DIR,
    env: { ...process.env, ...environment(true), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const lines = lineWriter(prefix);
  const keep = (chunk: string) => {
    output = (output + chunk).slice(-MAX_LAST_OUTPUT);
    lines.write(chunk);
  };
  child.stdout.setEncoding("utf8").on("data", keep);
  child.stderr.setEncoding("utf8").on("data", keep);
  return new Promise((resolve) => {
    child.on("error", (error) => resolve({ output: String(error), succeeded: false }));
    child.on("close", (code) => {
      lines.end();
      resolve({ output, succeeded: code === 0 });
    });
  });
}

/** What came of a job's tests, a failure for a runner that broke down included. */
async function run({ name, command, writesTo, env = {} }: Job, prefix: string): Promise<Outcome[]> {
  if (writesTo === undefined) {
    const { output, succeeded } = await execute(command, env, prefix);
    return [{ title: name, state: succeeded ? "passed" : "failed", message: output }];
  }
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "outcomes-"));
  try {
    const file = path.join(folder, "outcomes.jsonl");
    const { output, succeeded } = await execute([...command, ...writesTo(file)], env, prefix);
    const { outcomes, isWhole } = readReport(file);
    const { passed, failed, skipped } = count(outcomes);
    // One that fails without a failed test has broken down, and one that ran nothing proves nothing.
    if (!isWhole || (!succeeded && failed === 0) || passed + failed + skipped === 0) {
      const message = `did not run to its end:\n${output}`;
      say(`${name} ${message}`);
      outcomes.push({ title: name, state: "failed", message });
    }
    return outcomes;
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

/** Runs a job; it is told when it begins, and how it ended. */
export async function runJob(job: Job, prefix: string): Promise<Outcome[]> {
  const command = [path.basename(job.command[0] ?? ""), ...job.command.slice(1)].join(" ");
  say(`\n== ${job.name}: ${command}`);
  const begun = Date.now();
  const outcomes = await run(job, prefix);
  const seconds = Math.round((Date.now() - begun) / 1000);
  say(`== ${job.name}: ${describeCounts(count(outcomes))} (${seconds} s)`);
  return outcomes;
}
