/** Logins by a program, as the clouds' kubeconfigs have them: client-go's credential plugins. */
import * as path from "node:path";
import { mappingOf, ProgramError, runLoginProgram } from "../../shared/loginProgram";
import { UnsupportedError } from "../network/proxy";
import type { Credentials } from "./credentials";

/** The `exec` of a kubeconfig's user. */
export interface ExecPlugin {
  apiVersion?: string;
  command?: string;
  args?: string[] | null;
  env?: { name: string; value: string }[] | null;
  provideClusterInfo?: boolean;
  interactiveMode?: string;
}

/** What such a program may want to know of the cluster, by the names that it has in a kubeconfig. */
export type ClusterInfo = Record<string, unknown> & { server: string };

interface ExecCredential {
  status?: {
    token?: string;
    clientCertificateData?: string;
    clientKeyData?: string;
    expirationTimestamp?: string;
  };
}

/** Longest that a login may take. */
const TIMEOUT_MS = 30_000;
/** A login is renewed this long before it ends. */
const MARGIN = 60_000;

/** Asks the program, and again only when what it said has expired. */
export function execCredential(
  plugin: ExecPlugin,
  folder: string,
  cluster: ClusterInfo,
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

async function ask(plugin: ExecPlugin, folder: string, cluster: ClusterInfo) {
  if (plugin.interactiveMode === "Always") {
    throw new UnsupportedError(
      `the login program ${plugin.command} of the kubeconfig wants a terminal`,
    );
  }
  const spec = plugin.provideClusterInfo ? { cluster, interactive: false } : { interactive: false };
  const apiVersion = plugin.apiVersion ?? "client.authentication.k8s.io/v1";
  const info = JSON.stringify({ apiVersion, kind: "ExecCredential", spec });
  const own = Object.fromEntries((plugin.env ?? []).map(({ name, value }) => [name, value]));
  const output = await run(plugin, folder, { ...process.env, ...own, KUBERNETES_EXEC_INFO: info });
  const credential = mappingOf(output) as ExecCredential | undefined;
  const status = credential?.status;
  if (typeof status !== "object" || status === null) {
    const what = output.trim() === "" ? "printed nothing" : "printed no ExecCredential";
    throw new Error(`the login program ${plugin.command} of the kubeconfig ${what}`);
  }
  const expires = Date.parse(status.expirationTimestamp ?? "");
  return {
    ...(status.token && { authorization: `Bearer ${status.token}` }),
    ...(status.clientCertificateData && { cert: status.clientCertificateData }),
    ...(status.clientKeyData && { key: status.clientKeyData }),
    until: Number.isNaN(expires) ? Number.POSITIVE_INFINITY : expires - MARGIN,
  };
}

async function run(plugin: ExecPlugin, folder: string, env: NodeJS.ProcessEnv): Promise<string> {
  const name = plugin.command ?? "";
  // A bare name is looked for on PATH; any other is relative to the kubeconfig.
  const command = name.includes("/") ? path.resolve(folder, name) : name;
  // Neither what it printed nor its arguments are told: both may hold secrets.
  const { code, stdout } = await runLoginProgram(command, {
    args: plugin.args ?? [],
    env,
    timeoutMs: TIMEOUT_MS,
  }).catch((error: unknown) => {
    const how = error instanceof ProgramError ? error.how : String(error);
    throw new Error(`the login program ${name} of the kubeconfig ${how}`);
  });
  if (code !== 0) {
    throw new Error(`the login program ${name} of the kubeconfig ended with ${code}`);
  }
  return stdout;
}
