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
  /** The pattern of a text once its placeholders are filled. */
  filled?: string;
  /** Never to be shown, and to be set with `--secret`. */
  secret?: boolean;
  /** An old name of another setting: accepted, and no longer recommended. */
  deprecated?: boolean;
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
    `a mapping with any of ${recommended(shape).join(", ")}`,
  );
}

function recommended(shape: z.ZodRawShape): string[] {
  return Object.entries(shape).flatMap(([name, made]) => {
    const node = made instanceof z.ZodOptional ? made.unwrap() : made;
    return node instanceof z.ZodType && explanations.get(node)?.deprecated === true ? [] : [name];
  });
}

/** The same setting, under an old name. */
export function deprecated<T extends z.ZodType>(made: z.ZodOptional<T>): z.ZodOptional<T> {
  const node = made.unwrap() as T;
  explanations.add(node, { ...(explanations.get(node) as Explanation), deprecated: true });
  return made;
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
  max?: number,
  byDefault?: number | Otherwise,
) {
  const schema = z.int().min(min);
  return max === undefined
    ? setting(schema, description, `a whole number of at least ${min}`, byDefault)
    : setting(schema.max(max), description, `a whole number from ${min} to ${max}`, byDefault);
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

const PLACEHOLDER = /\{[^{}]*\}/;

/**
 * A text as the chart takes it. Where a placeholder stands, its form is looked at once that is filled. The chart
 * takes an empty text for none.
 */
export function chartText(
  description: string,
  accepts: string,
  { min, max, pattern }: { min?: number; max?: number; pattern?: RegExp },
  byDefault?: string,
) {
  let schema = z.string();
  schema = min === undefined ? schema : schema.min(min);
  schema = max === undefined ? schema : schema.max(max);
  if (pattern !== undefined) {
    schema = schema.regex(new RegExp(`${pattern.source}|${PLACEHOLDER.source}`));
  }
  const made = setting(schema, `${description}; ${PLACEHOLDERS}`, accepts, byDefault);
  explanations.add(made.unwrap(), {
    ...(explanations.get(made.unwrap()) as Explanation),
    filled: pattern?.source,
  });
  return made;
}

/** The same setting, which must not be empty. */
export function nonEmpty(made: z.ZodOptional<z.ZodString>): z.ZodOptional<z.ZodString> {
  const node = made.unwrap();
  const schema = node.min(1);
  explanations.add(schema, explanations.get(node) as Explanation);
  return schema.optional();
}

/** The same setting, of which something else is said. */
export function explained<T extends z.ZodType>(
  made: z.ZodOptional<T>,
  words: { description?: string; accepts?: string; byDefault?: unknown },
): z.ZodOptional<T> {
  const node = made.unwrap() as T;
  const known = explanations.get(node) as Explanation;
  const { description = node.description ?? "", accepts = known.accepts } = words;
  const byDefault = "byDefault" in words ? words.byDefault : known.default;
  const described = setting(node, description, accepts, byDefault);
  const own = described.unwrap() as T;
  explanations.add(own, { ...(explanations.get(own) as Explanation), filled: known.filled });
  return described;
}

export function listOfTexts(description: string, accepts = "a list of texts") {
  return setting(z.array(z.string()), `${description}; ${PLACEHOLDERS}`, accepts);
}

export function mapOfTexts(description: string) {
  const value = required(setting(z.string(), "Text", "text"));
  return setting(z.record(z.string(), value), description, "a mapping of names to texts");
}

/** An amount as Kubernetes writes it, none below zero; text such as `500m`, or a plain number. */
export const quantity = z.union([
  z.string().regex(/^[+]?(\d+|\d+\.\d*|\.\d+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?$/),
  z.number().nonnegative(),
]);
