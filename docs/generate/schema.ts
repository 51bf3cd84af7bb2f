/** Makes the JSON Schema by which editors complete and check `Pulumi.<stack>.yaml`. */
import { z } from "zod";
import { stackDefinition } from "../../components/config/definition";
import { type Explanation, explanations } from "../../components/config/setting";

const PROJECT = "model-deployment";

type Json = Record<string, unknown>;

export function schema(): string {
  const { properties, ...definition } = toJsonSchema(stackDefinition) as {
    properties: Record<string, Json>;
    $schema: string;
  };
  const settings = Object.entries(properties).map(([key, value]) => [
    `${PROJECT}:${key}`,
    // At the top Pulumi keeps numbers and truth values as text, when set by command.
    value.type === "integer" || value.type === "boolean"
      ? { anyOf: [value, { type: "string" }], description: value.description }
      : value,
  ]);
  return `${JSON.stringify(
    {
      $schema: definition.$schema,
      $comment:
        "Generated from components/config/definition.ts by `npm run config:generate`. Do not edit.",
      title: `Configuration of a stack of ${PROJECT}`,
      type: "object",
      properties: {
        encryptionsalt: { type: "string" },
        encryptedkey: { type: "string" },
        secretsprovider: { type: "string" },
        environment: { description: "Pulumi ESC environments" },
        config: {
          type: "object",
          properties: Object.fromEntries(settings),
          // The models may be in files of their own: neither key is required.
          // Other namespaces are the providers': kubernetes:context and the like.
          patternProperties: { [`^(?!${PROJECT}:)[^:]+:`]: {} },
          additionalProperties: false,
        },
      },
      required: ["config"],
      additionalProperties: false,
    },
    null,
    2,
  )}\n`;
}

/** Of the file of one model. */
export function modelSchema(): string {
  const { $schema, ...definition } = toJsonSchema(stackDefinition.shape.models.valueType);
  const $comment =
    "Generated from components/config/definition.ts by `npm run config:generate`. Do not edit.";
  return `${JSON.stringify({ $schema, $comment, title: "A model in a file of its own", ...definition }, null, 2)}\n`;
}

function toJsonSchema(node: z.ZodType) {
  return z.toJSONSchema(node, {
    target: "draft-7",
    io: "input",
    reused: "inline",
    override: ({ zodSchema, jsonSchema }) => {
      explain(jsonSchema as Json, explanations.get(zodSchema as unknown as z.ZodType));
    },
  });
}

function explain(json: Json, explanation: Explanation | undefined): void {
  if (explanation === undefined) {
    return;
  }
  const { accepts, otherwise, secret } = explanation;
  const notes = [json.description, otherwise && `Default: ${otherwise}`, `Accepted: ${accepts}`];
  json.description = notes.filter((note) => note !== undefined).join(". ");
  if (explanation.default !== undefined) {
    json.default = explanation.default;
  }
  if (secret === true) {
    // Pulumi writes an encrypted value as a mapping.
    const encrypted = { type: "object", properties: { secure: { type: "string" } } };
    json.anyOf = [{ type: json.type }, { ...encrypted, required: ["secure"] }];
    delete json.type;
  }
}
