/** Where the cluster is and how one logs in, as kubectl, Helm and the Kubernetes provider find it out. */
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { parse } from "yaml";
import { mappingOf } from "../../shared/loginProgram";
import { UnsupportedError } from "../network/proxy";
import type { Credentials } from "./credentials";
import { type ClusterInfo, type ExecPlugin, execCredential } from "./execCredential";

/** What a request to the API server needs. */
export interface Access {
  /** `https://host:port` or `http://…`, with a path if there is one. */
  server: string;
  /** Context the access is of, to name it in messages. */
  context: string;
  ca?: string | Buffer;
  skipVerify: boolean;
  serverName?: string;
  proxy?: string;
  /** Asked for each request: what it gives may expire. */
  credentials: () => Promise<Credentials>;
}

/** What a stack says of its cluster: `kubernetes:kubeconfig` and so on. What is missing is kubectl's own default. */
export interface ProviderConfig {
  /** Path or content. */
  kubeconfig?: string;
  context?: string;
  cluster?: string;
}

interface ClusterEntry {
  server?: string;
  "certificate-authority"?: string;
  "certificate-authority-data"?: string;
  "insecure-skip-tls-verify"?: boolean;
  "tls-server-name"?: string;
  "proxy-url"?: string;
  extensions?: { name?: string; extension?: unknown }[] | null;
}

interface User {
  token?: string;
  tokenFile?: string;
  username?: string;
  password?: string;
  "client-certificate"?: string;
  "client-certificate-data"?: string;
  "client-key"?: string;
  "client-key-data"?: string;
  exec?: ExecPlugin;
  "auth-provider"?: { name?: string; config?: Record<string, unknown> | null };
  as?: string;
  "as-uid"?: string;
  "as-groups"?: string[] | null;
  "as-user-extra"?: Record<string, string[]> | null;
}

interface Context {
  cluster?: string;
  user?: string;
}

interface Kubeconfig {
  "current-context"?: string;
  clusters?: { name: string; cluster: ClusterEntry }[];
  users?: { name: string; user: User }[];
  contexts?: { name: string; context: Context }[];
}

/** There is no access; the message says why. */
export class NoAccess extends Error {}

/** The access of the provider's config, else of KUBECONFIG, else of ~/.kube/config, else of the pod. */
export function findAccess(config: ProviderConfig, env = process.env): Access {
  if (config.kubeconfig) {
    return accessOf([readPathOrContent(config.kubeconfig)], config);
  }
  const files = env.KUBECONFIG
    ? env.KUBECONFIG.split(path.delimiter).filter((file) => file !== "")
    : [path.join(os.homedir(), ".kube", "config")];
  const existing = files.filter((file) => fs.existsSync(file));
  if (existing.length === 0 && env.KUBERNETES_SERVICE_HOST) {
    return accessInPod(env);
  }
  if (existing.length === 0) {
    throw new NoAccess(`there is no kubeconfig: ${files.join(" and ")} does not exist`);
  }
  return accessOf(existing.map(readFile), config);
}

interface Source {
  document: Kubeconfig;
  /** Relative paths in the document start here. */
  folder: string;
}

function readFile(file: string): Source {
  return { document: parsed(fs.readFileSync(file, "utf8")), folder: path.dirname(file) };
}

function readPathOrContent(pathOrContent: string): Source {
  const isPath = !pathOrContent.includes("\n") && fs.existsSync(pathOrContent);
  return isPath ? readFile(pathOrContent) : { document: parsed(pathOrContent), folder: "." };
}

function parsed(text: string): Kubeconfig {
  try {
    const document: unknown = parse(text);
    if (typeof document === "object" && document !== null) {
      return document;
    }
  } catch {
    // The parser's message may quote a line, and any line may be a secret.
  }
  throw new NoAccess("the kubeconfig is no YAML mapping");
}

/** Of several files the first that says something wins. */
function accessOf(sources: readonly Source[], { context, cluster }: ProviderConfig): Access {
  const current = sources.map(({ document }) => document["current-context"]);
  const contextName = context ?? current.find((name) => name);
  if (!contextName) {
    throw new NoAccess("the kubeconfig has no current context");
  }
  const found = named(sources, contextName, ({ contexts }) => contexts)?.entry.context;
  if (found === undefined) {
    throw new NoAccess(`the kubeconfig has no context ${contextName}`);
  }
  const clusterName = cluster ?? found.cluster ?? "";
  const place = named(sources, clusterName, ({ clusters }) => clusters);
  if (!place?.entry.cluster?.server) {
    throw new NoAccess(`the kubeconfig has no cluster ${clusterName} with a server`);
  }
  const settings = place.entry.cluster;
  const ca = dataOrFile(settings, "certificate-authority", place.folder);
  const skipVerify = settings["insecure-skip-tls-verify"] === true;
  const server = addressOf(place.entry.cluster.server, ca !== undefined || skipVerify);
  const person = named(sources, found.user, ({ users }) => users);
  const info = { ...infoOf(settings, ca), server };
  return {
    server,
    context: contextName,
    ca,
    skipVerify,
    serverName: settings["tls-server-name"] || undefined,
    proxy: settings["proxy-url"] || undefined,
    // Like kubectl, which shows no login to a server without TLS.
    credentials: server.startsWith("https:")
      ? credentialsOf(person?.entry.user ?? {}, person?.folder ?? ".", info)
      : async () => ({}),
  };
}

