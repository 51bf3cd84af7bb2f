/** Kubernetes objects, and how they differ. */
import { structuredPatch } from "diff";
import { parseAllDocuments, stringify } from "yaml";
import { PLACEHOLDER_DIGEST } from "../shared/digest";
import { isMapping } from "../shared/mappings";

/** Objects by what identifies them, each as text with sorted keys. */
export type Objects = ReadonlyMap<string, string>;

export interface ObjectChange {
  /** `Deployment wine` */
  object: string;
  change: "create" | "update" | "delete";
  /** Lines of a unified diff, without its head. */
  lines: string[];
}

/** Reads a manifest as Helm renders it. */
export function readObjects(manifest: string): Objects {
  const objects = new Map<string, string>();
  for (const document of parseAllDocuments(manifest)) {
    const object: unknown = document.toJS();
    if (isMapping(object) && isMapping(object.metadata) && !isHook(object.metadata)) {
      const key = `${object.kind} ${object.metadata.name}`;
      objects.set(key, stringify(masked(object), { sortMapEntries: true, lineWidth: 0 }));
    }
  }
  return objects;
}

// Tests and other hooks are no part of what a release leaves in the cluster.
function isHook(metadata: Record<string, unknown>): boolean {
  return isMapping(metadata.annotations) && "helm.sh/hook" in metadata.annotations;
}

/** Without what a Secret holds. */
function masked(object: Record<string, unknown>): Record<string, unknown> {
  if (object.kind !== "Secret") {
    return object;
  }
  const hidden = ["data", "stringData"].filter((key) => isMapping(object[key]));
  return {
    ...object,
    ...Object.fromEntries(
      hidden.map((key) => [
        key,
        Object.fromEntries(Object.keys(object[key] as object).map((name) => [name, "[secret]"])),
      ]),
    ),
  };
}

/** What has to happen to the objects of before; the same text is no change. */
export function compareObjects(before: Objects, after: Objects): ObjectChange[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .sort()
    .flatMap((object): ObjectChange[] => {
      const [old, next] = [before.get(object), after.get(object)];
      if (old === next) {
        return [];
      }
      const change = old === undefined ? "create" : next === undefined ? "delete" : "update";
      return [{ object, change, lines: diffLines(old ?? "", next ?? "") }];
    });
}

function diffLines(before: string, after: string): string[] {
  const { hunks } = structuredPatch("", "", before, after, "", "", { context: 3 });
  return hunks
    .flatMap(({ lines }, index) => (index === 0 ? lines : ["@@", ...lines]))
    .map((line) => line.replaceAll(PLACEHOLDER_DIGEST, "(will be built)"));
}
