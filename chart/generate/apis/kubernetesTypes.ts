/** The types of Kubernetes itself, from its OpenAPI description. */

import type { Schema } from "../jsonSchema";
import type { Apis } from "./customResourceTypes";
import { strict } from "./strict";

export interface OpenApi {
  definitions: Record<string, Schema>;
}

const shortName = (name: string): string => name.slice(name.lastIndexOf(".") + 1);

/**
 * OpenAPI describes these as what they are written as; they are read more generously. Of no amount that the chart
 * has anything to do with Kubernetes takes one below zero.
 */
const scalars: Record<string, Schema> = {
  IntOrString: { type: ["integer", "string"] },
  Quantity: {
    type: ["number", "string"],
    minimum: 0,
    pattern: "^[+]?([0-9]+|[0-9]+[.][0-9]*|[.][0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?$",
  },
};

const references = /"#\/definitions\/([^"]+)"/g;

/** The named kinds and every type they refer to, all by the last part of their name. */
export function kubernetesTypes({ definitions }: OpenApi, kinds: string[]): Apis {
  const kept = new Map<string, string>();
  const types: Record<string, Schema> = {};
  const keep = (name: string): void => {
    const short = shortName(name);
    const before = kept.get(short);
    if (before === name) {
      return;
    }
    if (before !== undefined) {
      throw new Error(`${before} and ${name} share the name ${short}`);
    }
    kept.set(short, name);
    const text = JSON.stringify(scalars[short] ?? strict(definitions[name]));
    types[short] = JSON.parse(
      text.replaceAll(references, (_, target: string) => `"#/definitions/${shortName(target)}"`),
    );
    for (const [, target] of text.matchAll(references)) {
      keep(String(target));
    }
  };
  kinds.forEach(keep);
  return {
    apiVersions: Object.fromEntries(
      kinds.map((name) => [shortName(name), apiVersion(definitions[name] ?? {})]),
    ),
    definitions: Object.fromEntries(Object.entries(types).sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

function apiVersion(definition: Schema): string {
  const [kind] = definition["x-kubernetes-group-version-kind"] as [
    { group: string; version: string },
  ];
  return kind.group === "" ? kind.version : `${kind.group}/${kind.version}`;
}
