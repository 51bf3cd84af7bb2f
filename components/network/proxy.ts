/** The way to a server: through the proxy that Helm, the providers and kubectl would take. */
import type { Agent } from "node:http";
import { BlockList, isIP, isIPv6 } from "node:net";
import * as tls from "node:tls";
import { isLoopback } from "./loopback";

/** What the others can do and this client cannot: a reason to leave a check out, never to stop an update. */
export class UnsupportedError extends Error {}

/** The proxy that HTTPS_PROXY, HTTP_PROXY and NO_PROXY name for an address, by the rules of Go's programs. */
export function proxyFor(url: string, env = process.env): string | undefined {
  const { protocol, hostname, port } = new URL(url);
  const isTls = protocol === "https:";
  const names = isTls ? ["HTTPS_PROXY", "https_proxy"] : ["HTTP_PROXY", "http_proxy"];
  const proxy = names.map((name) => env[name]).find((value) => value);
  const host = bare(hostname).toLowerCase();
  if (!proxy || isLoopback(host)) {
    return undefined;
  }
  const without = env.NO_PROXY || env.no_proxy || "";
  const isExcepted = without
    .split(",")
    .map((entry) => entry.trim().toLowerCase())
    .some((entry) => entry !== "" && excepts(entry, host, port || (isTls ? "443" : "80")));
  return isExcepted ? undefined : proxy.includes("://") ? proxy : `http://${proxy}`;
}

function bare(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, "$1");
}

function excepts(entry: string, host: string, port: string): boolean {
  if (entry === "*") {
    return true;
  }
  const [network = "", prefix] = entry.split("/");
  if (prefix !== undefined) {
    return isIP(network) > 0 && isIP(host) > 0 && isInNetwork(host, network, Number(prefix));
  }
  const [, bracketed, plain, entryPort] =
    /^(?:\[(.*)\]|([^:]*|.*:.*:.*?))(?::(\d+))?$/.exec(entry) ?? [];
  const name = bracketed ?? plain ?? "";
  if (name === "" || (entryPort !== undefined && entryPort !== port)) {
    return false;
  }
  if (isIP(name) > 0) {
    return isIP(host) > 0 && isInNetwork(host, name, isIPv6(name) ? 128 : 32);
  }
  const domain = name.replace(/^\*\./, ".");
  return domain.startsWith(".")
    ? host.endsWith(domain)
    : host === domain || host.endsWith(`.${domain}`);
}

function isInNetwork(host: string, network: string, prefix: number): boolean {
  const family = (address: string) => (isIPv6(address) ? "ipv6" : "ipv4");
  try {
    const list = new BlockList();
    list.addSubnet(network, prefix, family(network));
    return list.check(host, family(host));
  } catch {
    return false;
  }
}

/**
 * What makes connections to a server through a proxy.
 *
 * @throws NotSupported for kinds of proxies that it does not know
 */
export async function agentThrough(proxy: string, url: string): Promise<Agent> {
  let scheme: string;
  try {
    scheme = new URL(proxy).protocol;
  } catch {
    throw new UnsupportedError("its proxy-url is no address");
  }
  const options = { keepAlive: true };
  if (scheme === "socks5:" || scheme === "socks5h:") {
    const { SocksProxyAgent } = await import("socks-proxy-agent");
    // Names are the proxy's to look up, as for the others: it may be the only one who knows them.
    return new SocksProxyAgent(proxy.replace(/^socks5h?:/, "socks5h:"), options);
  }
  if (scheme !== "http:" && scheme !== "https:") {
    throw new UnsupportedError(`proxies by ${scheme}// are not known here`);
  }
  if (new URL(url).protocol === "http:") {
    const { HttpProxyAgent } = await import("http-proxy-agent");
    return new HttpProxyAgent(proxy, options);
  }
  const { HttpsProxyAgent } = await import("https-proxy-agent");
  return new HttpsProxyAgent(proxy, options);
}

/**
 * Whether a certificate is of this host. Said with each request, since the agents for proxies
 * compare that of a server without a name, which has an IP address only, with `localhost`.
 */
export function identityOf(hostname: string) {
  return (_: string, certificate: tls.PeerCertificate): Error | undefined =>
    tls.checkServerIdentity(bare(hostname), certificate);
}
