import assert from "node:assert/strict";
import * as fs from "node:fs";
import { parse } from "yaml";
import { z } from "zod";
import { explanations, stackDefinition } from "../../components/config/definition";

interface Declaration {
  type: string;
  description: string;
  default?: unknown;
}

function declarationOf(schema: z.ZodType): Declaration {
  const node = schema instanceof z.ZodOptional ? (schema.unwrap() as z.ZodType) : schema;
  const type =
    node instanceof z.ZodString
      ? "string"
      : node instanceof z.ZodBoolean
        ? "boolean"
        : node instanceof z.ZodNumber
          ? "integer"
          : "object";
  const byDefault = type === "object" ? {} : explanations.get(node)?.default;
  return {
    type,
    description: node.description ?? "",
    // What has no default is required by Pulumi itself.
    ...(schema instanceof z.ZodOptional && { default: byDefault }),
  };
}

describe("Pulumi.yaml", () => {
  const project = parse(fs.readFileSync("Pulumi.yaml", "utf8"));

  it("declares the configuration that the program reads: keys, types, defaults, descriptions", () => {
    const expected = Object.entries(stackDefinition.shape).map(([key, schema]) => [
      key,
      declarationOf(schema as z.ZodType),
    ]);
    assert.deepEqual(project.config, Object.fromEntries(expected));
  });

  it("names the project like the package", () => {
    assert.equal(project.name, JSON.parse(fs.readFileSync("package.json", "utf8")).name);
  });
});
