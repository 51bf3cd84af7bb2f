/**
 * Asks the API server, each question with a time limit and without keeping the process alive.
 *
 * Not by `@kubernetes/client-node`: loading its 1.4.0 takes 0.5 to 0.7 s of processor time (this and the
 * kubeconfig 0.06 s) in every preview, which takes 3 s in all, and 72 packages of 72 MB; its 2.0.1 does
 * not load with Node.js 20. Neither asks for metadata alone (here the Secrets of Helm stay in the
 * cluster), sets a limit to a login program, or acts as groups (`as-groups`).
 */
import * as http from "node:http";
import * as https from "node:https";
import { isIP } from "node:net";
import { mappingOf } from "../../shared/loginProgram";
import { redactSecrets } from "../../shared/redactSecrets";
import { isCertificateProblem, machineAuthorities } from "../network/authorities";
import { agentThrough, identityOf, proxyFor, UnsupportedError } from "../network/proxy";
import type { Access } from "./kubeconfig";

/** The API server answered with something else than a success. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** The API server did not answer. */
export class ConnectionError extends Error {
  constructor(
    message: string,
    readonly code?: string,
  ) {
    super(message);
  }
}

export interface RequestOptions {
  method?: "GET" | "POST" | "PATCH";
  body?: object;
  /** Of the body. Default: JSON. */
  contentType?: string;
  /** Metadata only: what the objects hold stays in the cluster. */
  metadataOnly?: boolean;
  /** Milliseconds. */
  timeoutMs?: number;
}

const METADATA_ONLY =
  "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1," +
  "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";

/** Few and short: the program must not be what the cluster suffers from, nor what an update waits for. */
const DEFAULT_TIMEOUT_MS = 5_000;

export class ClusterClient {
  private agent: Promise<http.Agent> | undefined;
  /** Where the kubeconfig names no authority, and those of Node.js do not do. */
  private machineCa: string[] | undefined;

  constructor(readonly access: Access) {}

  /** The object or list at a path of the API. */
  async request<T>(path: string, options: RequestOptions = {}): Promise<T> {
    const { status, body } = await this.send(path, options);
    if (status >= 300 && status < 400) {
      throw new UnsupportedError("it redirects to another address");
    }
    if (status < 200 || status > 299) {
      throw new ApiError(status, messageOf(body) ?? `the API server answered ${status}`);
    }
    const answer = mappingOf(body);
    if (answer === undefined) {
      throw new ConnectionError("what answers is no API server");
    }
    return answer as T;
  }

  private async send(path: string, options: RequestOptions): Promise<Answer> {
    const { authorization, headers, cert, key } = await this.access.credentials();
    const { server, ca, skipVerify, serverName } = this.access;
    const body = options.body && JSON.stringify(options.body);
    this.agent ??= this.makeAgent();
    const agent = await this.agent;
    const isSecure = server.startsWith("https:");
    const request = (authorities: string | Buffer | string[] | undefined) => {
      const secrets = {
        cert,
        key,
        ca: authorities,
        // Like Go: a kubeconfig may name the authority in the middle of a chain.
        allowPartialTrustChain: true,
        rejectUnauthorized: !skipVerify,
        // An address is checked below, but is no name that TLS could ask for.
        servername: serverName !== undefined && isIP(serverName) ? "" : serverName,
        checkServerIdentity: identityOf(serverName ?? new URL(server).hostname),
      };
      const request = (isSecure ? https : http).request(server + path, {
        method: options.method ?? "GET",
        agent,
        ...(isSecure && secrets),
        headers: {
          ...headers,
          accept: options.metadataOnly ? METADATA_ONLY : "application/json",
          ...(authorization && { authorization }),
          ...(body && { "content-type": options.contentType ?? "application/json" }),
        },
      });
      return receiveAnswer(request, body, options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    };
    try {
      return await request(ca ?? this.machineCa);
    } catch (error) {
      const isUntrusted = error instanceof ConnectionError && isCertificateProblem(error.code);
      if (!isUntrusted || ca !== undefined || this.machineCa !== undefined) {
        throw error;
      }
      this.machineCa = machineAuthorities();
      return await request(this.machineCa);
    }
  }

  private async makeAgent(): Promise<http.Agent> {
    const { server, proxy = proxyFor(server) } = this.access;
    if (proxy !== undefined) {
      return await agentThrough(proxy, server);
    }
    const options = { keepAlive: true };
    return server.startsWith("https:") ? new https.Agent(options) : new http.Agent(options);
  }
}

export interface Answer {
  status: number;
  body: string;
  headers: http.IncomingMessage["headers"];
}

/** The whole answer of a request, within a time limit. */
export function receiveAnswer(
  request: ReturnType<typeof https.request>,
  body: string | undefined,
  timeoutMs: number,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      request.destroy(new Error(`no answer within ${timeoutMs / 1000} seconds`));
    }, timeoutMs);
    const fail = (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      reject(new ConnectionError(reasonOf(error), error.code));
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

/** OpenSSL's own words name its source files; an error of several attempts has none. */
function reasonOf({ message, code }: NodeJS.ErrnoException): string {
  const openssl = /:error:[0-9A-F]+:[^:]*:[^:]*:([^:]+):/.exec(message)?.[1];
  return redactSecrets(openssl ?? (message || code || "the connection failed"));
}

/** What a Kubernetes `Status` says. */
function messageOf(body: string): string | undefined {
  const message = mappingOf(body)?.message;
  return typeof message === "string" ? redactSecrets(message) : undefined;
}
