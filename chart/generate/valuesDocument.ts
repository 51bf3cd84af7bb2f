/** Reads values.yaml together with what its comments say about each value. */
import { isMap, isScalar, type Node, parse, parseDocument, type YAMLMap } from "yaml";

/** What `# @schema` may say: JSON Schema, and shorthands that schema.ts expands. */
export interface Annotation {
  [keyword: string]: unknown;
}

interface Described {
  name: string;
  path: string;
  description: string;
  /** What `# @env` says, which variables.ts reads. */
  env: unknown;
}

/** A value that a user sets as a whole. */
export interface Leaf extends Described {
  kind: "leaf";
  annotation: Annotation;
  default: unknown;
  /** What it was called before, which still works. */
  alias?: string;
}

/** A map whose keys the chart fixes. */
export interface Group extends Described {
  kind: "group";
  children: Value[];
}

export type Value = Leaf | Group;

/** A chapter of the README: the values that follow `# @section -- title`. */
export interface Section {
  title: string;
  prose: string;
  values: Value[];
}

interface Comment {
  description: string;
  annotation: Annotation | undefined;
  env: unknown;
  alias: string | undefined;
}

/** The comment lines directly above a line, the marker and one space removed. */
function commentAbove(lines: string[], line: number): string[] {
  const found: string[] = [];
  for (let i = line - 1; i >= 0; i--) {
    const match = /^\s*#(?: (.*)|)$/.exec(lines[i] ?? "");
    if (match === null) {
      break;
    }
    found.unshift(match[1] ?? "");
  }
  return found;
}

const markers = { description: "-- ", schema: "@schema", env: "@env ", alias: "@alias " } as const;

/** What follows each marker, up to the next one. */
function readMarked(lines: string[]): Record<keyof typeof markers, string[]> {
  const marked = { description: [], schema: [], env: [], alias: [] } as Record<
    keyof typeof markers,
    string[]
  >;
  let target: string[] | undefined;
  for (const line of lines) {
    const marker = Object.entries(markers).find(([, text]) => line.startsWith(text));
    if (marker === undefined) {
      target?.push(line);
    } else {
      const [name, text] = marker;
      target = marked[name as keyof typeof markers];
      target.push(line.slice(text.length));
    }
  }
  return marked;
}

function readComment(path: string, lines: string[]): Comment {
  const { description, schema, env, alias } = readMarked(lines);
  const yaml = schema.join("\n").trim();
  const annotation = yaml === "" ? undefined : parse(schema.join("\n"));
  if (annotation !== undefined && (typeof annotation !== "object" || annotation === null)) {
    throw new Error(`${path}: @schema must be followed by a map, not by ${yaml}`);
  }
  return {
    description: description.join(" ").trim(),
    annotation,
    env: env.length === 0 ? undefined : parse(env.join("\n")),
    alias: alias[0]?.trim(),
  };
}

export function readValues(source: string): Section[] {
  const lines = source.split("\n");
  const document = parseDocument(source, { keepSourceTokens: true });
  if (document.errors.length > 0) {
    throw document.errors[0];
  }
  const lineOf = (node: Node): number =>
    source.slice(0, node.range?.[0] ?? 0).split("\n").length - 1;

  const readMap = (map: YAMLMap, parent: string): { value: Value; line: number }[] =>
    map.items.map((pair) => {
      if (!isScalar(pair.key)) {
        throw new Error(`${parent}: keys must be plain text`);
      }
      const name = String(pair.key.value);
      const path = parent === "" ? name : `${parent}.${name}`;
      const line = lineOf(pair.key);
      const { description, annotation, env, alias } = readComment(path, commentAbove(lines, line));
      if (isMap(pair.value) && annotation === undefined) {
        if (alias !== undefined) {
          throw new Error(`${path}: only a value that is no group can have an @alias`);
        }
        if (pair.value.items.length === 0) {
          throw new Error(`${path}: an empty map needs a @schema that says what it may hold`);
        }
        const children = readMap(pair.value, path).map((entry) => entry.value);
        return { line, value: { kind: "group", name, path, description, env, children } };
      }
      if (description === "") {
        throw new Error(`${path}: no description, write one as "# -- ..."`);
      }
      const value = (pair.value as Node | null)?.toJS(document) ?? null;
      return {
        line,
        value: {
          kind: "leaf",
          name,
          path,
          description,
          env,
          annotation: annotation ?? {},
          default: value,
          ...(alias !== undefined && { alias }),
        },
      };
    });

  if (!isMap(document.contents)) {
    throw new Error("values.yaml does not hold a map");
  }
  const entries = readMap(document.contents, "");
  return readSections(lines, entries);
}

function readSections(lines: string[], entries: { value: Value; line: number }[]): Section[] {
  const sections: (Section & { line: number })[] = [];
  lines.forEach((text, line) => {
    const title = /^# @section -- (.+)$/.exec(text)?.[1];
    if (title === undefined) {
      return;
    }
    const prose: string[] = [];
    for (let i = line + 1; lines[i]?.startsWith("#"); i++) {
      prose.push((lines[i] ?? "").replace(/^# ?/, ""));
    }
    sections.push({ title, prose: prose.join("\n"), values: [], line });
  });
  for (const { value, line } of entries) {
    const section = sections.filter((candidate) => candidate.line < line).at(-1);
    if (section === undefined) {
      throw new Error(`${value.path} stands before the first @section`);
    }
    section.values.push(value);
  }
  return sections.map(({ title, prose, values }) => ({ title, prose, values }));
}

/** The paths of the values that the chart cannot do without: all that may not be null. */
export function neededValues(values: Value[]): string[] {
  return values.flatMap((value) => {
    if (value.kind === "group") {
      return [value.path, ...neededValues(value.children)];
    }
    const { type, enum: choices } = value.annotation;
    const mayBeNull =
      value.default === null ||
      (Array.isArray(type) && type.includes("null")) ||
      (Array.isArray(choices) && choices.includes(null));
    return mayBeNull ? [] : [value.path];
  });
}
