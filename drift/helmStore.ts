/** What Helm stored for a release: the objects that it last deployed. */
import { parseAllDocuments } from "yaml";
import type { ReleaseName } from "../components/preflight/releases";
import { isMapping } from "../shared/mappings";
import type { KubernetesObject } from "./compare";

/** The objects of a release's manifest, as Helm sends them to the cluster. */
export function readManifest(
  manifest: string,
  { namespace, name }: ReleaseName,
): KubernetesObject[] {
  return parseAllDocuments(manifest)
    .map((document): unknown => document.toJS())
    .filter(isKubernetesObject)
    .flatMap((object) => itemsOf(object))
    .map((object) => withoutStringData(owned(object, { namespace, name })));
}

function isKubernetesObject(value: unknown): value is KubernetesObject {
  return isMapping(value) && typeof value.kind === "string" && typeof value.apiVersion === "string";
}

function itemsOf(object: KubernetesObject): KubernetesObject[] {
  return object.kind === "List" && Array.isArray(object.items)
    ? object.items.filter(isKubernetesObject)
    : [object];
}

/** Helm adds these itself, without noting it in the manifest. */
function owned(object: KubernetesObject, { namespace, name }: ReleaseName): KubernetesObject {
  const { metadata } = object;
  return {
    ...object,
    metadata: {
      ...metadata,
      labels: { ...metadata.labels, "app.kubernetes.io/managed-by": "Helm" },
      annotations: {
        ...metadata.annotations,
        "meta.helm.sh/release-name": name,
        "meta.helm.sh/release-namespace": namespace,
      },
    },
  };
}

/** A Secret's texts are kept in base64; what was sent as text never comes back so. */
function withoutStringData(object: KubernetesObject): KubernetesObject {
  const { stringData, ...rest } = object;
  if (object.kind !== "Secret" || !isMapping(stringData)) {
    return object;
  }
  const encoded = Object.entries(stringData).map(([key, text]) => [
    key,
    Buffer.from(String(text)).toString("base64"),
  ]);
  const data = isMapping(object.data) ? object.data : {};
  return { ...(rest as KubernetesObject), data: { ...data, ...Object.fromEntries(encoded) } };
}

const scalers: Readonly<Record<string, readonly string[]>> = {
  HorizontalPodAutoscaler: ["autoscaling"],
  ScaledObject: ["keda.sh"],
};

/** Whether one of these objects is an autoscaler of that one. */
export function hasScaler(
  { kind, metadata }: KubernetesObject,
  objects: readonly KubernetesObject[],
): boolean {
  return objects.some((scaler) => {
    const group = scaler.apiVersion.split("/")[0] ?? "";
    const spec = isMapping(scaler.spec) ? scaler.spec : {};
    const target = isMapping(spec.scaleTargetRef) ? spec.scaleTargetRef : {};
    return (
      scalers[scaler.kind]?.includes(group) === true &&
      // KEDA's own default.
      (target.kind ?? "Deployment") === kind &&
      target.name === metadata.name
    );
  });
}
