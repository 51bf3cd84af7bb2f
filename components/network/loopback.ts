/** This machine itself, which is the only one that may be spoken to without TLS about what is secret. */
import * as dns from "node:dns";
import { isIPv4, type LookupFunction } from "node:net";

/** Whether a host is this machine, by its name: addresses in whatever way they may be written, and localhost. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[(.*)\]$/, "$1");
  if (name === "localhost" || name.endsWith(".localhost") || name === "::1") {
    return true;
  }
  const mapped = name.replace(/^::ffff:/, "");
  return (isIPv4(mapped) && mapped.startsWith("127.")) || /^::ffff:7f[0-9a-f]{2}:/.test(name);
}

/** Finds the address of a host that must be this machine: a name server could say something else. */
export const lookupLoopback: LookupFunction = (hostname, options, callback) => {
  dns.lookup(hostname, { ...options, all: true }, (error, addresses) => {
    const own = (addresses ?? []).filter(({ address }) => isLoopback(address));
    const [first] = own;
    if (error || first === undefined) {
      callback(error ?? new Error(`${hostname} is not this machine`), "", 0);
    } else if (options.all) {
      callback(null, own);
    } else {
      callback(null, first.address, first.family);
    }
  });
};
