/** What is wrong with a pod, read from its status: certain, short, and the same for pods of one kind. */
import { redactSecrets } from "../../shared/redactSecrets";
import type { ContainerStatus, Event, Pod, ReplicaSet, Terminated } from "./objects";
import { lastWords } from "./terminationMessage";

export interface PodProblem {
  /** What distinguishes it: pods of one ReplicaSet have the same problem, which is told once. */
  key: string;
  message: string;
  /** It may pass by itself, so it is told only when it has lasted. */
  mayPass?: boolean;
  /** What the pod's events say would explain it further. */
  asksEvents?: boolean;
}

const imageReasons = new Set([
  "ErrImagePull",
  "ImagePullBackOff",
  "InvalidImageName",
  "ErrImageNeverPull",
  "ImageInspectError",
  "RegistryUnavailable",
]);
const startReasons = new Set([
  "CreateContainerConfigError",
  "CreateContainerError",
  "RunContainerError",
  "PreCreateHookError",
  "PostStartHookError",
]);

/** What the status alone tells. */
export function problemsOfPod(pod: Pod): PodProblem[] {
  if (isLeaving(pod)) {
    return [];
  }
  const { status = {} } = pod;
  const name = nameOf(pod);
  if (status.phase === "Failed" && status.reason) {
    const message = redactSecrets(status.message ?? "");
    return [{ key: status.reason, message: `pod ${name} failed: ${status.reason}. ${message}` }];
  }
  const unschedulable = status.conditions?.find(
    ({ type, status, reason }) =>
      type === "PodScheduled" && status === "False" && reason === "Unschedulable",
  );
  if (unschedulable !== undefined) {
    // What follows the first sentence is of preemption, and of no use to the reader.
    const [why = ""] = (unschedulable.message ?? "Unschedulable").split(". ", 1);
    const message = `no node takes pod ${name}: ${redactSecrets(why)}`;
    return [{ key: "Unschedulable", message, mayPass: true }];
  }
  return [
    ...(status.initContainerStatuses ?? []).flatMap((one) => problemsOfContainer(pod, one)),
    ...(status.containerStatuses ?? []).flatMap((one) => problemsOfContainer(pod, one)),
  ];
}

function problemsOfContainer(pod: Pod, status: ContainerStatus): PodProblem[] {
  const { name = "", state = {}, lastState = {} } = status;
  const where = `container ${name} of pod ${nameOf(pod)}`;
  const reason = state.waiting?.reason ?? "";
  if (imageReasons.has(reason)) {
    const image = imageOf(pod, status);
    const why = withoutImagePrefix(state.waiting?.message ?? reason, image);
    const message = `${where}: the image ${image} cannot be pulled: ${why}`;
    return [{ key: `${name} image`, message }];
  }
  if (startReasons.has(reason)) {
    const why = redactSecrets(state.waiting?.message ?? "");
    return [{ key: `${name} ${reason}`, message: `${where} cannot be started: ${why || reason}` }];
  }
  const ended = state.terminated ?? lastState.terminated;
  // An init container that ended well has done its work; a server that did so is gone.
  const isInit = pod.status?.initContainerStatuses?.includes(status) === true;
  if (ended === undefined || (isInit && ended.exitCode === 0)) {
    return [];
  }
  return [problemOfEnd(pod, name, where, ended)];
}

function problemOfEnd(pod: Pod, name: string, where: string, ended: Terminated): PodProblem {
  const words = lastWords(ended.message);
  if (ended.reason === "OOMKilled") {
    const limit = containerOf(pod, name)?.resources?.limits?.memory;
    const message = `${where} needed more memory than its limit${limit ? ` of ${limit}` : ""} and was killed`;
    return { key: `${name} OOMKilled`, message };
  }
  const code = ended.exitCode ?? 0;
  // 137 and 143: killed from outside, by the kubelet for instance, whose events say why.
  const byKubelet = code === 137 || code === 143;
  const output = words.length === 0 ? " and said nothing" : `:\n  ${words.join("\n  ")}`;
  return {
    key: `${name} ended ${code} ${words.join("\n").replaceAll(nameOf(pod), "")}`,
    message: byKubelet
      ? `${where} was killed (exit code ${code})`
      : `${where} ended with exit code ${code}${output}`,
    asksEvents: byKubelet,
  };
}

