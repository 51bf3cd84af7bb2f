/** The local platform is started, killed, started again and stopped, for real. */
import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { environment } from "../../local/environment";
import { LOG_DIR, NODE_IP, PROJECT_DIR, RUN_DIR, STATE_DIR } from "../../local/settings";
import { run, tryRun, waitFor } from "../../shared/run";
import { stopAtFirstFailure } from "../stopAtFirstFailure";
import { TEST_TIMEOUT_MS, TIMEOUT_MS } from "../timeouts";

const COMMAND = ["--require", "ts-node/register/transpile-only", "local/cli.ts"];

function platform(command: string): Promise<string> {
  return run(process.execPath, [...COMMAND, command], { cwd: PROJECT_DIR });
}

function kubectl(...args: string[]): Promise<string> {
  return run("kubectl", args, { env: environment(true) });
}

/** What the platform could leave behind, as the machine tells it. */
async function traces(): Promise<Record<string, string[]>> {
  const lines = async (program: string, ...args: string[]) =>
    (await tryRun(program, args)).stdout.split("\n");
  const ours = /KUBE-|CNI-/;
  const settings = [
    "net/ipv4/ip_forward",
    "net/ipv4/conf/all/route_localnet",
    "vm/overcommit_memory",
  ];
  return {
    processes: (await lines("ps", "-eo", "args")).filter((line) => line.includes(STATE_DIR)),
    mounts: fs.readFileSync("/proc/mounts", "utf8").split("\n").sort(),
    loopDevices: await lines("losetup", "--all"),
    interfaces: (await lines("ip", "-o", "link")).map((line) => line.split(":")[1] ?? ""),
    rules: [...(await lines("iptables-save")), ...(await lines("ip6tables-save"))].filter((line) =>
      ours.test(line),
    ),
    folders: [
      STATE_DIR,
      RUN_DIR,
      "/run/containerd",
      "/var/lib/cni",
      "/var/log/pods",
      "/run/netns",
    ].filter((folder) => fs.existsSync(folder)),
    controlGroups: (await lines("find", "/sys/fs/cgroup", "-type", "d")).filter((line) =>
      /kubepods|buildkit/.test(line),
    ),
    kernel: settings.map(
      (name) => `${name}=${fs.readFileSync(path.join("/proc/sys", name), "utf8").trim()}`,
    ),
  };
}

/** The process id of supervisord as this process sees it: its own namespace calls it 1. */
async function supervisor(): Promise<number> {
  const found = (await tryRun("pgrep", ["-f", `supervisord --configuration ${STATE_DIR}`])).stdout;
  return Number(found.split("\n")[0]);
}

describe("the local platform", function () {
  this.timeout(TEST_TIMEOUT_MS);
  stopAtFirstFailure(this);

  let initially: Record<string, string[]>;

  before(async () => {
    // What a killed run left behind is not what this one leaves.
    await platform("platform-down");
    initially = await traces();
  });

  after(() => platform("platform-down"));

  it("starts although an earlier start was killed half-way", async () => {
    const child = spawn(process.execPath, [...COMMAND, "platform-up"], {
      cwd: PROJECT_DIR,
      stdio: "ignore",
    });
    assert.ok(await waitFor(async () => fs.existsSync(LOG_DIR), TIMEOUT_MS, 50));
    child.kill("SIGKILL");
    await platform("platform-up");
    assert.match(await kubectl("get", "nodes"), /\slocal\s|^local\s+Ready/m);
  });

  it("does nothing when it runs", async () => {
    const first = await supervisor();
    await platform("platform-up");
    assert.equal(await supervisor(), first);
  });

  it("resolves the cluster's names", async () => {
    const answer = await tryRun("python3", [
      "-c",
      DNS_QUERY,
      NODE_IP,
      "kubernetes.default.svc.cluster.local",
    ]);
    assert.equal(answer.stdout.trim(), "10.214.0.1", answer.stderr);
  });

  it("reports what nodes and pods use", async () => {
    const measured = await waitFor(
      async () =>
        (await tryRun("kubectl", ["top", "nodes"], { env: environment(true) })).code === 0,
      TIMEOUT_MS,
      2_000,
    );
    assert.ok(measured, "the metrics server gave no measurements");
  });

  it("dies as one unit and comes back with the cluster's state", async () => {
    await kubectl("create", "configmap", "memory", "--from-literal=kept=yes");
    process.kill(await supervisor(), "SIGKILL");
    const gone = await waitFor(async () => (await traces()).processes?.length === 0, TIMEOUT_MS);
    assert.ok(gone, `these outlived the supervisor: ${(await traces()).processes?.join("\n")}`);
    await platform("platform-up");
    const kept = await kubectl("get", "configmap", "memory", "--output=jsonpath={.data.kept}");
    assert.equal(kept, "yes");
  });

  it("leaves nothing behind when stopped", async () => {
    await platform("platform-down");
    // The kernel takes a moment to take apart the network of pods that were killed.
    const areGone = async () => isDeepStrictEqual(await traces(), initially);
    await waitFor(areGone, TIMEOUT_MS);
    assert.deepEqual(await traces(), initially);
    await platform("platform-down");
  });
});

/** Asks one name server for an A record (RFC 1035), without the system's resolver in between. */
const DNS_QUERY = `
import random, socket, struct, sys
server, name = sys.argv[1:3]
labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
query = struct.pack(">6H", random.randrange(65536), 0x0100, 1, 0, 0, 0) + labels + b"\\0" + struct.pack(">2H", 1, 1)
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    s.settimeout(5)
    s.sendto(query, (server, 53))
    print(".".join(map(str, s.recv(512)[-4:])))
`;
