/** Asks Pulumi about a stack. */
import { redactSecrets } from "../shared/redactSecrets";
import { tryRun } from "../shared/run";
import type { Update } from "./history";
import { Refusal } from "./refusal";
import type { ExportedStack } from "./servedModel";

async function pulumi(stack: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await tryRun("pulumi", [
    ...args,
    "--stack",
    stack,
    "--non-interactive",
  ]).catch((error: unknown) => ({ code: 1, stdout: "", stderr: `pulumi does not run: ${error}` }));
  if (code !== 0) {
    throw new Refusal(`the stack ${stack} cannot be read`, [redactSecrets(stderr).trim()]);
  }
  return stdout;
}

export async function exportStack(stack: string): Promise<ExportedStack> {
  return JSON.parse(await pulumi(stack, "stack", "export")) as ExportedStack;
}

/** The last updates, the newest first. */
export async function stackHistory(
  stack: string,
  count: number,
  ...options: string[]
): Promise<Update[]> {
  const args = ["stack", "history", "--json", `--page-size=${count}`, ...options];
  return JSON.parse(await pulumi(stack, ...args)) as Update[];
}
