/** Asks a login program of others, of which nothing may be trusted: neither that it ends nor what it prints. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";

export interface Answer {
  code: number;
  stdout: string;
}

/** The program gave no answer. The message names it, and nothing that it printed or was given. */
export class ProgramError extends Error {
  constructor(
    readonly program: string,
    readonly how: string,
    /** It is not there, rather than broken. */
    readonly isMissing = false,
  ) {
    super(`${program} ${how}`);
  }
}

const MAX_CHARACTERS = 1024 * 1024;

export interface ProgramOptions {
  args?: readonly string[];
  input?: string;
  env?: NodeJS.ProcessEnv;
  /** Milliseconds until it is ended, with all that it has started. */
  timeoutMs: number;
}

export function runLoginProgram(program: string, options: ProgramOptions): Promise<Answer> {
  const { args = [], input = "", env = process.env, timeoutMs } = options;
  return new Promise((resolve, reject) => {
    const fail = (how: string, isMissing?: boolean) =>
      reject(new ProgramError(program, how, isMissing));
    let child: ChildProcessByStdio<Writable, Readable, null>;
    try {
      // A group of its own: what it has started may hold its output open when it is gone itself.
      child = spawn(program, [...args], {
        env,
        detached: process.platform !== "win32",
        stdio: ["pipe", "pipe", "ignore"],
      });
    } catch (error) {
      fail(`cannot be started (${(error as NodeJS.ErrnoException).code})`);
      return;
    }
    const end = () => {
      try {
        process.kill(-(child.pid ?? Number.NaN), "SIGKILL");
      } catch {
        child.kill("SIGKILL");
      }
      child.stdout.destroy();
      child.unref();
    };
    const timer = setTimeout(() => {
      end();
      fail(`gave no answer within ${timeoutMs / 1000} seconds`);
    }, timeoutMs);
    let stdout = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      stdout += chunk;
      if (stdout.length > MAX_CHARACTERS) {
        clearTimeout(timer);
        end();
        fail("printed more than a login can be");
      }
    });
    child.stdin.on("error", () => undefined).end(input);
    child.on("error", (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      const isMissing = error.code === "ENOENT";
      fail(isMissing ? "is not installed" : `cannot be started (${error.code})`, isMissing);
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (code === null) {
        fail(`was ended by ${signal}`);
      } else {
        resolve({ code, stdout });
      }
    });
  });
}

/** What it printed as a JSON mapping; undefined for anything else, which may be a secret and is not told. */
export function mappingOf(text: string): Record<string, unknown> | undefined {
  try {
    const found: unknown = JSON.parse(text);
    return typeof found === "object" && found !== null && !Array.isArray(found)
      ? (found as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
