/** The local platform: a real Kubernetes, registry, image builder and ingress on this machine. */
import { Resolver } from "node:dns/promises";
import * as fs from "node:fs";
import * as path from "node:path";
import { say, step } from "../shared/progress";
import { run, tryRun, waitFor } from "../shared/run";
import { UserError } from "../shared/userError";
import { pushBaseImages, registerBuilder } from "./node/baseImages";
import { configFiles } from "./node/configFiles";
import { isLaunched, launch, removeLeftovers, supervisorctl, terminate } from "./node/launch";
import { createNetwork, removeNetwork } from "./node/network";
import { checkMachine, checkPorts, installNodePackages } from "./node/preflight";
import { SERVICES } from "./node/services";
import {
  address,
  BUILDKIT_SOCKET,
  CLUSTER_DOMAIN,
  CONFIG_DIR,
  KUBECONFIG,
  KUBECONFIG_DIR,
  LOG_DIR,
  NODE_NAME,
  PKI_DIR,
  PROJECT_DIR,
  RUN_DIR,
  STATE_DIR,
  TOOLS_BIN,
} from "./settings";
import { installTools } from "./tools/install";
import { kubernetesGroup } from "./tools/kubernetesGroup";

const tool = (name: string) => path.join(TOOLS_BIN, name);

/** Tools of the platform itself; the rest is what a user of any cluster needs. */
const PLATFORM_TOOLS = [
  ...["kubernetes", "etcd", "containerd", "runc", "cni-plugins"],
  ...["docker-build", "coredns", "skipper", "metrics-server"],
];

/** The node's processes find the tools first, then what the system has in its own folders. */
const SERVICE_PATH = [
  "/usr/local/sbin",
  "/usr/local/bin",
  "/usr/sbin",
  "/usr/bin",
  "/sbin",
  "/bin",
].join(":");

function writeConfigFiles(): void {
  // The links are resolved: another checkout may remove its own while the platform runs.
  const folderOf = (name: string) => path.dirname(fs.realpathSync(tool(name)));
  // runc is started by containerd and BuildKit.
  const names = [...SERVICES.map(({ command }) => command[0] ?? ""), "runc"];
  const tools = names.filter((name) => fs.existsSync(tool(name))).map(folderOf);
  const files = configFiles({
    searchPath: [...new Set(tools), SERVICE_PATH].join(":"),
    cniPlugins: folderOf("bridge"),
    kubernetes: kubernetesGroup().version,
  });
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(CONFIG_DIR, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, content);
  }
}

const KUBEADM_CONFIG = path.join(CONFIG_DIR, "kubeadm.yaml");

/** Keys, certificates and access files, by kubeadm. It leaves alone what exists and is valid. */
async function writeCredentials(): Promise<void> {
  const config = `--config=${KUBEADM_CONFIG}`;
  const kubeadm = (...args: string[]) => run(tool("kubeadm"), ["init", "phase", ...args, config]);
  await kubeadm("certs", "all");
  await kubeadm("kubeconfig", "all", `--kubeconfig-dir=${KUBECONFIG_DIR}`);
  fs.chmodSync(PKI_DIR, 0o700);
  fs.chmodSync(KUBECONFIG_DIR, 0o700);
}

/** Whether its processes are there. */
export const isRunning = isLaunched;

function kubectl(...args: string[]): Promise<string> {
  return run(tool("kubectl"), [`--kubeconfig=${KUBECONFIG}`, ...args]);
}

async function succeeds(...args: string[]): Promise<boolean> {
  const { code } = await tryRun(tool("kubectl"), [`--kubeconfig=${KUBECONFIG}`, ...args], {
    timeout: 10_000,
  });
  return code === 0;
}

async function answers(url: string): Promise<boolean> {
  return fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
    () => true,
    () => false,
  );
}

/** Whether pods can ask for the cluster's names. */
async function resolvesNames(): Promise<boolean> {
  const resolver = new Resolver({ timeout: 2_000, tries: 1 });
  resolver.setServers([address("dns")]);
  return resolver.resolve4(`kubernetes.default.svc.${CLUSTER_DOMAIN}`).then(
    () => true,
    () => false,
  );
}

/** Seconds that each part may take to get ready: many times what it takes on an idle machine. */
const READY_TIMEOUT_S = 180;

