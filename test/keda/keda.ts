/** A real KEDA beside the local platform: its operator, and what the autoscaler asks for its metrics. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { environment } from "../../local/environment";
import { KUBECONFIG, NODE_IP } from "../../local/settings";
import { run, tryRun } from "../../shared/run";
import { freePort } from "../end-to-end/freePort";
import { kubectl } from "../end-to-end/workingCopy";
import { TIMEOUT_MS } from "../timeouts";

const NAMESPACE = "keda";
const API_SERVICE = "v1beta1.external.metrics.k8s.io";
const env = environment(true);

export class Keda {
  private readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), "keda-"));
  private readonly processes: ChildProcess[] = [];

  private constructor(
    /** The namespace whose objects it looks after. */
    private readonly watched: string,
  ) {}

  static async start(watched: string): Promise<Keda> {
    const keda = new Keda(watched);
    try {
      await keda.launch();
    } catch (error) {
      const said = keda.log();
      await keda.stop();
      throw new Error(said, { cause: error });
    }
    return keda;
  }

  private async launch(): Promise<void> {
    await this.makeCertificates();
    await kubectl("create", "namespace", NAMESPACE);
    const metrics = `localhost:${await freePort()}`;
    this.spawn("keda-operator", [
      `--cert-dir=${this.folder}`,
      `--metrics-service-bind-address=${metrics}`,
      "--enable-prometheus-metrics=false",
      "--health-probe-bind-address=0",
      // Neither webhooks nor certificates of its own making.
      "--enable-webhook-patching=false",
      "--enable-apiservice-patching=false",
    ]);
    const port = await freePort();
    this.spawn("keda-adapter", [
      `--bind-address=${NODE_IP}`,
      `--secure-port=${port}`,
      `--port=${await freePort()}`,
      `--metrics-service-address=${metrics}`,
      `--cert-dir=${this.folder}`,
      `--tls-cert-file=${path.join(this.folder, "tls.crt")}`,
      `--tls-private-key-file=${path.join(this.folder, "tls.key")}`,
      ...["lister", "authentication", "authorization"].map(
        (purpose) => `--${purpose}-kubeconfig=${KUBECONFIG}`,
      ),
    ]);
    await this.register(port);
    const wait = ["wait", "--for=condition=Available", `--timeout=${TIMEOUT_MS / 1000}s`];
    await kubectl(...wait, `apiservice/${API_SERVICE}`);
    if (this.processes.some(({ exitCode }) => exitCode !== null)) {
      throw new Error("KEDA has ended");
    }
  }

  /** By which the two trust each other. */
  private async makeCertificates(): Promise<void> {
    const file = (name: string) => path.join(this.folder, name);
    const names = `subjectAltName=DNS:localhost,IP:${NODE_IP}`;
    await run("openssl", [
      ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=keda"],
      ...["-addext", names, "-keyout", file("tls.key"), "-out", file("tls.crt")],
    ]);
    fs.copyFileSync(file("tls.crt"), file("ca.crt"));
  }

  /** Tells the API server who answers for external metrics: a process at the node's address. */
  private async register(port: number): Promise<void> {
    const metadata = { name: "keda-metrics-apiserver", namespace: NAMESPACE };
    const ports = [{ name: "https", port }];
    const items = [
      { apiVersion: "v1", kind: "Service", metadata, spec: { ports } },
      {
        apiVersion: "discovery.k8s.io/v1",
        kind: "EndpointSlice",
        metadata: { ...metadata, labels: { "kubernetes.io/service-name": metadata.name } },
        addressType: "IPv4",
        ports,
        endpoints: [{ addresses: [NODE_IP], conditions: { ready: true } }],
      },
      {
        apiVersion: "apiregistration.k8s.io/v1",
        kind: "APIService",
        metadata: { name: API_SERVICE },
        spec: {
          group: "external.metrics.k8s.io",
          version: "v1beta1",
          groupPriorityMinimum: 100,
          versionPriority: 100,
          insecureSkipTLSVerify: true,
          service: { ...metadata, port },
        },
      },
    ];
    const list = { apiVersion: "v1", kind: "List", items };
    await run("kubectl", ["apply", "--filename=-"], { env, input: JSON.stringify(list) });
  }

  private spawn(program: string, args: string[]): void {
    const log = fs.openSync(path.join(this.folder, `${program}.log`), "w");
    // What it would read inside of a pod.
    const own = {
      POD_NAMESPACE: NAMESPACE,
      KEDA_CLUSTER_OBJECT_NAMESPACE: NAMESPACE,
      WATCH_NAMESPACE: this.watched,
    };
    const child = spawn(program, args, {
      env: { ...process.env, ...env, ...own },
      stdio: ["ignore", log, log],
    });
    fs.closeSync(log);
    this.processes.push(child);
  }

  /** What both said last. */
  log(): string {
    return fs
      .readdirSync(this.folder)
      .filter((file) => file.endsWith(".log"))
      .map((file) => fs.readFileSync(path.join(this.folder, file), "utf8").slice(-3000))
      .join("\n");
  }

  /** Ends both. What they look after has to be gone before: each object waits for them to let it go. */
  async stop(): Promise<void> {
    await tryRun("kubectl", ["delete", `apiservice/${API_SERVICE}`], { env });
    await tryRun("kubectl", ["delete", "namespace", NAMESPACE], { env });
    for (const child of this.processes) {
      if (child.exitCode !== null) {
        continue;
      }
      const ended = once(child, "exit");
      child.kill();
      await ended;
    }
    fs.rmSync(this.folder, { recursive: true });
  }
}
