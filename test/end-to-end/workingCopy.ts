/** Copies of this project in which a test may change files, each with a stack of its own. */
import * as assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { parse, stringify } from "yaml";
import { environment } from "../../local/environment";
import { PROJECT_DIR, REGISTRY } from "../../local/settings";
import type { Golden } from "../../shared/golden";
import { type RunResult, tryRun, waitFor } from "../../shared/run";
import { sha256Of } from "../sha256Of";
import { TIMEOUT_MS } from "../timeouts";

export const STACK = "end-to-end";

/** What the models of several tests, and their successors, ask for: together they fit on a small machine. */
export const SMALL = { requests: { cpu: "20m", memory: "64Mi" } };

/** What the program exports for a model. */
export interface DeployedModel {
  releaseName: string;
  namespace: string;
  image: string;
  model: { name: string; version: string; sha256: string };
  url: string;
  ingressUrl: string;
}

export class WorkingCopy {
  private constructor(
    private readonly root: string,
    /** Where its stacks' state is. */
    private readonly stateFolder: string,
    /** Namespace of its models, which are reached as `<model>.<namespace>.localhost`. */
    public readonly namespace: string,
    /** What pulumi, helm and kubectl need to work on its stack. */
    public readonly env: Record<string, string>,
  ) {}

