/** Who knows how many requests wait for a model: told by the tests, asked by KEDA. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { freePort } from "../end-to-end/freePort";

export class Demand {
  waiting = 0;
  private server: Server | undefined;

  private constructor(private readonly port: number) {}

  static async start(): Promise<Demand> {
    const demand = new Demand(await freePort());
    await demand.listen();
    return demand;
  }

  private async listen(): Promise<void> {
    this.server = createServer((_request, response) => {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ waiting: this.waiting }));
    });
    this.server.listen(this.port, "127.0.0.1");
    await once(this.server, "listening");
  }

  /** KEDA's trigger that asks here. One pod is enough for `each` of those who wait. */
  trigger(each: number): object {
    const metadata = {
      url: `http://127.0.0.1:${this.port}/`,
      valueLocation: "waiting",
      targetValue: String(each),
    };
    return { type: "metrics-api", metadata };
  }

  /** From now on nobody answers. */
  async stop(): Promise<void> {
    const ended = this.server && once(this.server, "close");
    this.server?.close();
    this.server?.closeAllConnections();
    this.server = undefined;
    await ended;
  }
}
