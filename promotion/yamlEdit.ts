/**
 * Edits a YAML file as a person would: the lines that must change do, all others stay as they are.
 *
 * Neither `pulumi config set` nor the documents of the library `yaml` do: of a stack file of 20 lines,
 * indented and spaced in somebody's own way, a new tag changed 14 lines by the one (and took an empty one
 * away) and 12 by the other, here the one. The former also needs the stack's backend, and knows nothing
 * of a model's own file.
 */
import { isDeepStrictEqual } from "node:util";
import {
  isMap,
  isScalar,
  type Node,
  type Pair,
  parseDocument,
  stringify,
  type YAMLMap,
} from "yaml";
import { isMapping, nestedAt } from "../shared/mappings";

export type Value = string | { [key: string]: unknown };

/** What is to stand at a path of keys; undefined: nothing. */
export interface Edit {
  path: readonly string[];
  value: Value | undefined;
}

type Entry = Pair<Node, Node | null>;

/** The way from the top to a key: entries as far as there are any, then keys that are new. */
interface Place {
  entries: Entry[];
  /** The mapping that has the last of the entries, or lacks the first of the new keys. */
  map: YAMLMap | undefined;
  newKeys: readonly string[];
}

/**
 * The text with the edits done, in order. A key that is new comes after the one that was edited
 * before it in the same mapping, else at the end; a mapping that loses its last key goes with it.
 * Undefined if a text is written in a way that this cannot change and be sure of the result.
 */
export function editYaml(text: string, edits: readonly Edit[]): string | undefined {
  let edited: string | undefined = text;
  for (const [index, edit] of edits.entries()) {
    edited &&= editOnce(edited, edit, edits[index - 1]?.path ?? []);
  }
  return edited;
}

function editOnce(text: string, edit: Edit, last: readonly string[]): string | undefined {
  const { path, value } = edit;
  const before = parseDocument(text);
  const place = findPlace(before.contents, path);
  const depth = place.entries.length;
  const isBeside = isDeepStrictEqual(last.slice(0, depth), path.slice(0, depth));
  const after = isBeside ? last[depth] : undefined;
  const edited = value === undefined ? remove(text, place) : put(text, place, value, after);
  if (before.errors.length > 0 || edited === undefined) {
    return undefined;
  }
  const document = parseDocument(edited);
  const isRight =
    document.errors.length === 0 &&
    isDeepStrictEqual(document.toJS(), withValue(before.toJS(), path, value));
  return isRight ? edited : undefined;
}

/** What the edited text must mean. */
function withValue(content: unknown, path: readonly string[], value: Value | undefined): unknown {
  const [key, ...rest] = path;
  if (key === undefined) {
    return value;
  }
  const { [key]: inner, ...others } = (content ?? {}) as Record<string, unknown>;
  const changed = withValue(inner, rest, value);
  if (changed !== undefined) {
    return { ...others, [key]: changed };
  }
  return Object.keys(others).length === 0 ? undefined : others;
}

function findPlace(top: unknown, path: readonly string[]): Place {
  const entries: Entry[] = [];
  let node = top;
  let map: YAMLMap | undefined;
  for (const [depth, key] of path.entries()) {
    if (!isMap(node)) {
      return { entries, map, newKeys: path.slice(depth) };
    }
    map = node;
    const entry = (map.items as Entry[]).find((item) => nameOf(item) === key);
    if (entry === undefined) {
      return { entries, map, newKeys: path.slice(depth) };
    }
    entries.push(entry);
    node = entry.value;
  }
  return { entries, map, newKeys: [] };
}

function put(text: string, place: Place, value: Value, after?: string): string | undefined {
  const { entries, map, newKeys } = place;
  const last = entries.at(-1);
  const nested = nestedAt(newKeys, value) as Value;
  if (last !== undefined && (newKeys.length === 0 || !isMap(last.value))) {
    if (isEmpty(last.value) && typeof nested !== "string" && !map?.flow) {
      return putBelow(text, last, nested);
    }
    return newKeys.length === 0 ? replace(text, last.value, value) : undefined;
  }
  if (map === undefined || typeof nested === "string") {
    return undefined;
  }
  return map.flow ? putIntoFlow(text, map, nested) : putBeside(text, map, nested, after);
}

function replace(text: string, node: Node | null, value: Value): string | undefined {
  if (!isScalar(node) || typeof value !== "string" || node.range == null) {
    return undefined;
  }
  if (node.value === value) {
    return text;
  }
  const [start, end] = node.range;
  return isEmpty(node) ? undefined : splice(text, start, end, scalar(value, node.type));
}

function putBeside(text: string, map: YAMLMap, value: Value, after?: string): string | undefined {
  const items = map.items as Entry[];
  const neighbour = items.find((item) => nameOf(item) === after) ?? items.at(-1);
  const end = neighbour && endOf(neighbour);
  const indent = items[0] && indentOf(text, items[0]);
  return end === undefined || indent === undefined
    ? undefined
    : insertLines(text, end, indent, value);
}

