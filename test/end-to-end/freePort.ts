import { once } from "node:events";
import * as net from "node:net";

/** A port of this machine on which nobody listens. */
export async function freePort(host = "127.0.0.1"): Promise<number> {
  const server = net.createServer().listen(0, host);
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
