/** The Pulumi projects that are compared, each in a folder of its own with a stack and its state. */
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { stringify } from "yaml";
import { environment } from "../../local/environment";
import { PROJECT_DIR } from "../../local/settings";
import { run } from "../../shared/run";
import { STACK, WorkingCopy } from "../../test/end-to-end/workingCopy";

/** Another program than this project's, with one release for each model. */
export type Other = "minimal" | "usual";

/** A project with one stack. */
export interface Project {
  folder: string;
  env: Record<string, string>;
}

export function temporary(): string {
  return fs.mkdtempSync(path.join(os.tmpdir(), "bench-program-"));
}

/** This project, with the configuration that is given for its stack. */
export function ours(namespace: string): { project: Project; copy: WorkingCopy } {
  const copy = WorkingCopy.create(namespace);
  return { project: { folder: copy.folder, env: copy.env }, copy };
}

/** The smallest program, transpiled like this project's, or as `pulumi new` sets it up. */
export function other(root: string, kind: Other): Project {
  const folder = path.join(root, kind);
  const state = path.join(root, `${kind}-state`);
  fs.mkdirSync(folder);
  fs.mkdirSync(state);
  const options = kind === "minimal" ? { tsconfig: "tsconfig.pulumi.json" } : {};
  const runtime = { name: "nodejs", options: { packagemanager: "npm", ...options } };
  const source = path.join(__dirname, "minimal", kind === "minimal" ? "index.ts" : "usual.ts");
  fs.copyFileSync(source, path.join(folder, "index.ts"));
  fs.cpSync(path.join(PROJECT_DIR, "chart"), path.join(folder, "chart"), { recursive: true });
  for (const file of ["tsconfig.json", "tsconfig.pulumi.json"]) {
    fs.copyFileSync(path.join(PROJECT_DIR, file), path.join(folder, file));
  }
  fs.symlinkSync(path.join(PROJECT_DIR, "node_modules"), path.join(folder, "node_modules"));
  fs.writeFileSync(
    path.join(folder, "package.json"),
    JSON.stringify({ name: kind, private: true, main: "index.ts" }),
  );
  fs.writeFileSync(path.join(folder, "Pulumi.yaml"), stringify({ name: kind, runtime }));
  const env = pulumiEnvironment(state);
  // Whoever has not been told otherwise pays for the type-check.
  if (kind === "usual") {
    env.PULUMI_NODEJS_TRANSPILE_ONLY = "";
  }
  return { folder, env };
}

export function configureOther(
  { folder }: Project,
  kind: Other,
  namespace: string,
  releases: Record<string, object>,
): void {
  const config = { [`${kind}:namespace`]: namespace };
  // Not in the config, which can hold some hundred of them.
  fs.writeFileSync(path.join(folder, "releases.json"), JSON.stringify(releases));
  fs.writeFileSync(path.join(folder, `Pulumi.${STACK}.yaml`), stringify({ config }));
}

function pulumiEnvironment(state: string): Record<string, string> {
  return {
    ...environment(true),
    PULUMI_BACKEND_URL: `file://${state}`,
    PULUMI_CONFIG_PASSPHRASE: "",
  };
}

export function pulumi({ folder, env }: Project, ...args: string[]): Promise<string> {
  return run("pulumi", [...args, "--stack", STACK, "--non-interactive"], { cwd: folder, env });
}

/** What a command takes of a program: seconds from its start to its end, and the most memory of the process, in MB. */
export interface Measured {
  seconds: number;
  memory: number;
}

export async function measured({ folder, env }: Project, ...args: string[]): Promise<Measured> {
  const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "bench-memory-")), "kilobytes");
  const options = `--require ${path.join(__dirname, "peakMemory.js")}`;
  try {
    const watched = { ...env, NODE_OPTIONS: options, BENCH_PEAK_MEMORY: file };
    const seconds = await timed(() => pulumi({ folder, env: watched }, ...args));
    const all = fs.readFileSync(file, "utf8").trim().split("\n").map(Number);
    return { seconds, memory: Math.max(...all) / 1024 };
  } finally {
    fs.rmSync(path.dirname(file), { recursive: true, force: true });
  }
}

/** Seconds a command takes from its start to its end. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - start) / 1e9;
}
