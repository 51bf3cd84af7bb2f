/** A network plugin that enforces network policies: a real kube-router beside the local platform. */
import * as assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { environment } from "../../local/environment";
import { removalCommands } from "../../local/node/network";
import { KUBECONFIG, NODE_NAME, SERVICE_CIDR } from "../../local/settings";
import { run, tryRun, waitFor } from "../../shared/run";
import { TIMEOUT_MS } from "../timeouts";

/** Its chains in the table `filter`, and its sets of addresses. */
const ITS_CHAIN = /^KUBE-(ROUTER|NWPLCY|POD-FW)-/;
const ITS_SET = /^(inet6:)?KUBE-(SRC|DST)-/;

export class KubeRouter {
  private constructor(
    private readonly process: ChildProcess,
    private readonly folder: string,
  ) {}

  static async start(): Promise<KubeRouter> {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "kube-router-"));
    const log = fs.openSync(path.join(folder, "log"), "w");
    const child = spawn(
      "kube-router",
      [
        `--kubeconfig=${KUBECONFIG}`,
        `--hostname-override=${NODE_NAME}`,
        `--service-cluster-ip-range=${SERVICE_CIDR}`,
        // Routes and services are the platform's own.
        "--run-firewall=true",
        "--run-router=false",
        "--run-service-proxy=false",
        "--health-port=0",
      ],
      { env: { ...process.env, ...environment(true) }, stdio: ["ignore", log, log] },
    );
    fs.closeSync(log);
    const router = new KubeRouter(child, folder);
    // It has looked once at what there is.
    const isAtWork = async () =>
      (await chains()).some((chain) => /^KUBE-ROUTER-FORWARD/.test(chain));
    if (!(await waitFor(isAtWork, TIMEOUT_MS))) {
      const said = router.log();
      await router.stop();
      assert.fail(said);
    }
    return router;
  }

  /** What it said last. */
  log(): string {
    return fs.readFileSync(path.join(this.folder, "log"), "utf8").slice(-4000);
  }

  /** Ends it, and takes its rules out of the firewall: its own clean-up leaves them there. */
  async stop(): Promise<void> {
    if (this.process.exitCode === null) {
      const ended = once(this.process, "exit");
      this.process.kill();
      await ended;
    }
    const listing = await rules();
    const others = (await chains()).filter((chain) => !ITS_CHAIN.test(chain));
    for (const command of removalCommands(listing, others)) {
      await run("iptables", ["-w", ...command]);
    }
    const { stdout } = await tryRun("ipset", ["list", "-name"]);
    for (const set of stdout.split("\n").filter((name) => ITS_SET.test(name))) {
      await run("ipset", ["destroy", set]);
    }
    fs.rmSync(this.folder, { recursive: true });
  }
}

const rules = async (): Promise<string[]> => (await run("iptables", ["-w", "-S"])).split("\n");

const chains = async (): Promise<string[]> =>
  (await rules()).flatMap((line) => /^-N (\S+)/.exec(line)?.slice(1) ?? []);
