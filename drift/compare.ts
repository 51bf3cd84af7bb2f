/**
 * How an object differs from what was stored for it.
 *
 * The API server is asked, as a dry run, what a merge patch (RFC 7386) of the stored object would make of the
 * live one. That gives defaults, numbers and quantities in the server's own words, so what is compared is both
 * times what a server said. It replaces lists as a whole: a container, a variable or a port that somebody added
 * goes, and so shows. What somebody added to a mapping would stay; the patch takes it away, if the object's
 * `managedFields` say that a person wrote it and not a controller.
 *
 * A server-side apply would show less and fail more: it leaves all that somebody added, and of a port with
 * another number it makes two ports of one name, which the server refuses (so does `kubectl diff
 * --server-side`, whose text would have to be read again besides).
 */
import { isDeepStrictEqual } from "node:util";
import type { Metadata } from "../components/cluster/objects";
import { isMapping, type Values } from "../shared/mappings";
import { below, type FieldPath, isEmpty, itemKeysOf, itemOf } from "./fieldPaths";
import {
  type Ownership,
  ownershipsOf,
  roleOf,
  UNKNOWN,
  type Writer,
  writersOf,
} from "./managedFields";

export interface KubernetesObject extends Values {
  apiVersion: string;
  kind: string;
  metadata: Metadata & Values;
}

export interface FieldDrift {
  /** `spec.template.spec.containers[server].image` */
  field: string;
  /** Undefined: it is not there. */
  stored: unknown;
  live: unknown;
  /** Who wrote what is there now, if that is known. */
  writer?: Writer;
}

/** Of metadata nothing else is anybody's to set. */
const ownMetadata = ["labels", "annotations", "finalizers", "ownerReferences"];

export interface Comparison {
  stored: KubernetesObject;
  live: KubernetesObject;
  /** Whether an autoscaler owns the number of pods. */
  isScaled: boolean;
}

/** What makes the live object what was stored: a JSON merge patch. */
export function mergePatchOf({ stored, live, isScaled }: Comparison): Values {
  const patch = withoutNulls(isScaled ? withoutReplicas(stored) : stored) as Values;
  for (const { path, writer } of ownershipsOf(live)) {
    const isComparable = path[0] === "metadata" ? ownMetadata.includes(String(path[1])) : true;
    const isReplicas = isScaled && isDeepStrictEqual(path, replicasPath);
    if (isComparable && !isReplicas && roleOf(writer, path) === "person") {
      remove(patch, path);
    }
  }
  return patch;
}

/** What is otherwise than stored, field by field. */
export function compareObjects(comparison: Comparison, patched: KubernetesObject): FieldDrift[] {
  const { stored, live, isScaled } = comparison;
  const found: FieldDrift[] = [];
  const ownerships = ownershipsOf(live);
  const isAutoscaled = isScaled || isScaledByController(ownerships);
  visit(
    { stored: comparable(stored), patched: comparable(patched), live: comparable(live) },
    { text: "", inLive: [] },
    ({ stored: isStored, patched: before, live: after }, { text, inLive }) => {
      if (isAutoscaled && text === "spec.replicas") {
        return;
      }
      const writers = writersOf(inLive, ownerships);
      const person = lastOf(
        writers.filter(({ path, writer }) => roleOf(writer, path) === "person"),
      );
      // What nobody stored is the server's or a controller's to fill in, unless a person did.
      if (isStored === undefined && person === undefined) {
        return;
      }
      const writer = person ?? lastOf(writers);
      found.push({
        field: text,
        stored: before,
        live: after,
        ...(writer &&
          writer.writer.manager !== UNKNOWN &&
          !isEmpty(after) && { writer: writer.writer }),
      });
    },
  );
  return found;
}

const replicasPath: FieldPath = ["spec", "replicas"];

/** Whether what last set the number of pods was an autoscaler, of whoever's making. */
function isScaledByController(ownerships: readonly Ownership[]): boolean {
  const writer = lastOf(writersOf(replicasPath, ownerships))?.writer;
  return writer?.subresource === "scale" && roleOf(writer, replicasPath) === "controller";
}

function lastOf(ownerships: readonly Ownership[]): Ownership | undefined {
  return [...ownerships]
    .sort((a, b) => (a.writer.time ?? "").localeCompare(b.writer.time ?? ""))
    .at(-1);
}

