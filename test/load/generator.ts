/** The benchmark's generator of load (bench/serving/generator.c), compiled anew. */
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { PROJECT_DIR } from "../../local/settings";
import { run } from "../../shared/run";

/** What came of the requests; `retryable` are of the refused ones, `wrong` of the answered ones. */
export interface Outcome {
  answered: number;
  wrong: number;
  refused: number;
  retryable: number;
  failed: number;
  unanswered: number;
}

export interface Load {
  port: number;
  host: string;
  /** JSON document that is sent again and again, and the right answer. */
  request: string;
  answer: string;
  connections: number;
  seconds: number;
}

/** Requests per second: far more than pods and machine take, so that no connection ever pauses. */
const RATE = 50_000;
/** Seconds after which a request that finds no idle connection is dropped, before it is sent. */
const TIMEOUT_S = 0.2;

export class Generator {
  private constructor(private readonly folder: string) {}

  static async compile(): Promise<Generator> {
    const generator = new Generator(fs.mkdtempSync(path.join(os.tmpdir(), "generator-")));
    const source = path.join(PROJECT_DIR, "bench", "serving", "generator.c");
    const python = path.join(PROJECT_DIR, ".venv", "bin", "python");
    const flags = ["-O2", "-std=gnu11", "-Wall", "-Wextra", "-Werror"];
    await run(python, ["-m", "ziglang", "cc", ...flags, "-o", generator.program, source]);
    return generator;
  }

  private get program(): string {
    return path.join(this.folder, "generator");
  }

  async drive({ port, host, request, answer, connections, seconds }: Load): Promise<Outcome> {
    const head = [
      "POST /predict HTTP/1.1",
      `host: ${host}`,
      "content-type: application/json",
      `content-length: ${Buffer.byteLength(request)}`,
    ];
    const numbers = [port, RATE, seconds, connections, TIMEOUT_S].map(String);
    const input = `${head.join("\r\n")}\r\n\r\n${request}`;
    return JSON.parse(await run(this.program, [...numbers, answer], { input })) as Outcome;
  }

  remove(): void {
    fs.rmSync(this.folder, { recursive: true });
  }
}
