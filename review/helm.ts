/** Asks Helm what is deployed and what would be: the API server knows no manifests of releases. */
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { ProviderConfig } from "../components/cluster/kubeconfig";
import type { Values } from "../shared/mappings";
import { redactSecrets } from "../shared/redactSecrets";
import { type RunResult, tryRun } from "../shared/run";

/** Where a release is or would be. */
export interface ReleaseAt {
  release: string;
  namespace: string;
}

export type Answer = { output: string } | { problem: string };

/** Milliseconds a cluster gets to answer: a reviewer should not wait for one that is gone. */
const TIMEOUT_MS = 15_000;

export class Helm {
  private problem: Promise<string | undefined> | undefined;

  constructor(
    private readonly access: ProviderConfig,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  /** Why the cluster cannot be asked; undefined if it can. Tried once. */
  whyUnreachable(namespace: string): Promise<string | undefined> {
    this.problem ??= this.runOnCluster(["list", "--max", "1", "--namespace", namespace]).then(
      (answer) => ("problem" in answer ? answer.problem : undefined),
    );
    return this.problem;
  }

  /** The objects a release has deployed. */
  async deployed({ release, namespace }: ReleaseAt): Promise<Answer> {
    const problem = await this.whyUnreachable(namespace);
    return problem === undefined
      ? this.runOnCluster(["get", "manifest", release, "--namespace", namespace])
      : { problem };
  }

  /** What a chart renders for values, by no cluster's help. */
  async rendered(at: ReleaseAt, chart: string, values: Values, cwd: string): Promise<Answer> {
    const args = ["template", at.release, chart, "--namespace", at.namespace, "--no-hooks"];
    return this.run([...args, "--values", "-"], { cwd, input: JSON.stringify(values) });
  }

  private async run(
    args: string[],
    options: { cwd?: string; input?: string; timeout?: number } = {},
  ): Promise<Answer> {
    let result: RunResult;
    try {
      result = await tryRun("helm", args, { ...options, env: this.env });
    } catch {
      return { problem: "helm is not on PATH" };
    }
    if (result.code === null) {
      return { problem: `no answer within ${TIMEOUT_MS / 1000} seconds` };
    }
    if (result.code === 0) {
      return { output: result.stdout };
    }
    const problem = reasonOf(result.stderr);
    // What the chart refuses are the names of values, and these may sound like those of secrets.
    return { problem: args[0] === "template" ? problem : redactSecrets(problem) };
  }

  /** Asks the stack's cluster. */
  private async runOnCluster(command: string[]): Promise<Answer> {
    const { context, kubeconfig } = this.access;
    const args = [...command, ...(context === undefined ? [] : ["--kube-context", context])];
    if (kubeconfig === undefined) {
      return this.run(args, { timeout: TIMEOUT_MS });
    }
    if (fs.existsSync(kubeconfig)) {
      return this.run([...args, "--kubeconfig", kubeconfig], { timeout: TIMEOUT_MS });
    }
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "kubeconfig-"));
    try {
      const file = path.join(folder, "config");
      fs.writeFileSync(file, kubeconfig, { mode: 0o600 });
      return await this.run([...args, "--kubeconfig", file], { timeout: TIMEOUT_MS });
    } finally {
      fs.rmSync(folder, { recursive: true, force: true });
    }
  }
}

/** What Helm complains of, in one line, without its warnings and advice; as `policy/rendering.ts`, which imports nothing from here. */
function reasonOf(stderr: string): string {
  return stderr
    .slice(Math.max(0, stderr.lastIndexOf("Error: ")))
    .replace(/^Error: (execution error at \([^)]*\): )?/, "")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("Use --debug flag"))
    .join(" ");
}
