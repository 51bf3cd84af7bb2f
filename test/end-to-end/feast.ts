/** A real Feast feature server with the rows of the sample wines, and somebody in front of it, where pods reach it. */
import * as assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as readline from "node:readline";
import type { Writable } from "node:stream";
import { NODE_IP, PROJECT_DIR } from "../../local/settings";
import type { Golden } from "../../shared/golden";

/** What the one in front does instead of handing on questions and answers as they are. */
export interface Behaviour {
  /** Asked for as `Authorization: Bearer …`. */
  token?: string;
  /** Seconds before each answer. */
  delay?: number;
  /** Status of each answer. */
  status?: number;
  /** Answers with the features of somebody else. */
  change?: "other_entities";
}

/** The wine with the key `wine_id` n is the n-th of these rows. */
export const WINES = path.join(PROJECT_DIR, "models", "wine", "1.0.0");
export const wines = JSON.parse(fs.readFileSync(path.join(WINES, "golden.json"), "utf8")) as Golden;

export class Feast {
  private constructor(
    /** Where pods ask. */
    readonly url: string,
    /** The model's features, in its order, as Feast names them. */
    readonly features: string[],
    private readonly process: ChildProcess,
    private readonly commands: Writable,
    private readonly lines: AsyncIterator<string>,
    private readonly folder: string,
  ) {}

  static async start(): Promise<Feast> {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "feast-"));
    const log = fs.openSync(path.join(folder, "control.log"), "w");
    const child = spawn(
      path.join(PROJECT_DIR, ".venv", "bin", "python"),
      ["-m", "tests.feature_store.control", folder, `--host=${NODE_IP}`],
      {
        cwd: path.join(PROJECT_DIR, "serving"),
        env: { ...process.env, PYTHONPATH: `.:${path.join(PROJECT_DIR, "models")}` },
        stdio: ["pipe", "pipe", log],
      },
    );
    fs.closeSync(log);
    assert.ok(child.stdin && child.stdout);
    const lines = readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const { value, done } = await lines.next();
    assert.ok(!done, fs.readFileSync(path.join(folder, "control.log"), "utf8"));
    const { url, features } = JSON.parse(value) as { url: string; features: string[] };
    return new Feast(url, features, child, child.stdin, lines, folder);
  }

  /** The chart's values by which the model of wines asks it. */
  values(others: Record<string, unknown> = {}): Record<string, unknown> {
    const { url, features } = this;
    return { enabled: true, url, entityKeys: { wine_id: "integer" }, features, ...others };
  }

  /** A value of each feature, those of the first wine, for where there is none. */
  get defaults(): Record<string, number | undefined> {
    const [row = []] = wines.features;
    return Object.fromEntries(this.features.map((name, i) => [name.split(":")[1], row[i]]));
  }

  /** `kill` ends it at once, `halt` leaves it silent; `start` and `go_on` take that back. */
  do(what: "kill" | "start" | "halt" | "go_on"): Promise<void> {
    return this.tell({ feast: what });
  }

  /** From now on; what is not named is as it should be. */
  behave(behaviour: Behaviour): Promise<void> {
    return this.tell({ between: behaviour });
  }

  async stop(): Promise<void> {
    const ended = once(this.process, "exit");
    this.commands.end();
    await ended;
    fs.rmSync(this.folder, { recursive: true });
  }

  private async tell(command: object): Promise<void> {
    this.commands.write(`${JSON.stringify(command)}\n`);
    const { value } = await this.lines.next();
    assert.equal(value, "done", fs.readFileSync(path.join(this.folder, "control.log"), "utf8"));
  }
}
