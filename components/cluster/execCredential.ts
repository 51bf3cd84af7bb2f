/** Logins by a program, as the clouds' kubeconfigs have them: client-go's credential plugins. */
import { execFile } from "node:child_process";
import type { Credentials } from "./kubeconfig";

/** The `exec` of a kubeconfig's user. */
export interface ExecPlugin {
  apiVersion?: string;
  command?: string;
  args?: string[] | null;
  env?: { name: string; value: string }[] | null;
  provideClusterInfo?: boolean;
}

interface ExecCredential {
  status?: {
    token?: string;
    clientCertificateData?: string;
    clientKeyData?: string;
    expirationTimestamp?: string;
  };
}

/** Longest that a login may take. */
const patience = 30_000;
/** A login is renewed this long before it ends. */
const margin = 60_000;

/** Asks the program, and again only when what it said has expired. */
export function execCredential(
  plugin: ExecPlugin,
  folder: string,
  cluster: { server: string },
): () => Promise<Credentials> {
  let known: Promise<Credentials & { until: number }> | undefined;
  return async () => {
    const current = await known?.catch(() => undefined);
    if (current === undefined || current.until < Date.now()) {
      known = ask(plugin, folder, cluster);
    }
    const { until: _, ...credentials } = await (known as NonNullable<typeof known>);
    return credentials;
  };
}

async function ask(plugin: ExecPlugin, folder: string, cluster: { server: string }) {
  const spec = plugin.provideClusterInfo ? { cluster, interactive: false } : { interactive: false };
  const apiVersion = plugin.apiVersion ?? "client.authentication.k8s.io/v1";
  const info = JSON.stringify({ apiVersion, kind: "ExecCredential", spec });
  const own = Object.fromEntries((plugin.env ?? []).map(({ name, value }) => [name, value]));
  const output = await run(plugin, folder, { ...process.env, ...own, KUBERNETES_EXEC_INFO: info });
  const { status = {} } = JSON.parse(output) as ExecCredential;
  const expires = status.expirationTimestamp;
  return {
    ...(status.token && { authorization: `Bearer ${status.token}` }),
    ...(status.clientCertificateData && { cert: status.clientCertificateData }),
    ...(status.clientKeyData && { key: status.clientKeyData }),
    until: expires ? Date.parse(expires) - margin : Number.POSITIVE_INFINITY,
  };
}

function run(plugin: ExecPlugin, folder: string, env: NodeJS.ProcessEnv): Promise<string> {
  const command = plugin.command ?? "";
  // A bare name is looked for on PATH; any other is relative to the kubeconfig.
  const cwd = command.includes("/") ? folder : undefined;
  return new Promise((resolve, reject) => {
    execFile(command, plugin.args ?? [], { cwd, env, timeout: patience }, (error, stdout) => {
      // Neither what it printed nor its arguments: both may hold secrets.
      if (error) {
        const how = error.code === "ENOENT" ? "is not installed" : `ended with ${error.code}`;
        reject(new Error(`the login program ${command} of the kubeconfig ${how}`));
      } else {
        resolve(stdout);
      }
    });
  });
}
