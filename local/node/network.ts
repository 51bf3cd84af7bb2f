/** The node's bridge, the kernel settings and firewall rules around it, and their removal. */
import * as fs from "node:fs";
import * as path from "node:path";
import { run, tryRun } from "../../shared/run";
import { BRIDGE, NODE_IP, POD_CIDR, STATE_DIR } from "../settings";
import { readRecord, writeRecord } from "./record";

/** Kernel settings that the node's processes change for the whole machine. */
const KERNEL_SETTINGS = [
  "net/ipv4/ip_forward",
  "net/ipv4/conf/all/route_localnet",
  "net/bridge/bridge-nf-call-iptables",
  "net/netfilter/nf_conntrack_max",
  "vm/overcommit_memory",
  "kernel/panic",
  "kernel/panic_on_oops",
];

/** Chains of the kubelet, kube-proxy and the CNI plugins. */
const OUR_CHAIN = /^(KUBE|CNI)-/;
const IPTABLES = ["iptables", "ip6tables"] as const;
const TABLES = ["nat", "filter", "mangle"] as const;

const recordFile = path.join(STATE_DIR, "before.json");

/** What the machine looked like before the platform started. */
interface Before {
  kernel: Record<string, string>;
  /** Chains that belong to somebody else although they are named like ours. */
  chains: string[];
}

function readKernelSettings(): Record<string, string> {
  const settings: Record<string, string> = {};
  for (const name of KERNEL_SETTINGS) {
    const file = path.join("/proc/sys", name);
    if (fs.existsSync(file)) {
      settings[name] = fs.readFileSync(file, "utf8").trim();
    }
  }
  return settings;
}

async function rules(iptables: string, table: string): Promise<string[]> {
  const { code, stdout } = await tryRun(iptables, ["-w", "-t", table, "-S"]).catch(() => ({
    code: 1,
    stdout: "",
  }));
  return code === 0 ? stdout.split("\n") : [];
}

function ourChains(listing: string[]): string[] {
  return listing.flatMap((line) => {
    const chain = /^-N (\S+)/.exec(line)?.[1];
    return chain !== undefined && OUR_CHAIN.test(chain) ? [chain] : [];
  });
}

/**
 * The iptables arguments that take our chains out of a table, in order: the jumps to them from
 * other chains, then their rules, then the chains themselves.
 *
 * @param listing lines of `iptables -S`
 * @param foreign chains to leave alone
 */
export function removalCommands(listing: string[], foreign: readonly string[]): string[][] {
  const chains = new Set(ourChains(listing).filter((chain) => !foreign.includes(chain)));
  const jumps = listing.flatMap((line) => {
    // Words as iptables quotes them: a comment may hold blanks.
    const words = (line.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replace(/^"|"$/g, ""));
    const target = words[words.indexOf("-j") + 1] ?? "";
    if (words[0] !== "-A" || chains.has(words[1] ?? "") || !chains.has(target)) {
      return [];
    }
    return [["-D", ...words.slice(1)]];
  });
  return [
    ...jumps,
    ...[...chains].map((chain) => ["-F", chain]),
    ...[...chains].map((chain) => ["-X", chain]),
  ];
}

/** Notes what is about to change, once: a second start must not note its own changes. */
async function recordBefore(): Promise<void> {
  if (fs.existsSync(recordFile)) {
    return;
  }
  const chains: string[] = [];
  for (const iptables of IPTABLES) {
    for (const table of TABLES) {
      chains.push(...ourChains(await rules(iptables, table)));
    }
  }
  const before: Before = { kernel: readKernelSettings(), chains };
  writeRecord(recordFile, before);
}

/** Creates the bridge with the node's address, unless it is there. */
export async function createNetwork(): Promise<void> {
  await recordBefore();
  if ((await tryRun("ip", ["link", "show", BRIDGE])).code !== 0) {
    await run("ip", ["link", "add", BRIDGE, "type", "bridge"]);
  }
  const prefix = POD_CIDR.split("/")[1];
  await run("ip", ["address", "replace", `${NODE_IP}/${prefix}`, "dev", BRIDGE]);
  await run("ip", ["link", "set", BRIDGE, "up"]);
  fs.writeFileSync("/proc/sys/net/ipv4/ip_forward", "1");
  // Without it, answers between two pods on the bridge miss the rewriting of the service's address.
  const bridgeFilter = "/proc/sys/net/bridge/bridge-nf-call-iptables";
  if (!fs.existsSync(bridgeFilter)) {
    await tryRun("modprobe", ["br_netfilter"]);
  }
  if (fs.existsSync(bridgeFilter)) {
    fs.writeFileSync(bridgeFilter, "1");
  }
}

/** Removes the bridge, the firewall rules, and sets the kernel back. */
export async function removeNetwork(): Promise<void> {
  const before = readRecord<Before>(recordFile) ?? { kernel: {}, chains: [] };
  for (const iptables of IPTABLES) {
    for (const table of TABLES) {
      for (const command of removalCommands(await rules(iptables, table), before.chains)) {
        await tryRun(iptables, ["-w", "-t", table, ...command]);
      }
    }
  }
  await tryRun("ip", ["link", "delete", BRIDGE]);
  for (const [name, value] of Object.entries(before.kernel)) {
    fs.writeFileSync(path.join("/proc/sys", name), value);
  }
}
