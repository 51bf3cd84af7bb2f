/** An update under way, to be interrupted. */
import type { ChildProcess } from "node:child_process";
import * as fs from "node:fs";
import { STACK, type WorkingCopy } from "../end-to-end/workingCopy";

/** Process ids of the children of a process. */
function childrenOf(pid: number): number[] {
  return fs
    .readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        // The name in parentheses may hold anything; the parent is the second word after it.
        const words = fs.readFileSync(`/proc/${name}/stat`, "utf8").split(") ").at(-1)?.split(" ");
        return Number(words?.[1]) === pid;
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** Process ids of the children of a process, and of theirs. */
const descendants = (pid: number): number[] =>
  childrenOf(pid).flatMap((child) => [child, ...descendants(child)]);

function send(signal: "SIGKILL" | "SIGSTOP", pid: number): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself.
  }
}

const kill = (pid: number): void => send("SIGKILL", pid);

/** Halts a process and all it has started, each before its children are looked for: it starts no more. */
function halt(pid: number): number[] {
  send("SIGSTOP", pid);
  return [pid, ...childrenOf(pid).flatMap(halt)];
}

function programOf(pid: number): string {
  try {
    return fs.readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  } catch {
    return "";
  }
}

export class RunningUpdate {
  private readonly child: ChildProcess;
  private output = "";
  /** Resolves with everything it printed. */
  readonly ended: Promise<{ code: number | null; printed: string }>;

  constructor(copy: WorkingCopy) {
    this.child = copy.spawnPulumi("up", "--yes", "--skip-preview", "--stack", STACK);
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding("utf8").on("data", (chunk: string) => {
        this.output += chunk;
      });
    }
    this.ended = new Promise((resolve, reject) => {
      this.child.on("error", reject);
      this.child.on("close", (code) => resolve({ code, printed: this.output }));
    });
  }

  get printed(): string {
    return this.output;
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Ends it and all it has started, at once, as a machine does that loses its power. */
  async killAll(): Promise<void> {
    if (!this.hasEnded) {
      halt(this.child.pid ?? 0).forEach(kill);
    }
    await this.ended;
  }

  /** Ends the providers only: they are programs of their own. */
  killProviders(): void {
    for (const pid of descendants(this.child.pid ?? 0)) {
      // The kernel keeps 15 characters of a name.
      if (programOf(pid).startsWith("pulumi-resource")) {
        kill(pid);
      }
    }
  }

  /** Ends pulumi itself; what it has started is left to itself. */
  async killPulumi(): Promise<void> {
    kill(this.child.pid ?? 0);
    await this.ended;
  }

  /** Ctrl-C: the terminal tells everyone in the foreground. */
  interrupt(): void {
    process.kill(-(this.child.pid ?? 0), "SIGINT");
  }
}
