/** What the two sources of schemas have in common. */
import type { Schema } from "../jsonSchema";

/** For people, for other tools, or of another draft than the one Helm reads. */
const dropped = new Set(["default", "description", "example", "format", "nullable"]);

/** Without prose and vendor keywords; objects refuse the keys they do not know. */
export function strict(node: unknown): unknown {
  if (Array.isArray(node)) {
    return node.map(strict);
  }
  if (typeof node !== "object" || node === null) {
    return node;
  }
  const source = node as Schema;
  if (source["x-kubernetes-int-or-string"] === true) {
    return { type: ["integer", "string"] };
  }
  const schema: Schema = {};
  for (const [keyword, value] of Object.entries(source)) {
    if (dropped.has(keyword) || keyword.startsWith("x-")) {
      continue;
    }
    schema[keyword] = keyword === "properties" ? strictProperties(value as Schema) : strict(value);
  }
  if (schema.properties !== undefined && source["x-kubernetes-preserve-unknown-fields"] !== true) {
    schema.additionalProperties = false;
  } else if (schema.type === "object") {
    schema.additionalProperties ??= true;
  }
  return schema;
}

/** Here the keys are names of fields, some of which sound like keywords. */
function strictProperties(properties: Schema): Schema {
  return Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [name, strict(schema)]),
  );
}
