/** One real request to a deployed model, its answer compared with what plain XGBoost gave. */

import * as dns from "node:dns";
import * as http from "node:http";
import * as https from "node:https";
import { completeRow, type Golden, isExpected } from "./golden";

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
  return postText(url, JSON.stringify(body), timeout);
}

/** The same of a document that is text already. */
export function postText(url: string, body: string, timeout = 10_000): Promise<Answer> {
  return send(url, timeout, body);
}

export function get(url: string, timeout = 10_000): Promise<Answer> {
  return send(url, timeout);
}

function send(url: string, timeout: number, body?: string): Promise<Answer> {
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

/** What an answer is compared with. */
export interface Expectation {
  golden: Golden;
  /** Row of the golden requests. Default: the first without a missing value, which servers may refuse. */
  row?: number;
  /** Model that must have answered. Default: whichever does. */
  sha256?: string;
}

/** Asks for a golden row; throws if the answer is not the expected one. */
export async function checkPrediction(
  url: string,
  { golden, row = completeRow(golden) ?? 0, sha256 }: Expectation,
): Promise<Answer> {
  const answer = await post(`${url.replace(/\/$/, "")}/predict`, {
    features: golden.features[row],
  });
  const prediction: unknown =
    answer.status === 200
      ? (JSON.parse(answer.body) as { prediction: unknown }).prediction
      : undefined;
  if (!isExpected(golden, row, prediction)) {
    throw new Error(
      `${url} answered ${answer.status} ${answer.body.slice(0, 500)}; expected the prediction ${golden.predictions[row]}`,
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
 * @param timeout milliseconds to go on asking. Default: one minute
 */
export async function awaitPrediction(
  url: string,
  expectation: Expectation,
  timeout = 60_000,
): Promise<Answer> {
  const end = Date.now() + timeout;
  for (;;) {
    try {
      return await checkPrediction(url, expectation);
    } catch (error) {
      if (Date.now() > end) {
        throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}
