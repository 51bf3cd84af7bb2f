/**
 * A Prometheus that watches one namespace as the Prometheus operator has it: the real operator reads
 * the monitors and rules and writes the configuration, a real Prometheus on this machine runs it.
 */
import * as assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { gunzipSync } from "node:zlib";
import { environment } from "../../local/environment";
import { address } from "../../local/settings";
import { run, waitFor } from "../../shared/run";
import { TIMEOUT_MS } from "../timeouts";
import { freePort } from "./freePort";

const NAME = "watcher";
const env = environment(true);

export interface Sample {
  metric: Record<string, string>;
  value: [number, string];
}

export interface Target {
  health: string;
  labels: Record<string, string>;
}

export interface Rule {
  name: string;
  health: string;
  state: string;
}

export class Prometheus {
  private readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), "prometheus-"));
  private readonly processes: ChildProcess[] = [];
  private url = "";

  constructor(private readonly namespace: string) {}

  async start(): Promise<void> {
    const instance = {
      apiVersion: "monitoring.coreos.com/v1",
      kind: "Prometheus",
      metadata: { name: NAME, namespace: this.namespace },
      spec: {
        // The version that runs here, outside of the cluster: the operator has none of its own to start.
        version: (await run("prometheus", ["--version"])).match(/version (\d+\.\d+\.\d+)/)?.[1],
        replicas: 0,
        evaluationInterval: "1s",
        apiserverConfig: { host: `http://${address("apiProxy")}` },
        podMonitorSelector: {},
        serviceMonitorSelector: {},
        ruleSelector: {},
      },
    };
    await run("kubectl", ["apply", "--filename=-"], { env, input: JSON.stringify(instance) });
    this.spawn("prometheus-operator", [
      `--apiserver=http://${address("apiProxy")}`,
      `--namespaces=${this.namespace}`,
      `--web.listen-address=127.0.0.1:${await freePort()}`,
    ]);
    assert.ok(await waitFor(() => this.readConfiguration(), TIMEOUT_MS), this.output());
    const port = await freePort();
    this.url = `http://127.0.0.1:${port}`;
    this.spawn("prometheus", [
      `--config.file=${path.join(this.folder, "prometheus.yaml")}`,
      `--storage.tsdb.path=${path.join(this.folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--web.enable-lifecycle",
    ]);
    const isReady = () =>
      fetch(`${this.url}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      );
    assert.ok(await waitFor(isReady, TIMEOUT_MS), this.output());
  }

  /**
   * Takes over what the operator has written by now. Alerts wait seconds instead of minutes here: what
   * they wait for is judged by promtool, in simulated time.
   */
  private async readConfiguration(): Promise<boolean> {
    const get = (kind: string, name: string) =>
      run(
        "kubectl",
        ["get", kind, name, `--namespace=${this.namespace}`, "--output=json", "--ignore-not-found"],
        { env },
      );
    const secret = await get("secret", `prometheus-${NAME}`);
    const rules = await get("configmap", `prometheus-${NAME}-rulefiles-0`);
    if (secret === "" || rules === "") {
      return false;
    }
    const { data } = JSON.parse(secret) as { data: Record<string, string> };
    const configuration = gunzipSync(
      Buffer.from(data["prometheus.yaml.gz"] ?? "", "base64"),
    ).toString();
    const { data: files } = JSON.parse(rules) as { data?: Record<string, string> };
    if (files === undefined) {
      return false;
    }
    const ruleFolder = path.join(this.folder, "rules");
    fs.rmSync(ruleFolder, { recursive: true, force: true });
    fs.mkdirSync(ruleFolder);
    for (const [file, content] of Object.entries(files)) {
      fs.writeFileSync(path.join(ruleFolder, file), content.replaceAll(/\bfor: \d+m/g, "for: 2s"));
    }
    fs.writeFileSync(
      path.join(this.folder, "prometheus.yaml"),
      configuration
        .replaceAll(`/etc/prometheus/rules/prometheus-${NAME}-rulefiles-0`, ruleFolder)
        // What the operator's reloader fills in inside of a pod.
        .replaceAll("$(SHARD)", "0")
        .replaceAll("$(POD_NAME)", NAME),
    );
    return true;
  }

  /** Has Prometheus read the configuration anew, once it is as wanted. */
  async reload(isWanted: (configuration: string) => boolean): Promise<void> {
    const isWritten = async () =>
      (await this.readConfiguration()) &&
      isWanted(fs.readFileSync(path.join(this.folder, "prometheus.yaml"), "utf8"));
    assert.ok(await waitFor(isWritten, TIMEOUT_MS), this.output());
    const { ok } = await fetch(`${this.url}/-/reload`, { method: "POST" });
    assert.ok(ok, this.output());
  }

  private async get<T>(question: string): Promise<T> {
    const answer = await fetch(`${this.url}/api/v1/${question}`);
    const { data, error } = (await answer.json()) as { data: T; error?: string };
    assert.ok(answer.ok, `${question}: ${error}`);
    return data;
  }

  async query(expression: string): Promise<Sample[]> {
    const { result } = await this.get<{ result: Sample[] }>(
      `query?query=${encodeURIComponent(expression)}`,
    );
    return result;
  }

  async targets(): Promise<Target[]> {
    return (await this.get<{ activeTargets: Target[] }>("targets?state=active")).activeTargets;
  }

  async rules(): Promise<Rule[]> {
    const { groups } = await this.get<{ groups: { rules: Rule[] }[] }>("rules");
    return groups.flatMap(({ rules }) => rules);
  }

  async isFiring(alert: string): Promise<boolean> {
    return (await this.rules()).some(({ name, state }) => name === alert && state === "firing");
  }

  async stop(): Promise<void> {
    for (const child of this.processes) {
      if (child.exitCode !== null) {
        continue;
      }
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill();
      await ended;
    }
    fs.rmSync(this.folder, { recursive: true });
  }

  private spawn(program: string, args: string[]): void {
    const log = fs.openSync(path.join(this.folder, `${program}.log`), "w");
    const child = spawn(program, args, {
      env: { ...process.env, ...env },
      stdio: ["ignore", log, log],
    });
    this.processes.push(child);
  }

  /** The last lines of both programs, to tell why something did not happen. */
  private output(): string {
    return fs
      .readdirSync(this.folder)
      .filter((file) => file.endsWith(".log"))
      .map((file) => fs.readFileSync(path.join(this.folder, file), "utf8").slice(-2000))
      .join("\n");
  }
}
