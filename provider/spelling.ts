import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { keyOf, type Problem } from "../components/problems/problem";
import { isMapping } from "../shared/mappings";
import type { PackageSchema } from "./packageSchema";

/** How a language spells the name of an argument. */
export type Spelling = (name: string) => string;

const spellings: Readonly<Record<string, Spelling>> = {
  python: (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
  go: pascalCase,
  dotnet: pascalCase,
};

function pascalCase(name: string): string {
  return name.slice(0, 1).toUpperCase() + name.slice(1);
}

/** The spelling of the program's language, which its Pulumi.yaml names. */
export function spellingOfProgram(folder: string): Spelling {
  return spellings[runtimeOf(folder)] ?? ((name) => name);
}

function runtimeOf(folder: string): string {
  for (const name of ["Pulumi.yaml", "Pulumi.yml", "Pulumi.json"]) {
    const file = path.join(folder, name);
    if (fs.existsSync(file)) {
      const project: unknown = parse(fs.readFileSync(file, "utf8"));
      const runtime = isMapping(project) ? project.runtime : undefined;
      return String(isMapping(runtime) ? runtime.name : runtime);
    }
  }
  const parent = path.dirname(folder);
  return parent === folder ? "" : runtimeOf(parent);
}

/** A problem with its argument, and with those that its remedy names, as the program writes them. */
export function inLanguage(
  { path: keys, message }: Problem,
  component: string,
  schema: PackageSchema,
  spelling: Spelling,
): string {
  const named = schema.namedLength(component, keys);
  // An unknown key stands where only the package's own names are known.
  const key = keyOf(
    keys.map((part, index) => (index < named && typeof part === "string" ? spelling(part) : part)),
  );
  const isOfChart = keys[0] === "values";
  const names = schema.names;
  const told = message.replace(/\b[a-z][A-Za-z0-9]*(?:\.[a-z][A-Za-z0-9]*)*\b/g, (words) => {
    const parts = words.split(".");
    const length = schema.namedLength(component, parts);
    if (parts.length > 1 && length > 1) {
      return parts.map((part, index) => (index < length ? spelling(part) : part)).join(".");
    }
    const isName = parts.length === 1 && /[A-Z]/.test(words) && names.has(words);
    return isName && !isOfChart ? spelling(words) : words;
  });
  return `${key}: ${told}`;
}
