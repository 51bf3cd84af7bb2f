/** `ts-node review/cli.ts <stack>`: what an update of a stack would change, in readable lines. */

import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { findStackDrift } from "../drift/stackDrift";
import { redactSecrets } from "../shared/redactSecrets";
import { readReportArguments } from "../shared/reportArguments";
import { tryRun } from "../shared/run";
import { readEvents } from "./events";
import { Helm } from "./helm";
import { asMarkdown } from "./markdown";
import { type Report, reportOn } from "./report";
import { openStack, type PreviewedStack } from "./stack";
import { asText } from "./text";

const POLICY_PACK = "policy";

/** Milliseconds for an answer about drift, and for all of them. */
const [DRIFT_TIMEOUT_MS, DRIFT_TOTAL_MS] = [3_000, 10_000];

/** Previews a stack, with the policies, and reports on it. Changes nothing. */
export async function review(name: string, project: string): Promise<Report> {
  const stack = await openStack(name, project);
  try {
    const [{ events, code, stderr }, drift] = await Promise.all([
      preview(stack, project),
      findDrift(stack, project),
    ]);
    const read = readEvents(events);
    const isExplained =
      read.diagnostics.some(({ severity }) => severity === "error") ||
      read.violations.some(({ isMandatory }) => isMandatory);
    if (code !== 0 && !isExplained) {
      const message =
        redactSecrets(stderr)
          .trim()
          .replace(/^error: /, "") || `pulumi preview ended with ${code}`;
      read.diagnostics.push({ severity: "error", message });
    }
    const helm = new Helm(stack.access, stack.env);
    return await reportOn(stack, read, { succeeded: code === 0, drift }, helm, project);
  } finally {
    stack.remove();
  }
}

/** Beside the preview, which takes longer; what is not compared by then is left out. */
async function findDrift({ name, exported }: PreviewedStack, project: string) {
  if (exported === undefined) {
    return undefined;
  }
  const options = {
    // The preview warns of these by itself.
    withReleases: false,
    timeoutMs: DRIFT_TIMEOUT_MS,
    until: Date.now() + DRIFT_TOTAL_MS,
  };
  try {
    return await findStackDrift({ name, project, exported }, options);
  } catch (error) {
    return redactSecrets(error instanceof Error ? error.message : String(error));
  }
}

async function preview(stack: PreviewedStack, project: string) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "events-"));
  const log = path.join(folder, "events");
  try {
    const { code, stderr } = await tryRun(
      "pulumi",
      [
        ...["preview", "--stack", stack.name, "--non-interactive", "--color", "never"],
        ...["--policy-pack", POLICY_PACK, "--event-log", log, ...stack.args],
      ],
      // The event log is what Pulumi's own Automation API reads; the option is hidden without this.
      { cwd: project, env: { ...stack.env, PULUMI_DEBUG_COMMANDS: "true" } },
    );
    return { code, stderr, events: fs.existsSync(log) ? fs.readFileSync(log, "utf8") : "" };
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

const USAGE = "usage: ts-node review/cli.ts [--markdown <file>] [--project <folder>] <stack>";

async function main(): Promise<void> {
  const { stack, project, markdown } = readReportArguments(USAGE);
  const report = await review(stack, project);
  process.stdout.write(asText(report));
  if (markdown !== undefined) {
    fs.appendFileSync(markdown, asMarkdown(report));
  }
  process.exitCode = report.succeeded ? 0 : 1;
}

if (require.main === module) {
  main().catch((error: unknown) => {
    process.stderr.write(
      `${redactSecrets(error instanceof Error ? error.message : String(error))}\n`,
    );
    process.exitCode = 2;
  });
}
