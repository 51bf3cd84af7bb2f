/** Runs other programs and reports their failures with what they printed. */

import { type SpawnOptions, spawn } from "node:child_process";
import { redactSecrets } from "./redactSecrets";

export interface RunOptions {
  cwd?: string;
  /** Added to this process's environment. */
  env?: NodeJS.ProcessEnv;
  /** Written to the program's standard input. */
  input?: string;
  /** Let the program write to the terminal instead of collecting its output. */
  inherit?: boolean;
  /** Milliseconds after which the program is killed. Default: none. */
  timeout?: number;
}

export interface RunResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs a program to its end, whatever its exit code. Rejects only if it cannot be started. */
export function tryRun(
  program: string,
  args: string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const spawnOptions: SpawnOptions = {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    timeout: options.timeout,
    killSignal: "SIGKILL",
    stdio: [
      options.input === undefined ? "ignore" : "pipe",
      options.inherit ? process.stderr : "pipe",
      options.inherit ? process.stderr : "pipe",
    ],
  };
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, spawnOptions);
    let stdout = "";
    let stderr = "";
    child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
      stdout += chunk;
    });
    child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
      stderr += chunk;
    });
    child.stdin?.on("error", () => undefined).end(options.input);
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

/** Runs a program that must succeed; its standard output is the result. */
export async function run(
  program: string,
  args: string[],
  options: RunOptions = {},
): Promise<string> {
  const { code, stdout, stderr } = await tryRun(program, args, options);
  if (code !== 0) {
    const printed = (stderr.trim() || stdout.trim()).split("\n").slice(-40).join("\n");
    throw new Error(
      redactSecrets(
        `${[program, ...args].join(" ")}\nended with ${code ?? "a signal"}:\n${printed}`,
      ),
    );
  }
  return stdout;
}

/**
 * Whether a condition came true within the time, asked again every interval, and once more when the
 * time is over: the machine may have stood still meanwhile.
 */
export async function waitFor(
  condition: () => Promise<boolean>,
  timeout: number,
  interval = 250,
): Promise<boolean> {
  const end = Date.now() + timeout;
  for (;;) {
    const isLast = Date.now() > end;
    if (await condition()) {
      return true;
    }
    if (isLast) {
      return false;
    }
    await new Promise((resolve) => setTimeout(resolve, interval));
  }
}
