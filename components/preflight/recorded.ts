/** What the stack's state says of the cluster: nothing but the engine knows it. */
import * as pulumi from "@pulumi/pulumi";
import { valueAt } from "../../shared/mappings";

/** A release as the stack's last update left it. */
export interface RecordedRelease {
  namespace: string;
  name: string;
  /** Number of the revision, and what Helm said of it. */
  revision: number;
  status: string;
  values: unknown;
  chartVersion: string;
}

export interface Recorded {
  releases: RecordedRelease[];
  namespaces: string[];
  configMaps: { namespace: string; name: string }[];
}

interface Resource {
  type?: string;
  outputs?: Record<string, unknown>;
}

/** Undefined: the state cannot be read, or is of another cluster, which the stack is about to leave. */
export async function readRecorded(): Promise<Recorded | undefined> {
  const resources = await resourcesOf(
    `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`,
    // As backends without organisations know it.
    pulumi.getStack(),
  );
  return resources === undefined || leavesCluster(resources) ? undefined : recordedIn(resources);
}

async function resourcesOf(...names: string[]): Promise<Resource[] | undefined> {
  for (const stackName of names) {
    try {
      const answer = (await pulumi.runtime.invoke("pulumi:pulumi:readStackResourceOutputs", {
        stackName,
      })) as { outputs?: Record<string, Resource> };
      return Object.values(answer.outputs ?? {});
    } catch (error) {
      void pulumi.log.debug(`the state of ${stackName} cannot be read: ${error}`);
    }
  }
  return undefined;
}

const access = ["context", "cluster", "kubeconfig"];

/** Whether the provider is told of another cluster than in the last update. */
function leavesCluster(resources: readonly Resource[]): boolean {
  const config = pulumi.runtime.allConfig();
  return resources
    .filter(({ type }) => type === "pulumi:providers:kubernetes")
    .some(({ outputs = {} }) =>
      access.some((key) => (outputs[key] ?? "") !== (config[`kubernetes:${key}`] ?? "")),
    );
}

export function recordedIn(resources: readonly Resource[]): Recorded {
  const of = (wanted: string) =>
    resources.filter(({ type }) => type === wanted).map(({ outputs = {} }) => outputs);
  const place = (outputs: unknown) => ({
    namespace: String(valueAt(outputs, ["metadata", "namespace"])),
    name: String(valueAt(outputs, ["metadata", "name"])),
  });
  return {
    releases: of("kubernetes:helm.sh/v3:Release").map((outputs) => ({
      namespace: String(outputs.namespace),
      name: String(outputs.name),
      revision: Number(valueAt(outputs, ["status", "revision"])),
      status: String(valueAt(outputs, ["status", "status"])),
      values: outputs.values,
      chartVersion: String(valueAt(outputs, ["status", "version"])),
    })),
    namespaces: of("kubernetes:core/v1:Namespace").map((outputs) => place(outputs).name),
    configMaps: of("kubernetes:core/v1:ConfigMap").map(place),
  };
}
