import { once } from "node:events";
import * as net from "node:net";

/** Below those from which Linux takes the ports of outgoing connections, and below Kubernetes' node ports. */
const [FIRST, COUNT] = [20_000, 10_000];

/**
 * A port of this machine on which nobody listens. Somebody will only later: until then no connection,
 * such as one of the requests of a test, must happen to take it for its own end.
 */
export async function freePort(host = "127.0.0.1"): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    const server = net.createServer();
    const listens = once(server.listen(port, host), "listening").then(
      () => true,
      () => false,
    );
    if (!(await listens)) {
      continue;
    }
    server.close();
    await once(server, "close");
    return port;
  }
}
