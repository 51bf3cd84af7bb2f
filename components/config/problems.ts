import { z } from "zod";
import { valueAt } from "../../shared/mappings";
import { redactSecrets } from "../../shared/redactSecrets";
import { nearest } from "../problems/didYouMean";
import { type KeyPath, keyOf, type Problem, type Written } from "../problems/problem";
import { inQuotes, textMeant } from "../problems/quotes";
import { schemaKeys, schemaNode } from "../problems/schemaNode";
import { isChartValue } from "../release/valuesProblems";
import { stackDefinition } from "./definition";
import { explanations } from "./setting";

/** Translates what the schema library found wrong in `input`. */
export function problemsOf(error: z.ZodError, input: unknown, written: Written): Problem[] {
  return error.issues.flatMap((issue): Problem[] => {
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => unknownKey(issue.path, key));
    }
    if (issue.code === "invalid_key") {
      return [badName(issue.path)];
    }
    const value = valueAt(input, issue.path);
    const secret = isInSecret(issue.path);
    const found = shown(value, secret);
    const node = nodeAt(issue.path);
    const accepts = acceptsOf(node) ?? issue.message;
    const text = secret ? undefined : textMeant(value, written(issue.path));
    const isText = text !== undefined && node?.safeParse(text).success === true;
    const remedy = isText ? inQuotes(text) : "";
    return [{ path: issue.path, message: `${found}; accepted: ${accepts}${remedy}` }];
  });
}

/** Whether what stands there must not be shown. */
export function isInSecret(path: KeyPath): boolean {
  return path.some((_, index) => isSecret(path.slice(0, index + 1)));
}

function acceptsOf(node: z.ZodType | undefined): string | undefined {
  const explained = node && explanations.get(node)?.accepts;
  // An entry of a list has no explanation of its own.
  return explained === undefined && node instanceof z.ZodObject
    ? `a mapping with any of ${Object.keys(node.shape).join(", ")}`
    : explained;
}

function badName(path: KeyPath): Problem {
  const mapping = nodeAt(path.slice(0, -1));
  const names = mapping instanceof z.ZodRecord ? mapping.keyType : undefined;
  const accepts = names instanceof z.ZodType ? acceptsOf(names) : undefined;
  return { path, message: `not a usable name; accepted: ${accepts}` };
}

/** What is secret, or should hold something that is: it may stand in the wrong place. */
function isSecret(path: KeyPath): boolean {
  const node = nodeAt(path);
  return [node, ...(node instanceof z.ZodObject ? Object.values(node.shape) : [])].some(
    (part) => part instanceof z.ZodType && explanations.get(part)?.secret === true,
  );
}

function shown(value: unknown, secret: boolean): string {
  if (value === undefined) {
    return "missing";
  }
  if (secret) {
    return "found a value of another form";
  }
  const text = redactSecrets(JSON.stringify(value));
  return `found ${text.length > 80 ? `${text.slice(0, 79)}…` : text}`;
}

function unknownKey(parent: KeyPath, key: string): Problem {
  const path = [...parent, key];
  const known = keysAt(parent);
  const near = nearest(key, known);
  if (near !== undefined) {
    return { path, message: `unknown key; did you mean ${near}?` };
  }
  if (parent.length === 0 && keysAt(["models", "any"]).includes(key)) {
    return { path, message: `belongs to a model: models.<name>.${key}` };
  }
  const [below, ...more] = known.filter((group) => keysAt([...parent, group]).includes(key));
  if (below !== undefined && more.length === 0) {
    return { path, message: `belongs to ${below}: ${keyOf([...parent, below, key])}` };
  }
  if (known.includes("values") && isChartValue(key)) {
    return { path, message: `belongs to values: ${keyOf([...parent, "values", key])}` };
  }
  return { path, message: `unknown key; accepted: ${known.join(", ")}` };
}

/** The keys the definition knows below a path. */
export function keysAt(path: KeyPath): string[] {
  return schemaKeys(stackDefinition, path);
}

/** The part of the definition a key path leads to. */
export function nodeAt(path: KeyPath): z.ZodType | undefined {
  return schemaNode(stackDefinition, path);
}
