/** Walks the definition of the stack config. */
import { z } from "zod";
import { stackDefinition } from "../../components/config/definition";
import { type Explanation, explanations } from "../../components/config/setting";

/** One key of the stack config, or of a model in it. */
export interface Setting extends Explanation {
  /** As one types it, with `<name>` and `[]` for names and positions: `ingress.hosts[].host`. */
  key: string;
  description: string;
  /** Whether leaving it out is an error, if what holds it is there. */
  required: boolean;
  node: z.ZodType;
}

/** The settings directly below the top, for all models. */
export const topSettings = settingsOf(stackDefinition, "");

const models = stackDefinition.shape.models;
const model = models.valueType;

/** The settings only a model has. */
export const modelSettings = settingsOf(model, "models.<name>.").filter(
  ({ key }) => !topSettings.some((setting) => key === `models.<name>.${setting.key}`),
);

/** A setting and everything below it. */
export function withNested(setting: Setting): Setting[] {
  return [setting, ...nested(setting.node, setting.key).flatMap(withNested)];
}

function nested(node: z.ZodType, key: string): Setting[] {
  if (node instanceof z.ZodObject) {
    return settingsOf(node, `${key}.`);
  }
  return node instanceof z.ZodArray && node.element instanceof z.ZodObject
    ? settingsOf(node.element, `${key}[].`)
    : [];
}

function settingsOf(object: z.ZodObject, prefix: string): Setting[] {
  return Object.entries(object.shape).map(([name, schema]) => {
    const required = !(schema instanceof z.ZodOptional);
    const node = (required ? schema : schema.unwrap()) as z.ZodType;
    const explanation = explanations.get(node);
    if (explanation === undefined) {
      throw new Error(`${prefix}${name} is not explained`);
    }
    return {
      ...explanation,
      key: prefix + name,
      description: node.description ?? "",
      required,
      node,
    };
  });
}