  /**
   * @param namespace one of its own for each test file
   * @param options.stateOf another clone of the same project, which works on the same stacks
   * @param options.umask as the clone's user has it, in octal digits
   */
  static create(
    namespace: string,
    { stateOf, umask = "022" }: { stateOf?: WorkingCopy; umask?: string } = {},
  ): WorkingCopy {
    const root = fs.mkdtempSync(path.join(os.tmpdir(), "model-deployment-"));
    const folder = path.join(root, "project");
    const stateFolder = stateOf?.stateFolder ?? path.join(root, "state");
    for (const each of [folder, stateFolder]) {
      fs.mkdirSync(each, { recursive: true });
    }
    // Committed or about to be; the sample models are made by a script and come along.
    const files = execFileSync(
      "git",
      ["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
      {
        cwd: PROJECT_DIR,
        encoding: "utf8",
      },
    );
    const list = files
      .split("\0")
      .filter((file) => file !== "" && fs.existsSync(path.join(PROJECT_DIR, file)));
    execFileSync(
      "bash",
      [
        "-c",
        // Unpacked as another user would: with that user's umask, not with the modes found here.
        'umask "$1"; { cat; printf "models\\0"; } | tar -c -C "$2" --null --files-from=- | tar -x --no-same-permissions -C "$3"',
        "bash",
        umask,
        PROJECT_DIR,
        folder,
      ],
      { input: list.map((file) => `${file}\0`).join("") },
    );
    fs.symlinkSync(path.join(PROJECT_DIR, "node_modules"), path.join(folder, "node_modules"));
    const env = {
      ...environment(true),
      PULUMI_BACKEND_URL: `file://${stateFolder}`,
      PULUMI_CONFIG_PASSPHRASE: "",
    };
    const copy = new WorkingCopy(root, stateFolder, namespace, env);
    copy.writeConfig((config) => ({
      ...config,
      "model-deployment:namespace": namespace,
      "model-deployment:image": {
        ...(config["model-deployment:image"] as object),
        registry: `${REGISTRY}/${namespace}`,
      },
      "model-deployment:ingress": {
        hosts: [{ host: `{name}.${namespace}.localhost` }],
        port: 8080,
      },
      "model-deployment:resources": SMALL,
    }));
    return copy;
  }

  /** A copy with its stack, which is empty, and so is the cluster: what an earlier run has left goes first. */
  static async withStack(namespace: string): Promise<WorkingCopy> {
    await kubectl("delete", "namespace", namespace, "--ignore-not-found");
    const copy = WorkingCopy.create(namespace);
    await copy.pulumi("stack", "init", STACK);
    return copy;
  }

  get folder(): string {
    return path.join(this.root, "project");
  }

  /** Changes the stack's configuration file; the first time it starts from the dev stack's. */
  writeConfig(change: (config: Record<string, unknown>) => Record<string, unknown>): void {
    const file = this.path(`Pulumi.${STACK}.yaml`);
    const source = fs.existsSync(file) ? file : this.path("Pulumi.dev.yaml");
    const document = parse(fs.readFileSync(source, "utf8")) as { config: Record<string, unknown> };
    fs.writeFileSync(file, stringify({ ...document, config: change(document.config) }));
  }

  path(...names: string[]): string {
    return path.join(this.folder, ...names);
  }

  /** A file that belongs to whoever works on the copy, outside of the project. */
  pathBeside(...names: string[]): string {
    return path.join(this.root, ...names);
  }

  /** Lets pods of any user read the models in it. */
  openToPods(): void {
    for (const folder of [this.root, this.folder]) {
      fs.chmodSync(folder, 0o755);
    }
  }

  golden(version: string, name = "breast-cancer"): Golden {
    const file = this.path("models", name, version, "golden.json");
    return JSON.parse(fs.readFileSync(file, "utf8")) as Golden;
  }

  /** sha256 of a sample model. */
  sha256(version: string, name = "breast-cancer"): string {
    return sha256Of(this.path("models", name, version, "model.pkl"));
  }

  tryRun(program: string, args: string[], env: Record<string, string> = {}): Promise<RunResult> {
    return tryRun(program, args, { cwd: this.folder, env: { ...this.env, ...env } });
  }

  /** Starts pulumi in a process group of its own, as a shell does, for tests that end it. */
  spawnPulumi(...args: string[]): ChildProcess {
    const env = { ...process.env, ...this.env };
    return spawn("pulumi", args, { cwd: this.folder, env, detached: true });
  }

  tryPulumi(...args: string[]): Promise<RunResult> {
    return this.tryRun("pulumi", args);
  }

  async pulumi(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.tryPulumi(...args);
    assert.equal(code, 0, `pulumi ${args.join(" ")}:\n${stdout}\n${stderr}`);
    return stdout;
  }

  /** An update that must fail; resolves with everything it printed. */
  async failingUp(): Promise<string> {
    const { code, stdout, stderr } = await this.tryPulumi(
      "up",
      "--yes",
      "--skip-preview",
      "--stack",
      STACK,
    );
    assert.notEqual(code, 0, `pulumi up should have failed:\n${stdout}`);
    return stdout + stderr;
  }

  setConfig(key: string, value: string, ...options: string[]): Promise<string> {
    return this.pulumi("config", "set", "--path", key, value, ...options, "--stack", STACK);
  }

  up(): Promise<string> {
    return this.pulumi("up", "--yes", "--skip-preview", "--stack", STACK);
  }

  async model(name = "breast-cancer", stack = STACK): Promise<DeployedModel> {
    const output = await this.pulumi("stack", "output", "--json", "--stack", stack);
    const model = (JSON.parse(output) as { models: Record<string, DeployedModel> }).models[name];
    assert.ok(model, `the stack has no output for ${name}: ${output}`);
    return model;
  }

  /** The operations a preview announces, by resource type: `update`, `create`, … but not `same`. */
  async previewChanges(): Promise<Record<string, string>> {
    const output = await this.pulumi("preview", "--json", "--stack", STACK);
    const { steps } = JSON.parse(output) as { steps: { op: string; urn: string }[] };
    return Object.fromEntries(
      steps
        .filter(({ op }) => op !== "same")
        .map(({ op, urn }) => [(urn.split("::")[2] ?? "").split("$").at(-1) ?? "", op]),
    );
  }

  /** Removes it and what its stacks have deployed, by removing their namespaces. */
  async removeWithStack(...otherNamespaces: string[]): Promise<void> {
    await removeNamespaces(this.namespace, ...otherNamespaces);
    this.remove();
  }

  remove(): void {
    fs.rmSync(this.root, { recursive: true, force: true });
  }
}

/** Asks the cluster; standard output is the result. */
export async function kubectl(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await tryRun("kubectl", args, { env: environment(true) });
  assert.equal(code, 0, `kubectl ${args.join(" ")}:\n${stderr}`);
  return stdout;
}

/** Makes a namespace; one that an earlier run has left goes first. */
export async function createNamespace(name: string): Promise<void> {
  await kubectl("delete", "namespace", name, "--ignore-not-found");
  await kubectl("create", "namespace", name);
}

/** Removes namespaces. Their pods take some time to end, for which nobody has to wait. */
export async function removeNamespaces(...names: string[]): Promise<void> {
  await kubectl("delete", "namespace", ...names, "--ignore-not-found", "--wait=false");
}

/** Waits until a user's right has come into force: a moment after it was given. */
export async function awaitRight(user: string, right: string[], namespace: string): Promise<void> {
  const args = ["auth", "can-i", ...right, `--as=${user}`, `--namespace=${namespace}`];
  const isGiven = async () =>
    (await tryRun("kubectl", args, { env: environment(true) })).code === 0;
  assert.ok(await waitFor(isGiven, TIMEOUT_MS), `${user} may not ${right.join(" ")}`);
}
