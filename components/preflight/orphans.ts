/**
 * Providers that outlive the Pulumi that was killed: they go on with their release, and may roll it
 * back long after somebody has mended and updated it.
 */
import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as net from "node:net";
import type { Finding } from "./finding";

/** Milliseconds; what is asked is on this machine, which may be busy. */
const TIMEOUT_MS = 10_000;

export interface Process {
  pid: number;
  /** Address of the engine it works for. */
  engine: string;
}

/** Of `ps`, the Kubernetes providers: the engine's address is their last argument. */
export function providersIn(ps: string): Process[] {
  return ps.split("\n").flatMap((line) => {
    const found = /^\s*(\d+)\s.*pulumi-resource-kubernetes(?:\.exe)?\s(?:.*\s)?(\S+:\d+)\s*$/.exec(
      line,
    );
    return found === null ? [] : [{ pid: Number(found[1]), engine: String(found[2]) }];
  });
}

/** The providers on this machine that worked for this project and whose Pulumi is gone. */
export async function findOrphans(): Promise<Finding[]> {
  const pids = await orphans();
  if (pids.length === 0) {
    return [];
  }
  const message =
    "an update was killed, but its provider is still at work, and would roll back later what is mended now. End it first:";
  return [{ message, commands: [`kill -9 ${pids.join(" ")}`] }];
}

async function orphans(): Promise<number[]> {
  const own = providersIn(await listProcesses()).filter(({ pid }) => worksHere(pid));
  const isGone = await Promise.all(own.map(async ({ engine }) => !(await answers(engine))));
  return own.filter((_, index) => isGone[index]).map(({ pid }) => pid);
}

function listProcesses(): Promise<string> {
  return new Promise((resolve) => {
    execFile("ps", ["-e", "-o", "pid=,args="], { timeout: TIMEOUT_MS }, (error, stdout) =>
      resolve(error ? "" : stdout),
    );
  });
}

/** A provider runs in its project's folder, which only Linux tells. */
function worksHere(pid: number): boolean {
  if (process.platform !== "linux") {
    return true;
  }
  try {
    return fs.realpathSync(`/proc/${pid}/cwd`) === fs.realpathSync(process.cwd());
  } catch {
    return false;
  }
}

function answers(address: string): Promise<boolean> {
  const port = Number(address.slice(address.lastIndexOf(":") + 1));
  const host = address.slice(0, address.lastIndexOf(":"));
  return new Promise((resolve) => {
    const socket = net.connect({ host, port, timeout: TIMEOUT_MS });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.on("connect", () => end(true));
    socket.on("error", () => end(false));
    // Busy, perhaps: not certainly gone.
    socket.on("timeout", () => end(true));
  });
}
