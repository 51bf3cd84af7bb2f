/** Whether this machine can run the platform, asked before anything is changed. */
import * as net from "node:net";
import { UserError } from "../../shared/userError";
import { PORTS } from "../settings";
import { executablesOnPath } from "../tools/onPath";
import { installPackages, SYSTEM_PATH } from "./packages";

/** Programs the node needs from the system, with Debian's package for each. */
const NODE_PROGRAMS: Record<string, string> = {
  conntrack: "conntrack",
  debootstrap: "debootstrap",
  "docker-registry": "docker-registry",
  ip: "iproute2",
  iptables: "iptables",
  supervisord: "supervisor",
  unshare: "util-linux",
  curl: "curl",
};
/** Programs the tests need beyond that. */
const TEST_PROGRAMS: Record<string, string> = {
  "docker-registry": "docker-registry",
  openssl: "openssl",
  promtool: "prometheus",
  shellcheck: "shellcheck",
  slowhttptest: "slowhttptest",
};

/** What the machine lacks, one sentence each; empty if it can run the platform. */
export function unsuitable(platform: string, userId: number | undefined): string[] {
  const reasons: string[] = [];
  if (platform !== "linux") {
    reasons.push(`it needs Linux (found ${platform})`);
  } else if (userId !== 0) {
    reasons.push(`it needs root, for containers and their network (found user ${userId})`);
  }
  return reasons;
}

function missingPackages(programs: Record<string, string>): string[] {
  return Object.entries(programs)
    .filter(([program]) => executablesOnPath(program, SYSTEM_PATH).length === 0)
    .map(([, name]) => name);
}

/** Installs what the node lacks. */
export function installNodePackages(): Promise<void> {
  return installPackages(missingPackages(NODE_PROGRAMS));
}

/**
 * Installs what the tests lack.
 *
 * @param others programs that only some of them need, each in a package of its name
 */
export function installTestPackages(others: readonly string[] = []): Promise<void> {
  const programs = Object.fromEntries(others.map((name) => [name, name]));
  return installPackages(missingPackages({ ...TEST_PROGRAMS, ...programs }));
}

function canListen(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer();
    // An address that does not exist yet is the bridge's: nobody can listen on it.
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code === "EADDRNOTAVAIL"));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** The platform's ports that somebody else listens on, as `name host:port`. */
export async function takenPorts(
  ports: Record<string, { host: string; port: number }> = PORTS,
): Promise<string[]> {
  const taken: string[] = [];
  for (const [name, { host, port }] of Object.entries(ports)) {
    if (!(await canListen(host, port))) {
      taken.push(`${name} ${host}:${port}`);
    }
  }
  return taken;
}

/** Refuses, with all reasons at once, where the platform cannot run. */
export async function checkMachine(): Promise<void> {
  const reasons = unsuitable(process.platform, process.getuid?.());
  if (reasons.length > 0) {
    throw new UserError(
      `The local platform cannot run here: ${reasons.join("; ")}`,
      "use a cluster and registry of your own instead: see “With your own cluster” in README.md",
    );
  }
}

/** Refuses if a port is taken. */
export async function checkPorts(): Promise<void> {
  const taken = await takenPorts();
  if (taken.length > 0) {
    throw new UserError(
      `The local platform needs ports that are taken: ${taken.join(", ")}`,
      "stop what listens there (`ss -ltnp` shows it), then try again",
    );
  }
}
