/** What the account of the kubeconfig must be allowed to do, by what the stack deploys. */
import { valueAt } from "../../shared/mappings";
import type { ModelDeploymentArgs } from "../arguments/modelDeployment";
import type { PlannedSource } from "../model/source";
import type { Finding } from "./finding";

/** Some verbs on one kind of object. */
export interface Permission {
  group: string;
  resource: string;
  verbs: readonly string[];
}

const keep = ["get", "create", "patch", "delete"];
/** What Pulumi itself keeps it also watches, until it is gone for instance. */
const keepAndWatch = [...keep, "list", "watch"];

const always: readonly Permission[] = [
  // Helm keeps its releases there.
  { group: "", resource: "secrets", verbs: ["get", "list", "create", "update", "delete"] },
  { group: "", resource: "services", verbs: keep },
  { group: "apps", resource: "deployments", verbs: keep },
  // How Helm tells when a Deployment is ready.
  { group: "apps", resource: "replicasets", verbs: ["list"] },
];

/** Chart values that bring an object when they are true. */
const byValue: Readonly<Record<string, readonly [group: string, resource: string]>> = {
  "autoscaling.enabled": ["autoscaling", "horizontalpodautoscalers"],
  "dashboard.enabled": ["", "configmaps"],
  "httpRoute.enabled": ["gateway.networking.k8s.io", "httproutes"],
  "grpcRoute.enabled": ["gateway.networking.k8s.io", "grpcroutes"],
  "keda.enabled": ["keda.sh", "scaledobjects"],
  "networkPolicy.enabled": ["networking.k8s.io", "networkpolicies"],
  "podDisruptionBudget.enabled": ["policy", "poddisruptionbudgets"],
  "podMonitor.enabled": ["monitoring.coreos.com", "podmonitors"],
  "prometheusRule.enabled": ["monitoring.coreos.com", "prometheusrules"],
  "serviceAccount.create": ["", "serviceaccounts"],
  "serviceMonitor.enabled": ["monitoring.coreos.com", "servicemonitors"],
};

/** The rights that the release of a model, and what comes with it, needs in its namespace. */
export function permissionsOf(
  source: PlannedSource,
  { ingress, values }: Pick<ModelDeploymentArgs, "ingress" | "values">,
): Permission[] {
  const further = Object.entries(byValue)
    .filter(([path]) => valueAt(values, path.split(".")) === true)
    .map(([, [group, resource]]) => ({ group, resource, verbs: keep }));
  return [
    ...always,
    ...permissionsOfSource(source),
    ...(ingress ? [{ group: "networking.k8s.io", resource: "ingresses", verbs: keep }] : []),
    ...further,
  ];
}

function permissionsOfSource(source: PlannedSource): Permission[] {
  switch (source.kind) {
    case "configMap":
      return [{ group: "", resource: "configmaps", verbs: keepAndWatch }];
    case "persistentVolumeClaim":
      return source.claim.create?.enabled
        ? [{ group: "", resource: "persistentvolumeclaims", verbs: keep }]
        : [];
    case "image":
    case "existingImage":
    case "uri":
      return [];
  }
}

/** Asks whether one thing is allowed; an empty namespace stands for the whole cluster. */
export type IsAllowed = (
  namespace: string,
  verb: string,
  group: string,
  resource: string,
) => Promise<boolean>;

/** The rights that are missing in a namespace. */
export async function findMissingPermissions(
  namespace: string,
  permissions: readonly Permission[],
  isAllowed: IsAllowed,
): Promise<Finding[]> {
  // One question instead of many for those who may do everything.
  if (await isAllowed(namespace, "*", "*", "*")) {
    return [];
  }
  const missing = await Promise.all(
    distinct(permissions).map(async ({ group, resource, verbs }) => {
      const answers = await Promise.all(
        verbs.map((verb) => isAllowed(namespace, verb, group, resource)),
      );
      const refused = verbs.filter((_, index) => !answers[index]);
      const kind = group === "" ? resource : `${resource}.${group}`;
      return refused.length === 0 ? [] : [`${refused.join(", ")} ${kind}`];
    }),
  );
  const all = missing.flat();
  if (all.length === 0) {
    return [];
  }
  return [findingOfMissing(namespace, all)];
}

/** @param rights verbs and kinds: `get, list secrets` */
export function findingOfMissing(namespace: string, rights: readonly string[]): Finding {
  const place = namespace === "" ? "in the cluster" : `in the namespace ${namespace}`;
  const message = `this account may not ${rights.join("; ")} ${place}: have somebody bind a role with these rights to it, or use another kube context`;
  return { message };
}

/** Each kind once, with all that is wanted of it. */
function distinct(permissions: readonly Permission[]): Permission[] {
  const kinds = new Map<string, Permission>();
  for (const { group, resource, verbs } of permissions) {
    const kind = `${resource}.${group}`;
    const all = new Set([...(kinds.get(kind)?.verbs ?? []), ...verbs]);
    kinds.set(kind, { group, resource, verbs: [...all] });
  }
  return [...kinds.values()];
}
