/** What a stack serves, read from its own state: not from its config, which may have been edited since. */

import { type SourceKind, sourceKinds } from "../components/arguments/source";
import type { ProviderConfig } from "../components/cluster/kubeconfig";
import { defaultForm, type GoldenForm } from "../shared/golden";
import { valueAt } from "../shared/mappings";
import { redactSecrets } from "../shared/redactSecrets";

/** Everything that says which model runs, and by which program: what a promotion carries over. */
export interface ServedModel {
  name: string;
  version: string;
  sha256: string;
  source: SourceKind;
  image: { repository: string; tag: string; digest: string };
  /** The program that downloads the model, if one does. */
  fetcher?: { repository: string; tag: string; digest: string };
  /** Set if it is a server of somebody's own. */
  ownServer?: OwnServer;
  /** sha256 of the golden requests that are downloaded, if it is pinned. */
  goldenSha256?: string;
  release: string;
  namespace: string;
  ingressUrl?: string;
}

/** How a server of somebody's own is asked. */
export interface OwnServer extends GoldenForm {
  /** ConfigMap and key of its golden requests, if it has any. */
  golden?: { configMap: string; key: string };
}

/** What `pulumi stack export` writes, as far as it matters here. */
export interface ExportedStack {
  deployment?: {
    resources?: ExportedResource[];
    pending_operations?: { type: string; resource: { urn: string } }[];
  };
}

interface ExportedResource {
  urn: string;
  type: string;
  provider?: string;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
  initErrors?: string[];
}

/** The model as the stack's last update left it, and what is wrong with that. */
export function servedModel(
  stack: string,
  name: string,
  exported: ExportedStack,
): { served?: ServedModel; cluster: ProviderConfig; problems: string[] } {
  const { resources = [], pending_operations: pending = [] } = exported.deployment ?? {};
  const release = resources.find(({ urn }) =>
    urn.endsWith(`$kubernetes:helm.sh/v3:Release::${name}`),
  );
  if (release === undefined) {
    const deployed = namesOf(resources);
    const instead = deployed.length > 0 ? `; it serves ${deployed.join(", ")}` : "";
    const reason = `${stack} has never deployed ${name}${instead}. Deploy it there: pulumi up --stack ${stack}`;
    return { cluster: {}, problems: [reason] };
  }
  const problems = pending.map(
    ({ type, resource }) =>
      `${stack} has an operation pending: ${type} ${resource.urn.split("::").slice(2).join(" ")}. ` +
      `Finish it: pulumi up --stack ${stack}`,
  );
  for (const error of release.initErrors ?? []) {
    problems.push(`the release of ${name} in ${stack} is not complete: ${redactSecrets(error)}`);
  }
  const served = read(name, release, resources);
  return {
    served,
    cluster: accessOf(release, resources),
    problems: [...problems, ...missing(stack, served), ...differing(stack, served, resources)],
  };
}

/** How the stack's provider reached the cluster, as far as it is no secret. */
function accessOf(
  { provider = "" }: ExportedResource,
  resources: readonly ExportedResource[],
): ProviderConfig {
  const urn = provider.split("::").slice(0, -1).join("::");
  const inputs = resources.find((resource) => resource.urn === urn)?.inputs;
  const [context, kubeconfig] = [text(inputs?.context), text(inputs?.kubeconfig)];
  // Its content instead of its path is a provider's affair.
  const isPath = kubeconfig !== "" && !/[\n{]/.test(kubeconfig);
  return { ...(context !== "" && { context }), ...(isPath && { kubeconfig }) };
}

function namesOf(resources: readonly ExportedResource[]): string[] {
  return resources
    .filter(({ type }) => type === "kubernetes:helm.sh/v3:Release")
    .map(({ urn }) => urn.split("::").at(-1) ?? "");
}

function read(
  name: string,
  release: ExportedResource,
  resources: readonly ExportedResource[],
): ServedModel {
  const at = (...path: string[]) => text(valueAt(release.inputs, ["values", ...path]));
  const kind = sourceKinds.find((known) => known === at("model", "source")) ?? "image";
  const image = (...path: string[]) => ({
    repository: at(...path, "repository"),
    tag: at(...path, "tag"),
    digest: at(...path, "digest"),
  });
  return {
    name,
    version: at("model", "version"),
    sha256: at("model", "sha256"),
    source: kind,
    image: image("image"),
    ...(kind === "uri" && { fetcher: image("model", "uri", "image") }),
    ...(at("server", "kind") === "own" && { ownServer: ownServerOf(at) }),
    goldenSha256: at("model", "uri", "goldenSha256") || undefined,
    release: text(release.inputs?.name),
    namespace: text(release.inputs?.namespace),
    ingressUrl: text(valueAt(outputsOf(resources), [name, "ingressUrl"])) || undefined,
  };
}

function ownServerOf(at: (...path: string[]) => string): OwnServer {
  const named = at("golden", "configMap", "name");
  const beside = at("model", "configMap", "goldenKey");
  const golden =
    named !== ""
      ? { configMap: named, key: at("golden", "configMap", "key") || "golden.json" }
      : { configMap: at("model", "configMap", "name"), key: beside };
  return {
    path: at("golden", "path") || defaultForm.path,
    body: at("golden", "body") || defaultForm.body,
    answer: at("golden", "answer") || defaultForm.answer,
    ...(golden.configMap !== "" && golden.key !== "" && { golden }),
  };
}

function missing(
  stack: string,
  { name, sha256, image, fetcher, source, ownServer }: ServedModel,
): string[] {
  const problems: string[] = [];
  // What an own Dockerfile copies into its image goes with the image's digest.
  const isInOwnImage = ownServer !== undefined && source === "image" && sha256 === "";
  if (!isInOwnImage && !/^[0-9a-f]{64}$/.test(sha256)) {
    problems.push(
      `${stack} does not know the sha256 of ${name}, so nobody can tell which model it is. ` +
        `Set models.${name}.sha256 there and update it`,
    );
  }
  for (const [what, digest] of [
    ["image", image.digest],
    ["image of the download", fetcher?.digest],
  ] as const) {
    if (digest !== undefined && !/^sha256:[0-9a-f]{64}$/.test(digest)) {
      problems.push(
        `${stack} does not know the digest of the ${what} of ${name}. Update it: pulumi up --stack ${stack}`,
      );
    }
  }
  return problems;
}

/** An update that failed half-way leaves outputs that tell of another model than the release. */
function differing(
  stack: string,
  served: ServedModel,
  resources: readonly ExportedResource[],
): string[] {
  const output = (...path: string[]) => text(valueAt(outputsOf(resources), [served.name, ...path]));
  const pairs = [
    ["version", output("model", "version"), served.version],
    ["sha256", output("model", "sha256"), served.sha256],
    ["image", output("image").split("@")[1] ?? "", served.image.digest],
  ] as const;
  return pairs
    .filter(([, put, deployed]) => put !== deployed)
    .map(
      ([what, put, deployed]) =>
        `the outputs of ${stack} name the ${what} ${put || "of no model"}, its release ${deployed || "none"}. ` +
        `Update it: pulumi up --stack ${stack}`,
    );
}

function outputsOf(resources: readonly ExportedResource[]): unknown {
  return resources.find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs?.models;
}

/** What is secret is a mapping in the state, and what is missing is nothing: neither is a text. */
function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