function putBelow(text: string, entry: Entry, value: Value): string | undefined {
  const end = endOf(entry);
  const indent = indentOf(text, entry);
  if (end === undefined || indent === undefined) {
    return undefined;
  }
  return insertLines(text, end, indent + stepOf(text), value);
}

function putIntoFlow(text: string, map: YAMLMap, value: Value): string | undefined {
  const inner = flow(value).slice(2, -2);
  const last = map.items.at(-1) as Entry | undefined;
  const at = last && endOf(last);
  if (at !== undefined) {
    return splice(text, at, at, `, ${inner}`);
  }
  return map.range == null ? undefined : splice(text, map.range[0], map.range[1], `{ ${inner} }`);
}

function remove(text: string, { entries, newKeys }: Place): string | undefined {
  if (newKeys.length > 0) {
    return text;
  }
  // With the mappings around it that would be left empty.
  const isKept = entries.map(({ value }) => isMap(value) && value.items.length > 1);
  const entry = entries[isKept.lastIndexOf(true) + 1];
  const indent = entry && indentOf(text, entry);
  const start = entry?.key.range?.[0];
  const end = entry && endOf(entry);
  if (indent === undefined || start === undefined || end === undefined) {
    return undefined;
  }
  return splice(text, start - indent.length, lineEnd(text, end), "");
}

function nameOf({ key }: Entry): unknown {
  return isScalar(key) ? key.value : undefined;
}

/** Nothing is written where a value could be. */
function isEmpty(node: Node | null): boolean {
  return node === null || (isScalar(node) && node.range?.[0] === node.range?.[1]);
}

/** What stands before a key on its line, if that is space only. */
function indentOf(text: string, { key }: Entry): string | undefined {
  const start = key.range?.[0];
  if (start === undefined) {
    return undefined;
  }
  const indent = text.slice(text.lastIndexOf("\n", start - 1) + 1, start);
  return indent.trim() === "" ? indent : undefined;
}

/** Where what an entry holds ends, without the comments that follow. */
function endOf({ key, value }: Entry): number | undefined {
  const last = isMap(value) && !value.flow ? (value.items.at(-1) as Entry | undefined) : undefined;
  return last === undefined ? (value?.range?.[1] ?? key.range?.[1]) : endOf(last);
}

/** The start of the line after the one in which an offset is, or that just ended there. */
function lineEnd(text: string, offset: number): number {
  if (text[offset - 1] === "\n") {
    return offset;
  }
  const end = text.indexOf("\n", offset);
  return end === -1 ? text.length : end + 1;
}

function splice(text: string, start: number, end: number, middle: string): string {
  return text.slice(0, start) + middle + text.slice(end);
}

/** How far this text indents what is nested. */
function stepOf(text: string): string {
  return /^( +)[^\s#-]/m.exec(text)?.[1] ?? "  ";
}

function insertLines(text: string, offset: number, indent: string, value: Value): string {
  const eol = text.includes("\r\n") ? "\r\n" : "\n";
  const at = lineEnd(text, offset);
  const lines = block(value, stepOf(text)).map((line) => `${indent}${line}${eol}`);
  return splice(text, at, at, (text[at - 1] === "\n" ? "" : eol) + lines.join(""));
}

/** The lines of a mapping. */
function block(mapping: Value, step: string): string[] {
  return Object.entries(mapping).flatMap(([key, value]) => {
    if (typeof value === "string") {
      return [`${key}: ${scalar(value)}`];
    }
    if (isMapping(value)) {
      return [`${key}:`, ...block(value, step).map((line) => step + line)];
    }
    return stringify({ [key]: value }, { lineWidth: 0 })
      .trimEnd()
      .split("\n");
  });
}

function flow(value: unknown): string {
  if (typeof value === "string") {
    return scalar(value);
  }
  if (!isMapping(value)) {
    return JSON.stringify(value);
  }
  const entries = Object.entries(value).map(([key, item]) => `${key}: ${flow(item)}`);
  return `{ ${entries.join(", ")} }`;
}

// What no reader of YAML, of whichever version, takes for a number, a date or a truth value.
const PLAIN =
  /^(\d+\.\d+\.\d+[\w.-]*|sha256:[0-9a-f]+|(?=.*[a-df])[0-9a-f]{64}|[a-z][a-z0-9]*([-./_][a-z0-9]+)+)$/;

/** A text as YAML, in the quotes that were there before. */
function scalar(value: string, before?: string | null): string {
  if (before === "QUOTE_SINGLE") {
    return `'${value.replaceAll("'", "''")}'`;
  }
  return before !== "QUOTE_DOUBLE" && PLAIN.test(value) ? value : JSON.stringify(value);
}