/** A pod that is simply not ready, for when the time is nearly up. */
export function stillNotReady(pod: Pod): string | undefined {
  const statuses = pod.status?.containerStatuses ?? [];
  const isReady = statuses.length > 0 && statuses.every(({ ready }) => ready);
  if (isReady || isLeaving(pod)) {
    return undefined;
  }
  const waiting = [...(pod.status?.initContainerStatuses ?? []), ...statuses]
    .filter(({ ready, state }) => !ready && state?.terminated === undefined)
    .map(({ name, state }) => `container ${name} ${state?.running ? "runs" : "waits"}`);
  return `pod ${nameOf(pod)} is not ready${waiting[0] ? `: ${waiting[0]}` : ""}`;
}

/** Events that tell why a pod does not get on, the worst first. */
const telling = [
  "FailedMount",
  "FailedAttachVolume",
  "FailedCreatePodSandBox",
  "FailedPostStartHook",
  "Unhealthy",
];

/** The last of the events that tell something; undefined if none does. */
export function latestProblem(events: readonly Event[]): string | undefined {
  for (const reason of telling) {
    const event = events
      .filter((one) => one.type === "Warning" && one.reason === reason)
      .sort((a, b) => timeOf(a).localeCompare(timeOf(b)))
      .at(-1);
    if (event?.message) {
      return explained(redactSecrets(event.message.trim()));
    }
  }
  return undefined;
}

/** A refused connection in words that tell what to look for. */
function explained(message: string): string {
  const [, port] = /dial tcp \S+:(\d+): connect: connection refused/.exec(message) ?? [];
  return port === undefined
    ? message
    : `${message}; nothing listens on port ${port} of the pod, or only on its 127.0.0.1: a server must listen on 0.0.0.0`;
}

function timeOf(event: Event): string {
  return event.lastTimestamp ?? event.eventTime ?? event.metadata?.creationTimestamp ?? "";
}

/** Pods the namespace does not admit: quotas, policies, limits. */
export function problemsOfReplicaSet(replicaSet: ReplicaSet): PodProblem[] {
  return (replicaSet.status?.conditions ?? [])
    .filter(({ type, status }) => type === "ReplicaFailure" && status === "True")
    .map(({ message = "" }) => {
      const why = redactSecrets(message).replace(/^pods "[^"]*" is /, "");
      return {
        key: "ReplicaFailure",
        message: `no pod can be made for ${replicaSet.metadata?.name}: ${why}`,
      };
    });
}

/** It ends because somebody wants it to, an update for instance. */
function isLeaving(pod: Pod): boolean {
  return pod.metadata?.deletionTimestamp !== undefined;
}

function nameOf(pod: Pod): string {
  return pod.metadata?.name ?? "";
}

function containerOf({ spec }: Pod, name: string) {
  return [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].find(
    (one) => one.name === name,
  );
}

function imageOf(pod: Pod, status: ContainerStatus): string {
  return containerOf(pod, status.name ?? "")?.image ?? status.image ?? "";
}

/** Just the reason: who passed the message on, and that it will be tried again, is not. */
function withoutImagePrefix(message: string, image: string): string {
  return (
    redactSecrets(message)
      .replace(/^Back-off pulling image "[^"]*"(: \w+: )?/, "")
      .replace(/^rpc error: code = \w+ desc = /, "")
      .replace(/^failed to pull and unpack image "[^"]*": /, "")
      // containerd 1, then containerd 2.
      .replace(/^failed to resolve reference "[^"]*": /, "")
      .replace(/^failed to resolve image: /, "")
      .replace(`${image}: `, "")
  );
}
