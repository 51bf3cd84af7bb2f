/** One real request to a deployed model, its answer compared with what plain XGBoost gave. */

import { createHash } from "node:crypto";
import * as dns from "node:dns";
import * as fs from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import * as path from "node:path";
import { PROJECT_DIR } from "./settings";

/** Rows a model never saw in training, and plain XGBoost's predictions for them. */
export interface Golden {
  model: { name: string; version: string };
  tolerance: number;
  features: number[][];
  predictions: number[];
}

export interface Answer {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: string;
}

/** `*.localhost` is this machine (RFC 6761), also where the system's resolver does not know that. */
const lookup: typeof dns.lookup = ((hostname: string, ...rest: unknown[]) => {
  const name = hostname.endsWith(".localhost") ? "localhost" : hostname;
  return Reflect.apply(dns.lookup, dns, [name, ...rest]);
}) as typeof dns.lookup;

/** Sends a JSON document; resolves with whatever the server answers. */
export function post(url: string, body: unknown, timeout = 10_000): Promise<Answer> {
  return ask(url, timeout, JSON.stringify(body));
}

export function get(url: string, timeout = 10_000): Promise<Answer> {
  return ask(url, timeout);
}

function ask(url: string, timeout: number, body?: string): Promise<Answer> {
  const { request } = url.startsWith("https:") ? https : http;
  return new Promise((resolve, reject) => {
    const call = request(
      url,
      {
        ...(body !== undefined && {
          method: "POST",
          headers: { "content-type": "application/json" },
        }),
        lookup,
        timeout,
        family: 4,
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => {
          text += chunk;
        });
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
        );
        response.on("error", reject);
      },
    );
    call.on("timeout", () => call.destroy(new Error(`no answer within ${timeout} ms`)));
    call.on("error", reject);
    call.end(body);
  });
}

/** The golden file beside the sample model with that sha256, if it was trained here. */
export function findGolden(
  sha256: string,
  models = path.join(PROJECT_DIR, "models"),
): Golden | undefined {
  for (const entry of fs.readdirSync(models, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.startsWith("model.")) continue;
    const content = fs.readFileSync(path.join(entry.parentPath, entry.name));
    if (createHash("sha256").update(content).digest("hex") !== sha256) continue;
    const golden = path.join(entry.parentPath, "golden.json");
    if (fs.existsSync(golden)) return JSON.parse(fs.readFileSync(golden, "utf8")) as Golden;
  }
  return undefined;
}

/** What an answer is compared with. */
export interface Expectation {
  golden: Golden;
  /** Row of the golden requests. Default: the first. */
  row?: number;
  /** Model that must have answered. Default: whichever does. */
  sha256?: string;
}

/** Asks for a golden row; throws if the answer is not the expected one. */
export async function checkPrediction(
  url: string,
  { golden, row = 0, sha256 }: Expectation,
): Promise<Answer> {
  const answer = await post(`${url.replace(/\/$/, "")}/predict`, {
    features: golden.features[row],
  });
  const expected = golden.predictions[row];
  const prediction: unknown =
    answer.status === 200
      ? (JSON.parse(answer.body) as { prediction: unknown }).prediction
      : undefined;
  const isRight =
    typeof prediction === "number" &&
    expected !== undefined &&
    Math.abs(prediction - expected) <= golden.tolerance;
  if (!isRight) {
    throw new Error(
      `${url} answered ${answer.status} ${answer.body.slice(0, 500)}; expected the prediction ${expected}`,
    );
  }
  const answeredBy = answer.headers["x-model-sha256"];
  if (sha256 !== undefined && answeredBy !== sha256) {
    throw new Error(`${url} was answered by the model ${answeredBy}; expected ${sha256}`);
  }
  return answer;
}

/**
 * Asks until the answer is right, or throws what was wrong with the last one: a controller takes a
 * moment to learn of a new route, and a pod that ends answers until its clients know.
 *
 * @param timeout milliseconds to go on asking. Default: 20 s
 */
export async function awaitPrediction(
  url: string,
  expectation: Expectation,
  timeout = 20_000,
): Promise<Answer> {
  const end = Date.now() + timeout;
  for (;;) {
    try {
      return await checkPrediction(url, expectation);
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}
