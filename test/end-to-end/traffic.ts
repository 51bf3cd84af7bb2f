/** Steady traffic to models on this machine, with a record of every request and its answer. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { type Golden, isExpected } from "../../shared/golden";
import { type Answer, checkPrediction, type Expectation, post } from "../../shared/predict";
import { waitFor } from "../../shared/run";
import { TIMEOUT_MS } from "../timeouts";

/** A model that is asked. */
export interface Target {
  url: string;
  /** Golden requests of each version that may answer. */
  versions: Record<string, Golden>;
}

export interface Traffic {
  /** Requests sent. */
  total: number;
  /** What went wrong, one line each: no answer, an error, or a prediction that is no version's. */
  failures: string[];
  /** Answers by the model version that gave them. */
  byVersion: Record<string, number>;
}

/** One line of a record. */
export interface Exchange {
  /** When it was asked, in ISO 8601, and how many milliseconds the answer took. */
  at: string;
  took: number;
  url: string;
  /** Row of the golden requests, and what was sent of it. */
  row: number;
  features: (number | null)[];
  /** What came back, word by word; without an answer, why there is none. */
  status?: number;
  version?: string;
  sha256?: string;
  body?: string;
  error?: string;
}

export interface Pace {
  /** Requests under way at once. */
  clients: number;
  /** Milliseconds before each next one of a client. */
  pause: number;
}
const STEADY: Pace = { clients: 2, pause: 10 };
/** Milliseconds that an answer may take; more than a machine stands still for. */
const LONGEST = 30_000;
/** No test needs more; a runaway loop ends here. */
const MAX_REQUESTS = 100_000;

/** Traffic that has been started. */
export class Load {
  private going = true;
  private readonly counts: Traffic = { total: 0, failures: [], byVersion: {} };
  private readonly clients: Promise<void>[];
  private readonly rows: number;

  /** @param record file to which each {@link Exchange} is added, as a line of JSON */
  constructor(
    private readonly target: Target,
    private readonly pace = STEADY,
    private readonly record?: string,
  ) {
    const [first] = Object.values(target.versions);
    if (first === undefined) {
      throw new Error("no version to compare with");
    }
    this.rows = first.features.length;
    this.clients = Array.from({ length: pace.clients }, () => this.ask(first));
  }

  /** Failures so far. */
  get failures(): number {
    return this.counts.failures.length;
  }

  async stop(): Promise<Traffic> {
    this.going = false;
    await Promise.all(this.clients);
    return this.counts;
  }

  private async ask({ features }: Golden): Promise<void> {
    while (this.going && this.counts.total < MAX_REQUESTS) {
      const row = this.counts.total % this.rows;
      this.counts.total += 1;
      await this.exchange(row, features[row] ?? []);
      await new Promise((resolve) => setTimeout(resolve, this.pace.pause));
    }
  }

  private async exchange(row: number, features: (number | null)[]): Promise<void> {
    const { url } = this.target;
    const start = Date.now();
    const asked = { at: new Date(start).toISOString(), url, row, features };
    let came: Partial<Exchange>;
    try {
      const answer = await post(`${url.replace(/\/$/, "")}/predict`, { features }, LONGEST);
      came = {
        status: answer.status,
        version: String(answer.headers["x-model-version"]),
        sha256: String(answer.headers["x-model-sha256"]),
        body: answer.body,
      };
      this.judge(row, answer, came.version ?? "");
    } catch (error) {
      came = { error: String(error) };
      this.counts.failures.push(`${asked.at} row ${row}: ${error}`);
    }
    if (this.record !== undefined) {
      const exchange: Exchange = { ...asked, took: Date.now() - start, ...came };
      fs.appendFileSync(this.record, `${JSON.stringify(exchange)}\n`);
    }
  }

  /** Every answer must be right for the version that it names. */
  private judge(row: number, { status, body }: Answer, version: string): void {
    this.counts.byVersion[version] = (this.counts.byVersion[version] ?? 0) + 1;
    const golden = this.target.versions[version];
    const isRight =
      status === 200 &&
      golden !== undefined &&
      isExpected(golden, row, (JSON.parse(body) as { prediction?: unknown }).prediction);
    if (!isRight) {
      const at = new Date().toISOString();
      this.counts.failures.push(`${at} row ${row}, ${version}: ${status} ${body.slice(0, 300)}`);
    }
  }
}

/** Asks for golden rows while the work goes on. */
export async function duringTraffic(
  url: string,
  versions: Record<string, Golden>,
  work: () => Promise<unknown>,
  pace = STEADY,
): Promise<Traffic> {
  const load = new Load({ url, versions }, pace);
  try {
    await work();
  } catch (error) {
    await load.stop();
    throw error;
  }
  return load.stop();
}

/** Waits until a model answers right, and no other one, many times in a row. */
export async function awaitOnly(url: string, expected: Required<Omit<Expectation, "row">>) {
  let inARow = 0;
  const isAlone = async () => {
    const answer = await checkPrediction(url, expected).catch(() => undefined);
    inARow = answer === undefined ? 0 : inARow + 1;
    return inARow >= 20;
  };
  assert.ok(
    await waitFor(isAlone, TIMEOUT_MS, 30),
    `${url}: others than ${expected.sha256} answer`,
  );
}
