/** What `# @schema` may say beyond JSON Schema. */
import customResources from "./apis/customResources.json";
import kubernetes from "./apis/kubernetes.json";
import { mapValues, type Schema, withoutDefaults } from "./jsonSchema";
import type { Annotation } from "./valuesDocument";

export const kubernetesTypes: Record<string, Schema> = kubernetes.definitions;
const customTypes: Record<string, Schema> = customResources.definitions;

/** The schema of a group of values.yaml, without defaults. */
export type FindGroup = (path: string) => Schema | undefined;

/** What Kubernetes takes as the key of a label or an annotation. */
const propertyNames = {
  pattern: "^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$",
};
const namedMaps: Record<string, Schema> = {
  annotation: { propertyNames, additionalProperties: { type: "string" } },
  label: {
    propertyNames,
    additionalProperties: {
      type: "string",
      maxLength: 63,
      pattern: "^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$",
    },
  },
};

/**
 * Expands an annotation at any depth:
 * - `map: string` is a map with free keys, `map: label` and `map: annotation` are those of Kubernetes;
 * - `kubernetes: Type` is a type of the Kubernetes API;
 * - `customResource: Kind.spec.field` is a field of an operator's;
 * - `like: image` is a group of values.yaml, `except: [key]` leaves some of its keys out;
 * - `optional: true` also takes null, where the type itself requires keys.
 */
export function expand(annotation: unknown, path: string, findGroup: FindGroup): unknown {
  const inner = (value: unknown): unknown => expand(value, path, findGroup);
  if (Array.isArray(annotation)) {
    return annotation.map(inner);
  }
  if (typeof annotation !== "object" || annotation === null) {
    return annotation;
  }

  const { map, kubernetes, customResource, like, except, optional, ...others } =
    annotation as Annotation;
  // For the stack config alone.
  const { accepts: _, fields: __, ...rest } = others;
  const schema: Schema = {};
  if (map !== undefined) {
    Object.assign(schema, {
      type: "object",
      ...(namedMaps[String(map)] ?? {
        additionalProperties: typeof map === "string" ? { type: map } : inner(map),
      }),
    });
  }
  // Beside a plain $ref, draft 7 would not read the description.
  if (kubernetes !== undefined) {
    schema.allOf = [kubernetesType(path, String(kubernetes))];
  }
  if (customResource !== undefined) {
    Object.assign(schema, customResourceField(path, String(customResource)));
  }
  if (like !== undefined) {
    Object.assign(schema, without(findGroup(String(like)), (except as string[]) ?? [], path));
  }
  for (const [keyword, value] of Object.entries(rest)) {
    schema[keyword] = keyword === "properties" ? mapValues(value as Schema, inner) : inner(value);
  }
  if (schema.properties !== undefined && schema.additionalProperties === undefined) {
    schema.additionalProperties = false;
  }
  if (schema.items !== undefined && schema.type === undefined) {
    schema.type = "array";
  }
  return optional === true ? { anyOf: [{ type: "null" }, schema] } : schema;
}

function kubernetesType(path: string, name: string): Schema {
  if (kubernetesTypes[name] === undefined) {
    throw new Error(`${path}: kubernetes.json has no type ${name}`);
  }
  return { $ref: `#/definitions/${name}` };
}

function customResourceField(path: string, field: string): Schema {
  const [kind = "", ...names] = field.split(".");
  let schema = customTypes[kind];
  for (const name of names) {
    const object = (schema?.items as Schema | undefined) ?? schema;
    schema = (object?.properties as Record<string, Schema> | undefined)?.[name];
  }
  if (schema === undefined) {
    throw new Error(`${path}: customResources.json has no field ${field}`);
  }
  return schema;
}

function without(group: Schema | undefined, keys: string[], path: string): Schema {
  if (group === undefined) {
    throw new Error(`${path}: there is no group of values to be like`);
  }
  const properties = Object.entries(group.properties as Schema).filter(
    ([name]) => !keys.includes(name),
  );
  return {
    type: "object",
    additionalProperties: false,
    properties: Object.fromEntries(
      properties.map(([name, child]) => [name, withoutDefaults(child)]),
    ),
  };
}
