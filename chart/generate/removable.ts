/**
 * `none`, which takes a default away: what null does in a values file, for callers on whose way null gets lost.
 * The chart's templates see neither, see templates/validations/first.
 */
import type { Schema } from "./jsonSchema";
import { kubernetesTypes } from "./shorthands";
import type { Leaf, Value } from "./valuesDocument";

const NONE = "none";

const isMap = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Whether a value by itself may be null and no text that could be anything. */
function isNullable({ annotation: { type, enum: choices } }: Leaf): boolean {
  if (Array.isArray(choices)) {
    return choices.includes(null);
  }
  return (
    Array.isArray(type) && type.includes("null") && type.some((name) => /er$|^bool/.test(name))
  );
}

/** Names of what is in the default of a type of Kubernetes: each may be taken away. */
const defaultsOf = ({ annotation, default: value }: Leaf): Schema =>
  annotation.kubernetes !== undefined && isMap(value) ? value : {};

/** The schema of a value that also takes `none` where it may be taken away. */
export function withNone(leaf: Leaf, schema: Schema): Schema {
  if (isNullable(leaf)) {
    if (Array.isArray(schema.enum)) {
      return { ...schema, enum: [...schema.enum, NONE] };
    }
    const types = schema.type as string[];
    const pattern = schema.pattern === undefined ? `^${NONE}$` : `${schema.pattern}|^${NONE}$`;
    return { ...schema, type: [...new Set([...types, "string"])], pattern };
  }
  const defaults = defaultsOf(leaf);
  if (Object.keys(defaults).length === 0) {
    return schema;
  }
  const { allOf: _, ...rest } = schema;
  const { properties, ...type } = kubernetesTypes[String(leaf.annotation.kubernetes)] ?? {};
  const relaxed = Object.entries(properties as Record<string, Schema>).map(([name, property]) => [
    name,
    name in defaults ? orNone(property) : property,
  ]);
  return { ...rest, ...type, properties: Object.fromEntries(relaxed) };
}

/** Of a map of amounts each may be taken away; of anything else it itself. */
function orNone(property: Schema): Schema {
  if (isMap(property.additionalProperties)) {
    return { ...property, additionalProperties: orNone(property.additionalProperties) };
  }
  const { description, ...schema } = property;
  return {
    ...(description === undefined ? {} : { description }),
    anyOf: [{ enum: [NONE] }, schema],
  };
}

/** The paths of the values that `none` takes away; `*` stands for every key. */
export function removableValues(values: Value[]): string[] {
  const groups = new Map(values.map((value) => [value.path, value]));
  const pathsOf = (value: Value): string[] => {
    if (value.kind === "group") {
      return value.children.flatMap(pathsOf);
    }
    const { path, annotation } = value;
    const like = groups.get(String(annotation.like));
    if (like !== undefined) {
      return pathsOf(like).map((inner) => path + inner.slice(like.path.length));
    }
    if (isNullable(value)) {
      return [path];
    }
    if (annotation.map === "label") {
      return Object.keys(value.default as Schema).map((key) => `${path}.${key}`);
    }
    const properties = kubernetesTypes[String(annotation.kubernetes)]?.properties as Schema;
    return Object.keys(defaultsOf(value)).map((key) =>
      isMap((properties?.[key] as Schema)?.additionalProperties)
        ? `${path}.${key}.*`
        : `${path}.${key}`,
    );
  };
  return values.flatMap(pathsOf);
}
