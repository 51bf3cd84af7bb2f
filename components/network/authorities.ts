/** The certificate authorities of this machine, which Go's programs trust and Node.js does not ask. */
import * as fs from "node:fs";
import * as path from "node:path";
import * as tls from "node:tls";

const bundles = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/**
 * Those that come with Node.js, and the machine's.
 *
 * @param folders whose `.crt` files are authorities as well
 */
export function machineAuthorities(folders: readonly string[] = []): string[] {
  const named = process.env.SSL_CERT_FILE;
  const bundle = [named ? [named] : bundles].flat().find((file) => fs.existsSync(file));
  const more = folders.flatMap((folder) => {
    const names = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
    return names.filter((name) => name.endsWith(".crt")).map((name) => path.join(folder, name));
  });
  const files = [...(bundle ? [bundle] : []), ...more];
  return [...tls.rootCertificates, ...files.flatMap((file) => readable(file))];
}

function readable(file: string): string[] {
  try {
    return [fs.readFileSync(file, "utf8")];
  } catch {
    return [];
  }
}

/** Whether a connection failed because of the server's certificate. */
export function isCertificateProblem(code: string | undefined): boolean {
  return (
    code !== undefined &&
    !code.includes("ALERT") &&
    /CERT|CRL|^INVALID_(?:CA|PURPOSE)$|PATH_LENGTH|HOSTNAME_MISMATCH|TOO_WEAK|TOO_SMALL/.test(code)
  );
}
