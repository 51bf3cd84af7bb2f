/** A Gateway API controller: a real Traefik on this machine, with one gateway in a namespace. */
import * as assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { environment } from "../../local/environment";
import { address } from "../../local/settings";
import { run, waitFor } from "../../shared/run";
import { freePort } from "../end-to-end/freePort";
import { kubectl } from "../end-to-end/workingCopy";
import { TIMEOUT_MS } from "../timeouts";

export const GATEWAY = "public";

export class Traefik {
  private constructor(
    /** Where the gateway listens, on this machine. */
    readonly port: number,
    private readonly namespace: string,
    private readonly process: ChildProcess,
    private readonly folder: string,
  ) {}

  static async start(namespace: string): Promise<Traefik> {
    const port = await freePort();
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "traefik-"));
    const log = fs.openSync(path.join(folder, "log"), "w");
    const provider = "--providers.kubernetesgateway";
    const child = spawn(
      "traefik",
      [
        `--entrypoints.web.address=127.0.0.1:${port}`,
        `${provider}.endpoint=http://${address("apiProxy")}`,
        `${provider}.namespaces=${namespace}`,
        `${provider}.statusaddress.ip=127.0.0.1`,
        // It would ask its makers for a newer version.
        "--global.checknewversion=false",
        "--log.level=DEBUG",
      ],
      { env: { ...process.env, ...environment(true) }, stdio: ["ignore", log, log] },
    );
    fs.closeSync(log);
    const traefik = new Traefik(port, namespace, child, folder);
    await traefik.makeGateway();
    const isProgrammed = async () =>
      (await kubectl(
        "get",
        `gateway/${GATEWAY}`,
        `--namespace=${namespace}`,
        '--output=jsonpath={.status.conditions[?(@.type=="Programmed")].status}',
      )) === "True";
    assert.ok(await waitFor(isProgrammed, TIMEOUT_MS), traefik.log());
    return traefik;
  }

  private async makeGateway(): Promise<void> {
    const apiVersion = "gateway.networking.k8s.io/v1";
    const { namespace, port } = this;
    const items = [
      {
        apiVersion,
        kind: "GatewayClass",
        metadata: { name: namespace },
        spec: { controllerName: "traefik.io/gateway-controller" },
      },
      {
        apiVersion,
        kind: "Gateway",
        metadata: { name: GATEWAY, namespace },
        spec: {
          gatewayClassName: namespace,
          listeners: [{ name: "http", protocol: "HTTP", port }],
        },
      },
    ];
    await run("kubectl", ["apply", "--filename=-"], {
      env: environment(true),
      input: JSON.stringify({ apiVersion: "v1", kind: "List", items }),
    });
  }

  /** What it said last. */
  log(): string {
    return fs.readFileSync(path.join(this.folder, "log"), "utf8").slice(-4000);
  }

  async stop(): Promise<void> {
    await kubectl("delete", `gatewayclass/${this.namespace}`, "--ignore-not-found");
    if (this.process.exitCode === null) {
      const ended = once(this.process, "exit");
      this.process.kill();
      await ended;
    }
    fs.rmSync(this.folder, { recursive: true });
  }
}
