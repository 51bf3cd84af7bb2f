/** Who wrote which field of an object last: the API server keeps account of it in `managedFields`. */
import { isDeepStrictEqual } from "node:util";
import type { ManagedFieldsEntry, Metadata } from "../components/cluster/objects";
import { isMapping } from "../shared/mappings";
import type { FieldPath } from "./fieldPaths";

export interface Writer {
  /** Name of the program: `kubectl-edit`, `helm`. */
  manager: string;
  time?: string;
  /** `scale`, `status`. */
  subresource?: string;
}

/** A field, and who wrote it. */
export interface Ownership {
  path: FieldPath;
  writer: Writer;
}

/** Of whom nobody keeps account. */
export const UNKNOWN = "";

export type Role = "deployer" | "controller" | "person";

/** Pulumi and its provider, Helm, and whoever wrote what was there before anybody kept account. */
const DEPLOYER = /^(helm|pulumi|before-first-apply$)/i;
const CONTROLLER =
  /^kube-(?!ctl)|(^|[-_.])(controller|manager|operator|scheduler|autoscaler|scaler|keda|webhook|admission|provisioner)s?([-_.]|$)/i;
const TOOL = /^kubectl|^(oc|k9s|lens|mozilla|node-fetch|dashboard|curl|headlamp|freelens)\b/i;

export function roleOf({ manager, subresource }: Writer, path: FieldPath): Role {
  if (DEPLOYER.test(manager)) {
    return "deployer";
  }
  if (manager === UNKNOWN || TOOL.test(manager)) {
    return "person";
  }
  if (subresource !== undefined || CONTROLLER.test(manager)) {
    return "controller";
  }
  // Controllers of any name leave notes in labels and annotations, but hardly ever write a specification.
  return path[0] === "metadata" ? "controller" : "person";
}

/**
 * All that is known of an object's fields. Of one that was applied with nothing but a name (as Pulumi does a
 * Namespace) the API server keeps no account, then or later; its labels count as a person's.
 */
export function ownershipsOf(object: { metadata?: Metadata }): Ownership[] {
  const { managedFields, labels = {} } = object.metadata ?? {};
  if (managedFields === undefined) {
    return Object.keys(labels).map((label) => ({
      path: ["metadata", "labels", label],
      writer: { manager: UNKNOWN },
    }));
  }
  return managedFields.flatMap(
    ({ manager = "", time, subresource, fieldsV1 }: ManagedFieldsEntry) =>
      leavesOf(fieldsV1, object, []).map((path) => ({
        path,
        writer: { manager, time, subresource: subresource || undefined },
      })),
  );
}

/** Those who wrote a field, what is in it, or what it is in. */
export function writersOf(path: FieldPath, ownerships: readonly Ownership[]): Ownership[] {
  return ownerships.filter((one) =>
    one.path.slice(0, path.length).every((key, index) => key === path[index]),
  );
}

/** The places that a set of fields names: `f:` a key, `k:` an item by its keys, `v:` one by itself. */
function leavesOf(fields: unknown, value: unknown, path: FieldPath): FieldPath[] {
  if (!isMapping(fields)) {
    return [];
  }
  const further = Object.entries(fields).filter(([key]) => key !== ".");
  if (further.length === 0) {
    return path.length === 0 ? [] : [path];
  }
  return further.flatMap(([key, inner]) => {
    const step = stepOf(key, value);
    return step === undefined ? [] : leavesOf(inner, childOf(value, step), [...path, step]);
  });
}

function stepOf(key: string, value: unknown): string | number | undefined {
  const [kind, rest] = [key.slice(0, 2), key.slice(2)];
  if (kind === "f:") {
    return rest;
  }
  if (!Array.isArray(value)) {
    return undefined;
  }
  if (kind === "i:") {
    return Number(rest);
  }
  const wanted: unknown = JSON.parse(rest);
  const index = value.findIndex((item) =>
    kind === "k:" && isMapping(wanted)
      ? Object.entries(wanted).every(([name, one]) => isMapping(item) && item[name] === one)
      : isDeepStrictEqual(item, wanted),
  );
  return index < 0 ? undefined : index;
}

function childOf(value: unknown, step: string | number): unknown {
  if (Array.isArray(value)) {
    return value[Number(step)];
  }
  return isMapping(value) ? value[step] : undefined;
}
