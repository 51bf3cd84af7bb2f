import * as fs from "node:fs";
import { isDeepStrictEqual } from "node:util";
import type { Values } from "../../shared/mappings";
import type { KeyPath, Problem, Written } from "../problems/problem";
import { dateMeant } from "../problems/quotes";
import { type ModelFiles, readModelFiles } from "./modelFiles";
import { isInSecret } from "./problems";
import { type PlainScalar, plainScalars, surprises } from "./stackFile";

/** The configuration with what stands in further files, and what is wrong with how it is written. */
export interface WrittenConfig {
  input: Record<string, unknown>;
  /** Files of models that have one of their own, by name. */
  files: Record<string, string>;
  problems: Problem[];
  written: Written;
}

export interface StackText {
  /** Content of the stack's file, if there is one. */
  text: string;
  /** Its name, for people. */
  name: string;
  /** What stands before the keys in it: `model-deployment:`. */
  prefix: string;
}

/** Adds the models that are in files of their own to the settings of the stack's file. */
export function withModelFiles(settings: Record<string, unknown>, stack: StackText): WrittenConfig {
  const { modelsFrom, models } = settings;
  const folder = typeof modelsFrom === "string" && modelsFrom !== "" ? modelsFrom : undefined;
  const from: ModelFiles = folder
    ? readModelFiles(folder)
    : { models: {}, files: {}, problems: [] };
  const own = isRecord(models) ? models : {};
  const twice = Object.keys(own).filter((name) => name in from.files);
  const problems = [
    ...twice.map((name) => ({ path: ["models", name], message: writtenTwice(name, from, stack) })),
    ...from.problems,
    ...oddlyWritten(stack, from.files),
  ];
  const isOwnUsed = models !== undefined && !isRecord(models);
  const input =
    folder === undefined || isOwnUsed
      ? settings
      : { ...settings, models: { ...own, ...from.models } };
  return { input, files: from.files, problems, written: writtenIn(stack, from.files) };
}

function isRecord(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function writtenTwice(name: string, { files }: ModelFiles, stack: StackText): string {
  return `stands in ${stack.name} too; edit it in ${files[name]}, and remove it there: pulumi config rm --path models.${name}`;
}

function oddlyWritten(stack: StackText, files: Readonly<Record<string, string>>): Problem[] {
  const texts: [text: string, pathOf: (at: PlainScalar["path"]) => KeyPath | undefined][] = [
    [stack.text, (at) => keyIn(stack, at)],
    ...Object.entries(files).map(([name, file]): (typeof texts)[number] => [
      fs.readFileSync(file, "utf8"),
      (at) => ["models", name, ...at],
    ]),
  ];
  return texts.flatMap(([text, pathOf]) =>
    surprises(text).flatMap(({ scalar, isDate }) => {
      const path = pathOf(scalar.path);
      return path === undefined ? [] : [{ path, message: oddly(path, scalar.source, isDate) }];
    }),
  );
}

/** The setting at a place of the stack's file; undefined for those of others. */
function keyIn(
  { prefix }: StackText,
  [top, key, ...rest]: PlainScalar["path"],
): KeyPath | undefined {
  return top === "config" && String(key).startsWith(prefix)
    ? [String(key).slice(prefix.length), ...rest]
    : undefined;
}

function oddly(path: KeyPath, source: string, isDate: boolean): string {
  if (isInSecret(path)) {
    return "stands there without quotes, and YAML takes it for something else than text; put it in quotes";
  }
  const before = dateMeant(source);
  if (before !== undefined) {
    return `found ${source}, which Pulumi has made of a date without quotes; write "${before}" with the quotes`;
  }
  return isDate
    ? `found ${source} without quotes, which YAML takes for a date and changes; write "${source}" with the quotes`
    : `found ${source} without quotes, which YAML takes for the number ${numberOf(source)}; write ${numberOf(source)}, or "${source}" with the quotes if text is meant`;
}

/** As YAML 1.1 reads it. */
function numberOf(source: string): number {
  const digits = source.replaceAll("_", "").toLowerCase();
  const sign = digits.startsWith("-") ? -1 : 1;
  const bare = digits.replace(/^[-+]/, "");
  return sign * (/^0[0-7]+$/.test(bare) ? Number.parseInt(bare, 8) : Number(bare));
}

/** Looked up only for what is wrong: parsing the files once more takes a while. */
function writtenIn(stack: StackText, files: Readonly<Record<string, string>>): Written {
  const known = new Map<string, PlainScalar[]>();
  const scalars = (name: string, read: () => string) => {
    const found = known.get(name) ?? plainScalars(read());
    known.set(name, found);
    return found;
  };
  return (path) => {
    const [top, name, ...rest] = path;
    const file = top === "models" ? files[String(name)] : undefined;
    const [all, at] =
      file === undefined
        ? [
            scalars("", () => stack.text),
            ["config", `${stack.prefix}${String(top)}`, ...path.slice(1)],
          ]
        : [scalars(file, () => fs.readFileSync(file, "utf8")), rest];
    return all.find((scalar) => isDeepStrictEqual(scalar.path, at))?.source;
  };
}
