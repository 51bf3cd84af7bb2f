/** Makes values.schema.json (JSON Schema draft 7) of the documented values. */
import kubernetes from "./kubernetes.json";
import type { Annotation, Section, Value } from "./valuesDocument";

export interface Schema {
  [keyword: string]: unknown;
}

const definitions: Record<string, Schema> = kubernetes.definitions;
const reference = "#/definitions/";

/**
 * Expands the shorthands of an annotation at any depth:
 * `map: string` is a map with free keys, `kubernetes: Type` a type of the Kubernetes API.
 */
function expand(annotation: unknown, path: string): unknown {
  if (Array.isArray(annotation)) return annotation.map((item) => expand(item, path));
  if (typeof annotation !== "object" || annotation === null) return annotation;
  const { map, kubernetes: type, ...rest } = annotation as Annotation;
  const schema: Schema = {};
  for (const [keyword, value] of Object.entries(rest)) {
    schema[keyword] =
      keyword === "properties"
        ? Object.fromEntries(
            Object.entries(value as Annotation).map(([name, child]) => [name, expand(child, path)]),
          )
        : expand(value, path);
  }
  if (map !== undefined) {
    schema.type = "object";
    schema.additionalProperties = typeof map === "string" ? { type: map } : expand(map, path);
  }
  if (type !== undefined) {
    if (definitions[String(type)] === undefined)
      throw new Error(`${path}: kubernetes.json has no type ${type}`);
    // Beside a plain $ref, draft 7 would not read the description.
    schema.allOf = [{ $ref: reference + type }];
  }
  if (schema.properties !== undefined && schema.additionalProperties === undefined)
    schema.additionalProperties = false;
  if (schema.items !== undefined) schema.type = "array";
  return schema;
}

function typeOfDefault(path: string, value: unknown): string {
  if (typeof value === "string") return "string";
  if (typeof value === "boolean") return "boolean";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  throw new Error(`${path}: its type cannot be read from the default, say it in @schema`);
}

function schemaOf(value: Value): Schema {
  if (value.kind === "group") {
    return {
      ...(value.description === "" ? {} : { description: value.description }),
      ...objectOf(value.children),
    };
  }
  const expanded = expand(value.annotation, value.path) as Schema;
  const typed = ["type", "enum", "allOf", "anyOf", "oneOf"].some((key) => key in expanded);
  return {
    description: value.description,
    ...(typed ? {} : { type: typeOfDefault(value.path, value.default) }),
    ...expanded,
    default: value.default,
  };
}

function objectOf(values: Value[]): Schema {
  return {
    type: "object",
    additionalProperties: false,
    properties: Object.fromEntries(values.map((value) => [value.name, schemaOf(value)])),
  };
}

/** The types that a schema refers to, and those these refer to. */
function referredTypes(schema: unknown, found = new Set<string>()): Set<string> {
  for (const [, name] of JSON.stringify(schema).matchAll(/"#\/definitions\/(.+?)"/g)) {
    if (name === undefined || found.has(name)) continue;
    found.add(name);
    referredTypes(definitions[name], found);
  }
  return found;
}

export function makeSchema(sections: Section[]): Schema {
  const root = objectOf(sections.flatMap((section) => section.values));
  // Helm itself hands this key to a chart that is used as a dependency.
  Object.assign(root.properties as Schema, {
    global: {
      description: "Values shared with parent charts; not used here",
      type: "object",
      additionalProperties: true,
    },
  });
  const types = [...referredTypes(root)].sort();
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    $comment: "Generated from values.yaml by `npm run chart:generate`",
    title: "Values of the chart model-serving",
    ...root,
    definitions: Object.fromEntries(types.map((name) => [name, definitions[name]])),
  };
}
