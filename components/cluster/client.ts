/** Asks the API server, each question with a time limit and without keeping the process alive. */
import type { Agent, IncomingMessage } from "node:http";
import * as https from "node:https";
import type { Access } from "./kubeconfig";
import { proxyFor } from "./proxy";

/** The API server answered with something else than a success. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** The API server did not answer. */
export class Unreachable extends Error {}

export interface Question {
  method?: "GET" | "POST";
  body?: object;
  /** Metadata only: what the objects hold stays in the cluster. */
  metadataOnly?: boolean;
  /** Milliseconds. */
  patience?: number;
}

const metadataOnly =
  "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1," +
  "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";

/** Few and short: the program must not be what the cluster suffers from, nor what an update waits for. */
const defaultPatience = 5_000;

export class ClusterClient {
  private agent: Promise<Agent> | undefined;

  constructor(readonly access: Access) {}

  /** The object or list at a path of the API. */
  async ask<T>(path: string, question: Question = {}): Promise<T> {
    const { status, body } = await this.send(path, question);
    if (status < 200 || status > 299) {
      throw new Refused(status, messageOf(body) ?? `the API server answered ${status}`);
    }
    return JSON.parse(body) as T;
  }

  private async send(path: string, question: Question): Promise<{ status: number; body: string }> {
    const { authorization, cert, key } = await this.access.credentials();
    const body = question.body && JSON.stringify(question.body);
    this.agent ??= this.makeAgent();
    const request = https.request(this.access.server + path, {
      method: question.method ?? "GET",
      agent: await this.agent,
      cert,
      key,
      ca: this.access.ca,
      rejectUnauthorized: !this.access.skipVerify,
      servername: this.access.serverName,
      headers: {
        accept: question.metadataOnly ? metadataOnly : "application/json",
        ...(authorization && { authorization }),
        ...(body && { "content-type": "application/json" }),
      },
    });
    return await answerOf(request, body, question.patience ?? defaultPatience);
  }

  private async makeAgent(): Promise<Agent> {
    const proxy = this.access.proxy ?? (await proxyFor(this.access.server));
    if (proxy === undefined) {
      return new https.Agent({ keepAlive: true });
    }
    const { HttpsProxyAgent } = await import("https-proxy-agent");
    return new HttpsProxyAgent(proxy, { keepAlive: true });
  }
}

/** The whole answer of a request, within a time limit. */
export function answerOf(
  request: ReturnType<typeof https.request>,
  body: string | undefined,
  patience: number,
): Promise<{ status: number; body: string; headers: IncomingMessage["headers"] }> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      request.destroy(new Error(`no answer within ${patience / 1000} seconds`));
    }, patience);
    const fail = (error: Error) => {
      clearTimeout(timer);
      reject(new Unreachable(error.message || (error as NodeJS.ErrnoException).code));
    };
    request.on("error", fail);
    request.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", fail);
      response.on("end", () => {
        clearTimeout(timer);
        const text = Buffer.concat(chunks).toString("utf8");
        resolve({ status: response.statusCode ?? 0, body: text, headers: response.headers });
      });
    });
    request.end(body);
  });
}

/** What a Kubernetes `Status` says. */
function messageOf(body: string): string | undefined {
  try {
    const { message } = JSON.parse(body) as { message?: unknown };
    return typeof message === "string" ? message : undefined;
  } catch {
    return undefined;
  }
}
