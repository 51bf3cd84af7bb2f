/**
 * `ts-node drift/cli.ts <stack>`: how what runs differs from what the stack has deployed. Exits with 0 if it
 * does not, with 1 if it does, and with 2 if that could not be found out.
 */
import * as fs from "node:fs";
import { say, step } from "../shared/progress";
import { redactSecrets } from "../shared/redactSecrets";
import { readReportArguments } from "../shared/reportArguments";
import { run } from "../shared/run";
import type { Drift } from "./findDrift";
import { asMarkdown } from "./markdown";
import { findStackDrift } from "./stackDrift";
import { asText, hasDrift } from "./text";

const USAGE = "usage: ts-node drift/cli.ts [--markdown <file>] [--project <folder>] <stack>";

const TIMEOUT_MS = 10_000;

async function findDriftOf(name: string, project: string): Promise<Drift> {
  const args = ["stack", "export", "--stack", name, "--non-interactive"];
  const exported: unknown = JSON.parse(await run("pulumi", args, { cwd: project }));
  const options = { withReleases: true, timeoutMs: TIMEOUT_MS, onProgress };
  return await step(`Comparing the cluster with what the stack ${name} has deployed`, () =>
    findStackDrift({ name, project, exported }, options),
  );
}

function onProgress(compared: number, releases: number): void {
  if (compared % 50 === 0 && compared < releases) {
    say(`  ${compared} of ${releases} releases`);
  }
}

async function main(): Promise<void> {
  const { stack, project, markdown } = readReportArguments(USAGE);
  const drift = await findDriftOf(stack, project);
  process.stdout.write(asText(stack, drift));
  if (markdown !== undefined) {
    fs.appendFileSync(markdown, asMarkdown(stack, drift));
  }
  process.exitCode = hasDrift(drift) ? 1 : drift.uncompared.length > 0 ? 2 : 0;
}

main().catch((error: unknown) => {
  process.stderr.write(
    `${redactSecrets(error instanceof Error ? error.message : String(error))}\n`,
  );
  process.exitCode = 2;
});
