/** Takes CloudEvents where pods reach it. */
import { once } from "node:events";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { NODE_IP } from "../../local/settings";

export interface Delivery {
  headers: http.IncomingHttpHeaders;
  body: string;
}

export class EventReceiver {
  readonly deliveries: Delivery[] = [];

  private constructor(private readonly server: http.Server) {}

  static async start(): Promise<EventReceiver> {
    const server = http.createServer();
    const self = new EventReceiver(server);
    server.on("request", async (request, response) => {
      const body = (await buffer(request)).toString();
      self.deliveries.push({ headers: request.headers, body });
      response.writeHead(202).end();
    });
    server.listen(0, NODE_IP);
    await once(server, "listening");
    return self;
  }

  get url(): string {
    return `http://${NODE_IP}:${(this.server.address() as AddressInfo).port}/`;
  }

  async stop(): Promise<void> {
    if (!this.server.listening) {
      return;
    }
    const closed = once(this.server, "close");
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }
}
