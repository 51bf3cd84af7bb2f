/** The registry, as it is behind a network that swallows what is pushed. */
import * as net from "node:net";
import { REGISTRY } from "../../local/settings";

const PUSH = /^(POST|PUT|PATCH) \/v2\//m;

/** Hands everything on to the real registry until something is pushed; from then on it says nothing. */
export class SilentRegistry {
  /** How many connections were left without an answer. */
  swallowed = 0;
  private readonly sockets = new Set<net.Socket>();

  private constructor(private readonly server: net.Server) {}

  static async start(): Promise<SilentRegistry> {
    const server = net.createServer();
    const registry = new SilentRegistry(server);
    server.on("connection", (client) => registry.connect(client));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return registry;
  }

  get address(): string {
    return `localhost:${(this.server.address() as net.AddressInfo).port}`;
  }

  private connect(client: net.Socket): void {
    const [host, port] = REGISTRY.split(":");
    const registry = net.connect(Number(port), host);
    for (const socket of [client, registry]) {
      this.sockets.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => this.sockets.delete(socket));
    }
    let isSilent = false;
    client.on("data", (chunk) => {
      if (!isSilent && PUSH.test(chunk.toString("latin1"))) {
        isSilent = true;
        this.swallowed += 1;
      }
      if (!isSilent) {
        registry.write(chunk);
      }
    });
    client.on("close", () => registry.destroy());
    registry.on("data", (chunk) => client.write(chunk));
    registry.on("close", () => client.destroy());
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) {
      socket.destroy();
    }
    await new Promise((resolve) => this.server.close(resolve));
  }
}
