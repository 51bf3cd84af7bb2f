/** Makes values.schema.json (JSON Schema draft 7) of the documented values. */
import type { Schema } from "./jsonSchema";
import { withNone } from "./removable";
import { oldName } from "./renamed";
import { expand, type FindGroup, kubernetesTypes } from "./shorthands";
import type { Section, Value } from "./valuesDocument";

function typeOfDefault(path: string, value: unknown): string {
  if (typeof value === "string") {
    return "string";
  }
  if (typeof value === "boolean") {
    return "boolean";
  }
  if (typeof value === "number") {
    return Number.isInteger(value) ? "integer" : "number";
  }
  throw new Error(`${path}: its type cannot be read from the default, say it in @schema`);
}

function schemaOf(value: Value, findGroup: FindGroup): Schema {
  if (value.kind === "group") {
    return {
      ...(value.description === "" ? {} : { description: value.description }),
      ...objectOf(value.children, findGroup),
    };
  }
  const expanded = expand(value.annotation, value.path, findGroup) as Schema;
  const typed = ["type", "enum", "allOf", "anyOf"].some((key) => key in expanded);
  return {
    description: value.description,
    ...(typed ? {} : { type: typeOfDefault(value.path, value.default) }),
    ...withNone(value, expanded),
    default: value.default,
  };
}

function objectOf(values: Value[], findGroup: FindGroup): Schema {
  return {
    type: "object",
    additionalProperties: false,
    properties: Object.fromEntries(
      values.flatMap((value) => {
        const schema = schemaOf(value, findGroup);
        const entry: [string, Schema] = [value.name, schema];
        return value.kind === "leaf" && value.alias !== undefined
          ? [entry, [value.alias, ofOldName(value.name, schema)]]
          : [entry];
      }),
    ),
  };
}

/** The same without a default: it must not look as if somebody had said it. */
function ofOldName(name: string, { default: _, ...schema }: Schema): Schema {
  return { ...schema, description: oldName(name), deprecated: true };
}

/** The types that a schema refers to, and those these refer to. */
function referredTypes(schema: unknown, found = new Set<string>()): Set<string> {
  for (const [, name] of JSON.stringify(schema).matchAll(/"#\/definitions\/(.+?)"/g)) {
    if (name === undefined || found.has(name)) {
      continue;
    }
    found.add(name);
    referredTypes(kubernetesTypes[name], found);
  }
  return found;
}

export function makeSchema(sections: Section[]): Schema {
  const values = sections.flatMap((section) => section.values);
  const findGroup: FindGroup = (path) => {
    const group = values.find((value) => value.path === path && value.kind === "group");
    return group && schemaOf(group, findGroup);
  };
  const { properties, ...root } = objectOf(values, findGroup);
  const types = [...referredTypes(properties)].sort();
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    $comment: "Generated from values.yaml by `npm run chart:generate`",
    title: "Values of the chart model-serving",
    ...root,
    properties: {
      ...(properties as Schema),
      // Helm itself hands this key to a chart that is used as a dependency.
      global: {
        description: "Values shared with parent charts; not used here",
        type: "object",
        additionalProperties: true,
      },
    },
    definitions: Object.fromEntries(types.map((name) => [name, kubernetesTypes[name]])),
  };
}
