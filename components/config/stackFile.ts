/** The stack's own files, which say what Pulumi's answers do not: how a value is written. */
import * as fs from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type * as yamlModule from "yaml";

/** The folder that has `Pulumi.yaml`. */
function projectFolder(): string {
  const folder = pulumi.getRootDirectory();
  // Without an engine there is a placeholder.
  return path.isAbsolute(folder) ? folder : process.cwd();
}

/** A path of the configuration, relative to `Pulumi.yaml` wherever the program runs. */
export function inProject(...names: string[]): string {
  const folder = projectFolder();
  return folder === process.cwd() ? path.join(...names) : path.join(folder, ...names);
}

/** `Pulumi.<stack>.yaml`, where `Pulumi.yaml` says that these files are. */
export function stackFile(stack: string): string {
  return inProject(stackConfigFolder(), `Pulumi.${stack}.yaml`);
}

function stackConfigFolder(): string {
  const file = inProject("Pulumi.yaml");
  const text = fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
  // One plain scalar does not justify a YAML parser in every start of the program.
  return /^stackConfigDir:[ \t]*["']?([^"'#\s]+)/m.exec(text)?.[1] ?? "";
}

/** A value without quotes, as it is written. */
export interface PlainScalar {
  path: (string | number)[];
  source: string;
}

/** Undefined where the text is no YAML; whoever reads it for its content says so. */
export function plainScalars(text: string): PlainScalar[] {
  const { isAlias, isMap, isScalar, isSeq, parseDocument } = require("yaml") as typeof yamlModule;
  const found: PlainScalar[] = [];
  const walk = (node: unknown, at: (string | number)[]) => {
    if (isMap(node)) {
      for (const { key, value } of node.items) {
        walk(value, [...at, String(isScalar(key) ? (key.source ?? key.value) : key)]);
      }
    } else if (isSeq(node)) {
      for (const [index, item] of node.items.entries()) {
        walk(item, [...at, index]);
      }
    } else if (isScalar(node) && node.type === "PLAIN" && node.tag === undefined) {
      found.push({ path: at, source: node.source ?? "" });
    } else if (isAlias(node)) {
      walk(node.resolve(document), at);
    }
  };
  const document = parseDocument(text);
  walk(document.contents, []);
  return found;
}

/** What YAML 1.1, which Pulumi reads, takes for a date. */
const DATE =
  /^\d{4}-(0?[1-9]|1[0-2])-(0?[1-9]|[12]\d|3[01])([Tt ]\d\d?:\d\d:\d\d(\.\d*)?( ?(Z|[-+]\d\d(:?\d\d)?))?( [A-Z]+)?)?$/;

/** A number in a notation in which it is not what one reads: `010` is 8, `1_000` is 1000. */
const ODD_NUMBER =
  /^[-+]?(0[\d_]*\d|0o[0-7_]+|0x[\da-fA-F_]+|0b[01_]+|[1-9][\d_]*_[\d_]*(\.[\d_]*)?)$/;

/** In any text there may be some; without, nobody needs to parse it once more. */
const MAYBE =
  /(^|[\s:,[{-])([-+]?(0[\d_]|0[ox][\da-fA-F_]|0b[01_]|[1-9]\d*_\d)|\d{4}-\d\d?-\d\d?)/m;

/** What would silently become another value. */
export function surprises(text: string): { scalar: PlainScalar; isDate: boolean }[] {
  if (!MAYBE.test(text)) {
    return [];
  }
  return plainScalars(text).flatMap((scalar) => {
    const isDate = DATE.test(scalar.source);
    return isDate || ODD_NUMBER.test(scalar.source) ? [{ scalar, isDate }] : [];
  });
}
