/** What differs, for the terminal. */
import { textOf } from "../components/preflight/finding";
import { type Drift, type ObjectDrift, type OwnerDrift, SERVICE_PORTS } from "./findDrift";
import type { Writer } from "./managedFields";
import type { ShownField } from "./shownValues";

export function asText(stack: string, drift: Drift): string {
  const remedies = remediesOf(stack, drift);
  return [
    `Stack ${stack}: ${headline(drift)}`,
    drift.findings.length === 0 ? "" : `Releases:\n${textOf(drift.findings, stack)}`,
    ...drift.owners.map(ownerText),
    remedies.length === 0
      ? ""
      : [`${REMEDY}:`, ...remedies.map((command) => `  ${command}`)].join("\n"),
    drift.uncompared.length === 0 ? "" : `Not compared:\n${textOf(drift.uncompared, stack)}`,
  ]
    .filter((part) => part !== "")
    .join("\n\n")
    .concat("\n");
}

export const REMEDY =
  "These bring back what was stored (in a release Pulumi sees none of what differs). What somebody added to a " +
  "release stays until it is removed by hand";

/** Whether anything differs from what was deployed. */
export function hasDrift({ owners, findings }: Drift): boolean {
  return owners.length + findings.length > 0;
}

/** `drift in 2 of 12 releases, 74 objects compared` */
export function headline(drift: Drift): string {
  const { releases, objects, owners, findings, uncompared } = drift;
  const differing = owners.flatMap((owner) => owner.objects).length;
  return [
    differing > 0
      ? `drift in ${differing} ${differing === 1 ? "object" : "objects"}`
      : findings.length === 0 && (objects > 0 || uncompared.length === 0)
        ? "no drift"
        : "",
    findings.length === 0
      ? ""
      : `${findings.length} ${findings.length === 1 ? "finding" : "findings"} about releases`,
    `${objects} ${objects === 1 ? "object" : "objects"} of ${releases} ${releases === 1 ? "release" : "releases"} compared`,
    uncompared.length === 0 ? "" : "not everything could be compared",
  ]
    .filter((part) => part !== "")
    .join(", ");
}

/** `wine in models, as Helm stored it in revision 3` */
export function ownerTitle({ release, revision, namespace }: OwnerDrift): string {
  return release === undefined
    ? `What Pulumi itself keeps${namespace === "" ? "" : ` in ${namespace}`}`
    : `${release.name} in ${release.namespace}, against revision ${revision}`;
}

/** Lines for each object, and below it for each field. */
export function ownerText(owner: OwnerDrift): string {
  return [
    `${ownerTitle(owner)}:`,
    ...owner.objects.flatMap((object) => [
      `  ${object.object}${changeOf(object)}`,
      ...object.fields.map((field) => `    ${field.field}: ${valuesOf(field)}${writerOf(field)}`),
    ]),
  ].join("\n");
}

export function changeOf({ change }: ObjectDrift): string {
  return change === "gone"
    ? ": gone"
    : change === "extra"
      ? ": nobody stored it; it is marked as part of this release"
      : "";
}

/** `stored → live` */
export function valuesOf({ stored, live }: ShownField): string {
  return stored === live ? `${stored} → ${live} (they differ)` : `${stored} → ${live}`;
}

function writerOf({ writer }: ShownField): string {
  return writer === undefined ? "" : ` (${saidOf(writer)})`;
}

/** `kubectl scale, 2026-11-30 23:10 UTC` */
export function saidOf({ manager, subresource, time }: Writer): string {
  const moment = time === undefined ? "" : `, ${time.slice(0, 16).replace("T", " ")} UTC`;
  return `${KNOWN_WRITERS[manager] ?? manager}${subresource ? ` ${subresource}` : ""}${moment}`;
}

/** Managers that are named after the command which writes as them. */
const KNOWN_WRITERS: Readonly<Record<string, string>> = {
  "kubectl-annotate": "kubectl annotate",
  "kubectl-client-side-apply": "kubectl apply",
  "kubectl-edit": "kubectl edit",
  "kubectl-label": "kubectl label",
  "kubectl-patch": "kubectl patch",
  "kubectl-replace": "kubectl replace",
  "kubectl-rollout": "kubectl rollout restart",
  "kubectl-set": "kubectl set",
};

/** Commands that bring back what was stored. */
export function remediesOf(stack: string, { owners }: Drift): string[] {
  const ofReleases = owners.flatMap(({ release, revision, objects }) => {
    const patches = objects.flatMap(({ remedy }) => remedy ?? []);
    return release === undefined || !objects.some(needsRollback)
      ? patches
      : [...patches, `helm rollback --namespace ${release.namespace} ${release.name} ${revision}`];
  });
  const isPulumis = owners.some(({ release }) => release === undefined);
  const pulumi = [`pulumi refresh --yes --stack ${stack}`, `pulumi up --stack ${stack}`];
  return [...ofReleases, ...(isPulumis ? pulumi : [])];
}

function needsRollback({ change, remedy, fields }: ObjectDrift): boolean {
  return (
    change === "gone" ||
    (change === "changed" &&
      (remedy === undefined || !fields.every(({ field }) => SERVICE_PORTS.test(field))))
  );
}
