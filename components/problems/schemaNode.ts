import { z } from "zod";

/** The part of a schema that a path of keys leads to, without what makes it optional. */
export function schemaNode(schema: z.ZodType, path: readonly PropertyKey[]): z.ZodType | undefined {
  const node = path.reduce<unknown>((parent, key) => below(unwrapped(parent), key), schema);
  const bare = unwrapped(node);
  return bare instanceof z.ZodType ? bare : undefined;
}

/** The keys that a schema knows at a path. */
export function schemaKeys(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  const node = schemaNode(schema, path);
  return node instanceof z.ZodObject ? Object.keys(node.shape) : [];
}

function below(node: unknown, key: PropertyKey): unknown {
  if (node instanceof z.ZodObject) {
    return Object.hasOwn(node.shape, key) ? node.shape[String(key)] : undefined;
  }
  if (node instanceof z.ZodRecord) {
    return node.valueType;
  }
  return node instanceof z.ZodArray ? node.element : undefined;
}

function unwrapped(node: unknown): unknown {
  const isWrapper =
    node instanceof z.ZodOptional || node instanceof z.ZodDefault || node instanceof z.ZodLazy;
  return isWrapper ? unwrapped(node.unwrap()) : node;
}