async function waitUntilReady(what: string, condition: () => Promise<boolean>): Promise<void> {
  if (await waitFor(condition, READY_TIMEOUT_S * 1000)) {
    return;
  }
  throw new UserError(
    `${what} did not get ready within ${READY_TIMEOUT_S} s:\n${(await supervisorctl("status")) ?? "supervisord does not answer"}`,
    `\`make platform-logs\` shows what its processes said (${LOG_DIR}); \`make platform-down\` starts afresh`,
  );
}

/** Refuses to make another Kubernetes of one that runs: its state is not for that. */
async function checkVersion(): Promise<void> {
  if (!fs.existsSync(KUBEADM_CONFIG) || !(await isLaunched())) {
    return;
  }
  const { version } = kubernetesGroup();
  if (fs.readFileSync(KUBEADM_CONFIG, "utf8").includes(`kubernetesVersion: ${version}\n`)) {
    return;
  }
  throw new UserError(
    `The local platform runs another Kubernetes than ${version}`,
    "`make platform-down` stops it; or name that one in KUBERNETES, see local/README.md",
  );
}

/** Starts the platform, or completes a start that was interrupted. Quick if it runs. */
export async function up(): Promise<void> {
  await checkMachine();
  await checkVersion();
  await installTools(PLATFORM_TOOLS);
  await installNodePackages();
  for (const folder of [STATE_DIR, LOG_DIR, CONFIG_DIR, PKI_DIR, KUBECONFIG_DIR]) {
    fs.mkdirSync(folder, { recursive: true });
  }
  if (await isLaunched()) {
    // Processes whose configuration changed since are started anew.
    writeConfigFiles();
    await supervisorctl("update");
  } else {
    // What a killed start left behind would hold our own ports.
    await terminate();
    await checkPorts();
    await step(
      "Starting the local platform",
      async () => {
        await createNetwork();
        writeConfigFiles();
        await writeCredentials();
        await launch();
      },
      "30 seconds",
    );
  }
  await waitUntilReady("The registry", () => answers(`http://${address("registry")}/v2/`));
  await waitUntilReady("BuildKit", async () => fs.existsSync(BUILDKIT_SOCKET));
  await registerBuilder();
  await pushBaseImages();
  await waitUntilReady("The API server", () => succeeds("get", "--raw", "/readyz"));
  await kubectl(
    "apply",
    "--server-side",
    "--force-conflicts",
    `--filename=${path.join(PROJECT_DIR, "local", "cluster")}`,
  );
  await waitUntilReady("The node", () =>
    succeeds("wait", "--for=condition=Ready", `node/${NODE_NAME}`, "--timeout=5s"),
  );
  await waitUntilReady("The cluster's DNS", resolvesNames);
  await waitUntilReady("The ingress controller", () => answers(`http://${address("ingress")}/`));
  await waitUntilReady("The service account", () => succeeds("get", "serviceaccount", "default"));
  say("The local platform runs.");
}

/** Stops the platform and removes all it made, but for the caches. */
export async function down(): Promise<void> {
  await checkMachine();
  if (!fs.existsSync(STATE_DIR) && !fs.existsSync(RUN_DIR)) {
    say("The local platform does not run.");
    return;
  }
  await step(
    "Stopping the local platform",
    async () => {
      await terminate();
      await removeNetwork();
      await removeLeftovers();
      fs.rmSync(STATE_DIR, { recursive: true, force: true });
      fs.rmSync(RUN_DIR, { recursive: true, force: true });
    },
    "10 seconds",
  );
  say("The local platform is gone.");
}

/** What runs, in words. */
export async function status(): Promise<string> {
  const processes = (await isLaunched()) ? await supervisorctl("status") : undefined;
  if (processes === undefined) {
    return "The local platform does not run. `make platform-up` starts it.\n";
  }
  const nodes = await tryRun(tool("kubectl"), [
    `--kubeconfig=${KUBECONFIG}`,
    "get",
    "nodes,pods",
    "--all-namespaces",
  ]);
  return `${processes}\n${nodes.stdout}${nodes.stderr}`;
}

/** The last lines of every process's log. */
export function logs(lines = 20): string {
  if (!fs.existsSync(LOG_DIR)) {
    return "The local platform does not run, and left no logs.\n";
  }
  return fs
    .readdirSync(LOG_DIR)
    .filter((name) => name.endsWith(".log"))
    .map((name) => {
      const content = fs.readFileSync(path.join(LOG_DIR, name), "utf8").trimEnd().split("\n");
      return `==> ${path.join(LOG_DIR, name)}\n${content.slice(-lines).join("\n")}\n`;
    })
    .join("\n");
}
