/** A static web server that behaves as badly as the path tells it to, where pods reach it. */
import { once } from "node:events";
import * as fs from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as path from "node:path";
import { NODE_IP } from "../../local/settings";

/**
 * The first part of a path, before that of the file. `whole`: as it should be. `drops`: the first
 * answer to each client for each file breaks off half-way, the next goes on from where it is asked
 * to. `breaks`: every answer breaks off after some bytes, whatever range was asked for. `silent`:
 * half of the file, then nothing, with the connection left open. `slow`: a byte every 100 ms.
 * `lies`: something else of the same length.
 */
const BEHAVIOURS = ["whole", "drops", "breaks", "silent", "slow", "lies"] as const;
export type Behaviour = (typeof BEHAVIOURS)[number];

export class WebServer {
  readonly requests: { path: string; range?: string }[] = [];
  private readonly dropped = new Set<string>();

  private constructor(
    private readonly server: http.Server,
    private readonly folder: string,
  ) {}

  static async start(folder: string): Promise<WebServer> {
    const server = http.createServer();
    const self = new WebServer(server, folder);
    server.on("request", (request, response) => self.answer(request, response));
    server.listen(0, NODE_IP);
    await once(server, "listening");
    return self;
  }

  url(behaviour: Behaviour = "whole"): string {
    return `http://${NODE_IP}:${(this.server.address() as AddressInfo).port}/${behaviour}`;
  }

  async stop(): Promise<void> {
    const closed = once(this.server, "close");
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  private answer(request: http.IncomingMessage, response: http.ServerResponse): void {
    const { range } = request.headers;
    // In a URL dot segments are resolved: nothing outside of the folder is reached.
    const { pathname } = new URL(request.url ?? "/", this.url());
    this.requests.push({ path: pathname, ...(range && { range }) });
    const [, first, ...names] = pathname.split("/");
    const behaviour = BEHAVIOURS.find((name) => name === first);
    const file = path.join(this.folder, ...names);
    if (behaviour === undefined || !fs.statSync(file, { throwIfNoEntry: false })?.isFile()) {
      response.writeHead(404).end();
      return;
    }
    const content = fs.readFileSync(file);
    if (behaviour === "lies") {
      content.fill(0);
    }
    const given = Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0);
    const offset = behaviour === "breaks" ? 0 : given;
    const rest = content.subarray(offset);
    const end = content.length - 1;
    response.writeHead(offset > 0 ? 206 : 200, {
      "content-length": rest.length,
      etag: `"${content.length}"`,
      ...(offset > 0 && { "content-range": `bytes ${offset}-${end}/${content.length}` }),
    });
    const half = rest.subarray(0, Math.floor(rest.length / 2));
    const reset = () => response.socket?.resetAndDestroy();
    if (behaviour === "silent") {
      response.write(half);
    } else if (behaviour === "slow") {
      trickle(rest, response);
    } else if (behaviour === "breaks") {
      response.write(rest.subarray(0, 1000), reset);
    } else if (behaviour === "drops" && this.isFirst(request)) {
      response.write(half, reset);
    } else {
      response.end(rest);
    }
  }

  private isFirst({ url, socket }: http.IncomingMessage): boolean {
    const who = `${socket.remoteAddress} ${url}`;
    if (this.dropped.has(who)) {
      return false;
    }
    this.dropped.add(who);
    return true;
  }
}

function trickle(content: Buffer, response: http.ServerResponse): void {
  let sent = 0;
  const timer = setInterval(() => {
    response.write(content.subarray(sent, sent + 1));
    sent += 1;
    if (sent === content.length) {
      response.end();
    }
  }, 100);
  response.on("close", () => clearInterval(timer));
}