function withoutReplicas(object: KubernetesObject): KubernetesObject {
  if (!isMapping(object.spec)) {
    return object;
  }
  const { replicas: _, ...spec } = object.spec;
  return { ...object, spec };
}

/** A template that says nothing after a key means nothing by it; a patch would take the field away. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(withoutNulls);
  }
  if (!isMapping(value)) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== null)
      .map(([key, item]) => [key, withoutNulls(item)]),
  );
}

/** Takes away what the patch does not set itself. */
function remove(patch: Values, path: FieldPath): void {
  let place = patch;
  for (const [index, key] of path.entries()) {
    const isLast = index === path.length - 1 || typeof path[index + 1] === "number";
    const there = place[key];
    if (there === undefined && isLast) {
      place[key] = null;
    }
    if (isLast || there === null || (there !== undefined && !isMapping(there))) {
      return;
    }
    const next = there ?? {};
    place[key] = next;
    place = next;
  }
}

function comparable({ apiVersion: _, kind: __, status: ___, metadata, ...rest }: Values): Values {
  const own = Object.entries(isMapping(metadata) ? metadata : {}).filter(([key]) =>
    ownMetadata.includes(key),
  );
  return { metadata: Object.fromEntries(own), ...rest };
}

/** The same field as it was stored, as the server would have it, and as it is. */
interface Sides {
  stored: unknown;
  patched: unknown;
  live: unknown;
}

interface Place {
  text: string;
  inLive: FieldPath;
}

/** Goes to where the two differ: as deep as both go. */
function visit(sides: Sides, place: Place, differs: (sides: Sides, place: Place) => void): void {
  const { stored, patched, live } = sides;
  if ((isEmpty(patched) && isEmpty(live)) || isDeepStrictEqual(patched, live)) {
    return;
  }
  const sidesAre = (test: (side: unknown) => boolean) =>
    [patched, live].every((side) => isEmpty(side) || test(side));
  if (sidesAre(isMapping)) {
    const sidesOf = [patched, live].map((side) => (isMapping(side) ? side : {}));
    for (const key of new Set(sidesOf.flatMap((side) => Object.keys(side)))) {
      visit(
        { stored: at(stored, key), patched: at(patched, key), live: at(live, key) },
        { text: below(place.text, key), inLive: [...place.inLive, key] },
        differs,
      );
    }
    return;
  }
  if (sidesAre(isListOfMappings)) {
    visitItems(sides, place, differs);
    return;
  }
  differs(sides, place);
}

function visitItems(
  sides: Sides,
  { text, inLive }: Place,
  differs: (sides: Sides, place: Place) => void,
): void {
  const [stored, patched, live] = [sides.stored, sides.patched, sides.live].map((side) =>
    Array.isArray(side) ? (side as unknown[]) : [],
  ) as [unknown[], unknown[], unknown[]];
  const keyOf = itemKeysOf(patched, live);
  const keys = new Set([...patched.map(keyOf), ...live.map(keyOf)]);
  for (const key of keys) {
    const find = (list: readonly unknown[]) =>
      list.findIndex((item, index) => keyOf(item, index) === key);
    const [before, after] = [patched[find(patched)], live[find(live)]];
    const item = {
      // Stored lists are the ones that the patch has put there, in their order.
      stored: sides.stored === undefined ? undefined : stored[find(patched)],
      patched: before,
      live: after,
    };
    const itemPlace = { text: itemOf(text, key), inLive: [...inLive, Math.max(0, find(live))] };
    // What came or went as a whole is one difference.
    const isWhole = before === undefined || after === undefined;
    if (!isWhole) {
      visit(item, itemPlace, differs);
    } else if (isVariable(before ?? after)) {
      // Said by its value, which is what people look for.
      const value = (side: unknown) => at(side, "value");
      const sided = { stored: value(item.stored), patched: value(before), live: value(after) };
      differs(sided, { ...itemPlace, text: `${itemPlace.text}.value` });
    } else {
      differs(item, itemPlace);
    }
  }
}

function isListOfMappings(value: unknown): boolean {
  return Array.isArray(value) && value.every(isMapping);
}

function isVariable(item: unknown): boolean {
  return isMapping(item) && Object.keys(item).sort().join() === "name,value";
}

function at(value: unknown, key: string): unknown {
  return isMapping(value) ? value[key] : undefined;
}