/** Without a scheme it is one with TLS only if something else speaks of that. */
function addressOf(server: string, hasTls: boolean): string {
  const address = server.includes("://") ? server : `${hasTls ? "https" : "http"}://${server}`;
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    throw new NoAccess("the server of the cluster in the kubeconfig is no address");
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw new UnsupportedError(`servers by ${url.protocol}// are not known here`);
  }
  return address.replace(/\/+$/, "");
}

/** What a login program may be told of a cluster. */
function infoOf(settings: ClusterEntry, ca: Buffer | undefined) {
  const own = (settings.extensions ?? []).find(
    ({ name }) => name === "client.authentication.k8s.io/exec",
  );
  return {
    "tls-server-name": settings["tls-server-name"],
    "insecure-skip-tls-verify": settings["insecure-skip-tls-verify"],
    "certificate-authority-data": ca?.toString("base64"),
    "proxy-url": settings["proxy-url"],
    config: own?.extension,
  };
}

interface Found<T> {
  entry: T;
  folder: string;
}

function named<T>(
  sources: readonly Source[],
  name: string | undefined,
  entriesOf: (document: Kubeconfig) => ({ name: string } & T)[] | undefined,
): Found<T> | undefined {
  for (const { document, folder } of sources) {
    const entry = (entriesOf(document) ?? []).find((one) => one.name === name);
    if (entry !== undefined) {
      return { entry, folder };
    }
  }
  return undefined;
}

/** Certificates and keys are in the document, in base64, or in a file beside it. */
function dataOrFile<K extends string>(
  settings: { [P in K | `${K}-data`]?: string },
  key: K,
  folder: string,
): Buffer | undefined {
  const data = settings[`${key}-data`];
  if (data) {
    return Buffer.from(data, "base64");
  }
  const file = settings[key];
  return file ? fs.readFileSync(path.resolve(folder, file)) : undefined;
}

/** Of several ways to log in the one that client-go takes. */
function credentialsOf(user: User, folder: string, cluster: ClusterInfo) {
  const known = (): Credentials => ({
    cert: dataOrFile(user, "client-certificate", folder),
    key: dataOrFile(user, "client-key", folder),
    headers: impersonation(user),
  });
  const { token, tokenFile, username, password, exec } = user;
  if (tokenFile) {
    const file = path.resolve(folder, tokenFile);
    return async () => ({ ...known(), ...bearer(fs.readFileSync(file, "utf8").trim()) });
  }
  if (token) {
    return async () => ({ ...known(), ...bearer(token) });
  }
  if (username) {
    const pair = Buffer.from(`${username}:${password ?? ""}`).toString("base64");
    return async () => ({ ...known(), authorization: `Basic ${pair}` });
  }
  if (exec) {
    const ask = execCredential(exec, folder, cluster);
    return async () => ({ ...known(), ...(await ask()) });
  }
  const provider = user["auth-provider"];
  if (provider?.name === "oidc") {
    const idToken = provider.config?.["id-token"];
    return async () => ({ ...known(), ...bearer(unexpired(idToken)) });
  }
  if (provider) {
    throw new NoAccess(
      `the login by the auth-provider ${provider.name} is none that Kubernetes still has`,
    );
  }
  return async () => known();
}

function impersonation(user: User): Credentials["headers"] {
  const extra = Object.entries(user["as-user-extra"] ?? {}).map(([key, values]) => [
    `Impersonate-Extra-${encodeURIComponent(key)}`,
    values,
  ]);
  return {
    ...(user.as && { "Impersonate-User": user.as }),
    ...(user["as-uid"] && { "Impersonate-Uid": user["as-uid"] }),
    ...(user["as-groups"]?.length && { "Impersonate-Group": user["as-groups"] }),
    ...Object.fromEntries(extra),
  };
}

/** Only kubectl itself may renew an id-token: the token that renews it is often good for once. */
function unexpired(idToken: unknown): string {
  const [, claims = ""] = String(idToken ?? "").split(".");
  const until = mappingOf(Buffer.from(claims, "base64url").toString("utf8"))?.exp;
  if (typeof idToken !== "string" || typeof until !== "number" || until * 1000 < Date.now()) {
    throw new UnsupportedError(
      "the id-token of the kubeconfig has expired, and only kubectl and the provider can renew it",
    );
  }
  return idToken;
}

export function bearer(token: string): Credentials {
  return { authorization: `Bearer ${token}` };
}

/** What every pod gets, for a program that runs in one. */
function accessInPod(env: NodeJS.ProcessEnv): Access {
  const folder = "/var/run/secrets/kubernetes.io/serviceaccount";
  const token = path.join(folder, "token");
  if (!fs.existsSync(token)) {
    throw new NoAccess("there is no kubeconfig, and no service account in this pod");
  }
  const host = env.KUBERNETES_SERVICE_HOST ?? "";
  return {
    server: `https://${host.includes(":") ? `[${host}]` : host}:${env.KUBERNETES_SERVICE_PORT ?? 443}`,
    context: "of this pod",
    ca: fs.readFileSync(path.join(folder, "ca.crt")),
    skipVerify: false,
    credentials: async () => bearer(fs.readFileSync(token, "utf8").trim()),
  };
}
