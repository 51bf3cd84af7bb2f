import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { isIP } from "node:net";
import * as path from "node:path";

/** A certificate for an address, or a host's name, that nobody trusts who is not told to, and its key. */
export function selfSigned(folder: string, address: string): { cert: Buffer; key: Buffer } {
  const [cert, key] = ["certificate.pem", "key.pem"].map((name) => path.join(folder, name)) as [
    string,
    string,
  ];
  const args = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"];
  args.push(
    "-subj",
    `/CN=${address}`,
    "-addext",
    `subjectAltName=${isIP(address) ? "IP" : "DNS"}:${address}`,
  );
  execFileSync("openssl", [...args, "-out", cert, "-keyout", key], { stdio: "ignore" });
  return { cert: fs.readFileSync(cert), key: fs.readFileSync(key) };
}
