/** What a stack has deployed, by its state, and by which way it reached the cluster. */
import type { ProviderConfig } from "../components/cluster/kubeconfig";
import { type Recorded, recordedIn } from "../components/preflight/recorded";
import { isMapping, type Values, valueAt } from "../shared/mappings";
import type { KubernetesObject } from "./compare";

/** A resource of `pulumi stack export`. */
export interface StateResource {
  urn: string;
  type: string;
  provider?: string;
  inputs?: Values;
  outputs?: Values;
  /** Replaced already, and about to be deleted. */
  delete?: boolean;
  /** Read, but not made by this stack. */
  external?: boolean;
}

/** What is reached by one provider. */
export interface Deployed {
  access: ProviderConfig;
  /** The provider's kubeconfig is a secret, which the state does not show. */
  hasSecretKubeconfig: boolean;
  recorded: Recorded;
  /** `namespace/name` of releases with secrets among their values. */
  withSecrets: ReadonlySet<string>;
  /** Objects that Pulumi keeps itself. */
  objects: KubernetesObject[];
}

const RELEASE_TYPE = "kubernetes:helm.sh/v3:Release";
/** By this key Pulumi marks what is encrypted. */
const SECRET_MARK = "4dabf18193072939515e22adb298388d";

export function deployedIn(exported: unknown): Deployed[] {
  const list = valueAt(exported, ["deployment", "resources"]);
  const resources = (Array.isArray(list) ? (list as StateResource[]) : []).filter(
    ({ delete: isGoing, external }) => !isGoing && !external,
  );
  const ofKubernetes = resources.filter(
    ({ type, provider }) => provider !== undefined && type.startsWith("kubernetes:"),
  );
  const groups = new Map<string, { provider: Values; own: StateResource[] }>();
  for (const resource of ofKubernetes) {
    const urn = resource.provider?.split("::").slice(0, -1).join("::");
    const inputs = resources.find((one) => one.urn === urn)?.inputs ?? {};
    const provider = {
      context: inputs.context,
      cluster: inputs.cluster,
      kubeconfig: inputs.kubeconfig,
    };
    const key = JSON.stringify(provider);
    const group = groups.get(key) ?? { provider, own: [] };
    groups.set(key, { ...group, own: [...group.own, resource] });
  }
  return [...groups.values()].map(({ provider, own }) => deployedBy(provider, own));
}

function deployedBy(provider: Values, own: readonly StateResource[]): Deployed {
  const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);
  const releases = own.filter(({ type }) => type === RELEASE_TYPE);
  return {
    access: {
      context: text(provider.context),
      cluster: text(provider.cluster),
      kubeconfig: text(provider.kubeconfig),
    },
    hasSecretKubeconfig: isSecret(provider.kubeconfig),
    recorded: recordedIn(own),
    withSecrets: new Set(
      releases
        .filter(({ inputs }) => hasSecret(inputs?.values))
        .map(({ outputs }) => `${outputs?.namespace}/${outputs?.name}`),
    ),
    objects: own
      .filter(({ type }) => /^kubernetes:core\/v1:(ConfigMap|Namespace)$/.test(type))
      .map(objectOf),
  };
}

/** As it was given to Pulumi; where that said no name, Pulumi made one. */
function objectOf({ inputs = {}, outputs = {} }: StateResource): KubernetesObject {
  const known = Object.entries(inputs).filter(
    ([key, value]) => !key.startsWith("__") && !hasSecret(value),
  );
  const metadata = isMapping(inputs.metadata) && !hasSecret(inputs.metadata) ? inputs.metadata : {};
  const place = {
    name: valueAt(outputs, ["metadata", "name"]),
    namespace: valueAt(outputs, ["metadata", "namespace"]),
  };
  return {
    ...Object.fromEntries(known),
    metadata: { ...metadata, ...place },
  } as unknown as KubernetesObject;
}

function isSecret(value: unknown): boolean {
  return isMapping(value) && SECRET_MARK in value;
}

function hasSecret(value: unknown): boolean {
  return (
    isSecret(value) ||
    (typeof value === "object" && value !== null && Object.values(value).some(hasSecret))
  );
}
