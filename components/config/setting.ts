import { z } from "zod";
import { listOf } from "../problems/listOf";

/** What the reader of an error message, the reference or an editor is told about a setting. */
export interface Explanation {
  /** What is accepted, to follow the word "accepted:". */
  accepts: string;
  /** The value that holds if the setting is missing. */
  default?: unknown;
  /** What holds if the setting is missing, where that is no fixed value. */
  otherwise?: string;
  /** Never to be shown, and to be set with `--secret`. */
  secret?: boolean;
}

/** Explanations by schema node; the single source of messages, reference and JSON Schema. */
export const explanations = z.registry<Explanation>();

/** A setting that may be missing: its form, its meaning, what is accepted in words, and its default. */
export function setting<T extends z.ZodType>(
  schema: T,
  description: string,
  accepts: string,
  byDefault?: unknown,
): z.ZodOptional<T> {
  const described = schema.describe(description);
  const holds =
    byDefault instanceof Otherwise ? { otherwise: byDefault.words } : { default: byDefault };
  explanations.add(described, { accepts, ...holds });
  return described.optional();
}

/** A default that is no fixed value. */
class Otherwise {
  constructor(readonly words: string) {}
}

/** A default in words. */
export function otherwise(words: string): Otherwise {
  return new Otherwise(words);
}

/** A mapping with these keys and no others. */
export function group<S extends z.ZodRawShape>(description: string, shape: S) {
  return setting(
    z.strictObject(shape),
    description,
    `a mapping with any of ${Object.keys(shape).join(", ")}`,
  );
}

export function oneOf<const T extends readonly [string, ...string[]]>(
  values: T,
  description: string,
  byDefault?: T[number],
) {
  return setting(z.enum(values), description, listOf(values), byDefault);
}

export function text(description: string, accepts = "text", byDefault?: string | Otherwise) {
  return setting(z.string().min(1), description, accepts, byDefault);
}

export function wholeNumber(
  description: string,
  min: number,
  max: number,
  byDefault?: number | Otherwise,
) {
  const schema = z.int().min(min).max(max);
  return setting(schema, description, `a whole number from ${min} to ${max}`, byDefault);
}

export function flag(description: string, byDefault?: boolean | Otherwise) {
  return setting(z.boolean(), description, "true or false", byDefault);
}

/** The names of a mapping's entries. */
export function names(pattern: RegExp, accepts: string): z.ZodString {
  const schema = z.string().regex(pattern);
  explanations.add(schema, { accepts });
  return schema;
}

/** The same setting, which must not be missing. */
export function required<T extends z.ZodType>(schema: z.ZodOptional<T>): T {
  return schema.unwrap() as T;
}

/** A setting that must not be missing nor shown. */
export function secret<T extends z.ZodType>(schema: z.ZodOptional<T>): T {
  const node = required(schema);
  explanations.add(node, { ...(explanations.get(node) as Explanation), secret: true });
  return node;
}

/** Texts in which `{name}` and `{tag}` stand for those of the model. */
export const PLACEHOLDERS = "{name} and {tag} are replaced";

/** An amount as Kubernetes writes it, none below zero; text such as `500m`, or a plain number. */
export const quantity = z.union([
  z.string().regex(/^[+]?(\d+|\d+\.\d*|\.\d+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?$/),
  z.number().nonnegative(),
]);
