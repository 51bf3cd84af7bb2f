/** What the stack's state names and the cluster does not have, or has otherwise. */
import { isDeepStrictEqual } from "node:util";
import { gunzipSync } from "node:zlib";
import { isMapping, valueAt } from "../../shared/mappings";
import type { Finding } from "./finding";
import type { RecordedRelease } from "./recorded";
import { isHeld, type ReleaseName, type Revision } from "./releases";

/** What Helm stored of a revision. */
export interface Content {
  values: unknown;
  manifest: string;
  chartVersion: string;
}

/** Reads what Helm keeps in a Secret: JSON, compressed, in base64, and Kubernetes' own base64 around. */
export function contentOf(release: string): Content | undefined {
  try {
    const stored = Buffer.from(Buffer.from(release, "base64").toString("latin1"), "base64");
    const isCompressed = stored[0] === 0x1f && stored[1] === 0x8b;
    const content: unknown = JSON.parse((isCompressed ? gunzipSync(stored) : stored).toString());
    return {
      values: valueAt(content, ["config"]) ?? {},
      manifest: String(valueAt(content, ["manifest"])),
      chartVersion: String(valueAt(content, ["chart", "metadata", "version"])),
    };
  } catch {
    return undefined;
  }
}

const [refresh, update] = ["pulumi refresh --yes", "pulumi up"];

/** Of everything that is gone at once: mostly a namespace or a cluster went with all of it. */
export function findingOfGone(gone: readonly string[], cluster: string): Finding | undefined {
  if (gone.length === 0) {
    return undefined;
  }
  const some = gone.slice(0, 5).join(", ");
  const more = gone.length > 5 ? ` and ${gone.length - 5} more` : "";
  return {
    message: `this stack's state names what the cluster ${cluster} does not have: ${some}${more}. It was removed by hand, or this is another cluster than before. Pulumi would take it for unchanged, and fail to update or delete it. If the cluster is the right one, this has Pulumi look, and then make anew what is missing:`,
    commands: [refresh, update],
  };
}

/** A release that was removed, but for its history. */
export function findingOfUninstalled({ namespace, name }: ReleaseName): Finding {
  return {
    message: `the release ${name} in the namespace ${namespace}, which this stack's state names, was uninstalled and its history kept. Pulumi would take it for unchanged, or fail to update it. This removes the history, has Pulumi look, and makes the release anew:`,
    commands: [`helm uninstall --namespace ${namespace} ${name}`, refresh, update],
  };
}

/** What Helm has of a release, in the order of the revisions; what is stored is read only if need be. */
export interface Deployed {
  revisions: readonly Revision[];
  read: (revision: Revision) => Promise<Content | undefined>;
}

/** A release that somebody else than this stack has changed, by `helm rollback` for instance. */
export async function checkChanges(
  known: RecordedRelease,
  { revisions, read }: Deployed,
): Promise<Finding | undefined> {
  const ordered = [...revisions].sort((a, b) => a.number - b.number);
  const last = ordered.at(-1);
  // After an update that failed Pulumi tries again by itself, whatever it was rolled back to.
  if (last === undefined || isHeld(last) || known.status !== "deployed") {
    return undefined;
  }
  if (last.number === known.revision) {
    return undefined;
  }
  const own = ordered.find(({ number }) => number === known.revision);
  const [now, then] = await Promise.all([read(last), own && read(own)]);
  if (now === undefined || isSame(now, then ?? known)) {
    return undefined;
  }
  const { namespace, name } = known;
  const isSeen = differsVisibly(known.values, now.values);
  const remedy = isSeen
    ? "This has Pulumi look, and then bring about what the configuration says (to keep what runs, put the configuration back first: make rollback):"
    : own === undefined
      ? "Pulumi cannot see the difference by itself. Another number of kept revisions makes it deploy what the configuration says:"
      : `Pulumi cannot see the difference by itself. This goes back to revision ${known.revision}:`;
  const commands = isSeen
    ? [refresh, update]
    : own === undefined
      ? [`pulumi config set --path models.${name}.release.maxHistory 11`, update]
      : [`helm rollback --namespace ${namespace} ${name} ${known.revision}`];
  return {
    message: `the release ${name} in the namespace ${namespace} is at revision ${last.number}; this stack made revision ${known.revision}, and somebody else has changed it since (helm rollback, helm upgrade). Unless its configuration changes, an update leaves it so, with outputs that name what does not run. ${remedy}`,
    commands,
    isWarning: true,
  };
}

function isSame(now: Content, then: Content | RecordedRelease): boolean {
  return (
    isDeepStrictEqual(now.values, then.values) &&
    now.chartVersion === then.chartVersion &&
    (!("manifest" in then) || now.manifest === then.manifest)
  );
}

/** A refresh takes over what has another value than in the state, but neither what is new nor gone nor empty. */
function differsVisibly(before: unknown, now: unknown): boolean {
  if (isMapping(before) && isMapping(now)) {
    return Object.entries(before).some(([key, value]) => differsVisibly(value, now[key]));
  }
  return now !== undefined && now !== null && !isEmpty(now) && !isDeepStrictEqual(before, now);
}

function isEmpty(value: unknown): boolean {
  return (
    value === 0 ||
    value === "" ||
    value === false ||
    (Array.isArray(value) && value.length === 0) ||
    (isMapping(value) && Object.keys(value).length === 0)
  );
}
