/** Whether a Deployment has served one image for a while without a fault. */
import { inWords } from "./duration";

/** What the cluster says, as far as it matters here. */
export interface Deployment {
  metadata: { name: string; generation: number };
  spec: {
    replicas?: number;
    template: { spec: PodSpec };
    selector: { matchLabels: Record<string, string> };
  };
  status: {
    observedGeneration?: number;
    replicas?: number;
    updatedReplicas?: number;
    readyReplicas?: number;
  };
}

interface PodSpec {
  containers: Container[];
  initContainers?: Container[];
}

interface Container {
  name: string;
  image: string;
  ports?: { name?: string; containerPort: number }[];
}

export interface Pod {
  metadata: { name: string; creationTimestamp: string; deletionTimestamp?: string };
  spec: PodSpec;
  status: {
    conditions?: { type: string; status: string; lastTransitionTime: string }[];
    containerStatuses?: {
      name: string;
      restartCount: number;
      lastState?: { terminated?: { reason?: string; exitCode: number; finishedAt?: string } };
    }[];
  };
}

export interface Expected {
  /** Digests by container of the pod. */
  images: Readonly<Record<string, string>>;
  /** Milliseconds it must have been so. */
  soak: number;
  now: number;
}

/** Pods that are not about to end. */
export function livingPods(pods: readonly Pod[]): Pod[] {
  return pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
}

/** All that speaks against it. */
export function podProblems(
  deployment: Deployment,
  all: readonly Pod[],
  expected: Expected,
): string[] {
  const pods = livingPods(all);
  return [
    ...rolloutProblems(deployment),
    ...imageProblems(deployment.metadata.name, deployment.spec.template.spec, expected),
    ...pods.flatMap(({ metadata, spec }) => imageProblems(metadata.name, spec, expected)),
    ...pods.flatMap(restarts),
    ...soakProblems(pods, expected),
  ];
}

function rolloutProblems({ metadata, spec, status }: Deployment): string[] {
  const wanted = spec.replicas ?? 1;
  if (wanted === 0) {
    return [`${metadata.name} has no pods: replicas is 0, so nothing was served`];
  }
  const { observedGeneration = 0, replicas = 0, updatedReplicas = 0, readyReplicas = 0 } = status;
  if (
    observedGeneration < metadata.generation ||
    updatedReplicas < wanted ||
    replicas > updatedReplicas
  ) {
    return [
      `${metadata.name} is being rolled out: ${updatedReplicas} of ${wanted} pods are new, ${replicas} there`,
    ];
  }
  return readyReplicas < wanted
    ? [`only ${readyReplicas} of ${wanted} pods of ${metadata.name} are ready`]
    : [];
}

function imageProblems(owner: string, spec: PodSpec, { images }: Expected): string[] {
  const containers = [...(spec.initContainers ?? []), ...spec.containers];
  return Object.entries(images).flatMap(([name, digest]) => {
    const image = containers.find((container) => container.name === name)?.image;
    const found = image === undefined ? "has no such container" : `runs ${image}`;
    return image?.endsWith(`@${digest}`)
      ? []
      : [`${owner}: container ${name} ${found}, expected @${digest}`];
  });
}

function restarts({ metadata, status }: Pod): string[] {
  return (status.containerStatuses ?? [])
    .filter(({ restartCount }) => restartCount > 0)
    .map(({ name, restartCount, lastState }) => {
      const { reason, exitCode, finishedAt } = lastState?.terminated ?? {};
      const last =
        finishedAt === undefined
          ? ""
          : `, last at ${finishedAt} (${reason}, exit code ${exitCode})`;
      return `${metadata.name}: container ${name} was restarted ${restartCount} times${last}`;
    });
}

/**
 * The pod that is ready longest proves the time. A younger one may have come by scaling, but one that
 * is old enough and not ready for as long was not ready in between.
 */
function soakProblems(pods: readonly Pod[], { soak, now }: Expected): string[] {
  const times = pods.map((pod) => ({
    name: pod.metadata.name,
    age: now - Date.parse(pod.metadata.creationTimestamp),
    ready: readyFor(pod, now),
  }));
  const readySeconds = Math.max(0, ...times.map(({ ready }) => ready));
  if (readySeconds < soak) {
    return [
      `the pods are ready for ${inWords(readySeconds)} only, ${inWords(soak)} are asked for (--soak)`,
    ];
  }
  return times
    .filter(({ age, ready }) => age > soak + START_ALLOWANCE && ready < soak)
    .map(({ name, ready }) => `${name} was not ready until ${inWords(ready)} ago`);
}

// A pod may take this long from its creation to its first readiness.
const START_ALLOWANCE = 10 * 60_000;

/** Milliseconds for which a pod has been ready. */
export function readyFor({ status }: Pod, now: number): number {
  const ready = status.conditions?.find(({ type }) => type === "Ready");
  return ready?.status === "True" ? Math.max(0, now - Date.parse(ready.lastTransitionTime)) : 0;
}
