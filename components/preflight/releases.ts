/** Releases that Helm would refuse to touch: interrupted ones, and such as are not this stack's. */
import type { Metadata } from "../cluster/objects";
import type { Finding } from "./finding";

/** A revision of a release, read from the labels of the Secret in which Helm keeps it. */
export interface Revision {
  release: string;
  number: number;
  status: string;
  /** When Helm last wrote it. */
  modified?: Date;
}

export interface ReleaseName {
  namespace: string;
  name: string;
}

export function revisionOf({ labels = {}, creationTimestamp }: Metadata): Revision {
  const seconds = Number(labels.modifiedAt ?? labels.createdAt);
  const modified = seconds > 0 ? new Date(seconds * 1000) : undefined;
  return {
    release: labels.name ?? "",
    number: Number(labels.version),
    status: labels.status ?? "",
    modified: modified ?? (creationTimestamp ? new Date(creationTimestamp) : undefined),
  };
}

/** Pulumi remembers what it had begun to make, and warns of it until told that it is gone. */
const FORGET = "pulumi refresh --yes --clear-pending-creates";

/** What keeps Helm from updating a release; the revisions are of this release alone. */
export function findingOfRelease(
  { namespace, name }: ReleaseName,
  revisions: readonly Revision[],
  now = new Date(),
): Finding | undefined {
  const ordered = inOrder(revisions);
  const last = ordered.at(-1);
  if (last === undefined || !isHeld(last)) {
    return undefined;
  }
  const held = `the release ${name} in the namespace ${namespace} is ${last.status}${since(last.modified, now)}, so Helm would refuse to touch it. If another update is at work, wait for it. If none is, it was interrupted`;
  const good = ordered.filter(({ status }) => isServing(status)).at(-1);
  if (good === undefined || last.status === "uninstalling") {
    return {
      message: `${held}; this removes what there is of it:`,
      commands: [`helm uninstall --namespace ${namespace} ${name}`, FORGET],
    };
  }
  return {
    message: `${held}; this goes back to revision ${good.number}, the last one that was deployed:`,
    commands: [`helm rollback --namespace ${namespace} ${name} ${good.number}`],
  };
}

/** Helm has begun something with it and has not ended. */
export function isHeld({ status }: Revision): boolean {
  return status.startsWith("pending-") || status === "uninstalling";
}

/** Helm has removed it, and kept its history. */
export function isUninstalled(revisions: readonly Revision[]): boolean {
  return inOrder(revisions).at(-1)?.status === "uninstalled";
}

/** What keeps Helm from making a release that the stack's state does not have. */
export function findingOfNewRelease(
  { namespace, name }: ReleaseName,
  revisions: readonly Revision[],
  now = new Date(),
): Finding | undefined {
  const last = inOrder(revisions).at(-1);
  if (last === undefined || last.status === "uninstalled") {
    return undefined;
  }
  const message = `the namespace ${namespace} has a release ${name} (${last.status}${since(last.modified, now)}) that this stack does not know: somebody else's, or made by an update that was killed before it could note so. Name the model differently or choose another namespace; or, if nobody else needs the release, remove it together with its pods:`;
  return { message, commands: [`helm uninstall --namespace ${namespace} ${name}`, FORGET] };
}

function inOrder(revisions: readonly Revision[]): Revision[] {
  return [...revisions].sort((a, b) => a.number - b.number);
}

function isServing(status: string): boolean {
  return status === "deployed" || status === "superseded";
}

function since(moment: Date | undefined, now: Date): string {
  if (moment === undefined || Number.isNaN(moment.getTime())) {
    return "";
  }
  const seconds = Math.max(0, Math.round((now.getTime() - moment.getTime()) / 1000));
  const [amount, unit] =
    seconds < 120
      ? [seconds, "second"]
      : seconds < 7200
        ? [Math.round(seconds / 60), "minute"]
        : seconds < 172_800
          ? [Math.round(seconds / 3600), "hour"]
          : [Math.round(seconds / 86_400), "day"];
  return ` since ${amount} ${unit}${amount === 1 ? "" : "s"}`;
}
