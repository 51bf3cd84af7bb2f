/**
 * Makes components/config/chartSettings.ts: the values that the stack config takes over from the chart, with
 * their limits, defaults and meaning, as settings in Zod.
 */
import { formatted } from "./formatted";
import type { Schema } from "./jsonSchema";
import { oldName } from "./renamed";
import { kubernetesTypes } from "./shorthands";
import type { Annotation, Value } from "./valuesDocument";

/** What the stack config has under a key of its own; what else there is stands under its `values`. */
const TAKEN = [
  "image.tag",
  "image.digest",
  "image.pullPolicy",
  "model.sha256",
  "model.allowPickle",
  "model.persistentVolumeClaim",
  "model.uri",
  "resources",
  "ingress",
];

const FILE = "components/config/chartSettings.ts";

const HEAD = `// Generated from chart/values.yaml by \`npm run chart:generate\`. Do not edit: edit chart/values.yaml.
import { z } from "zod";
import { resourcesOf } from "./resources";
import { chartText, deprecated, flag, group, listOfTexts, mapOfTexts, oneOf, quantity, required, setting, wholeNumber } from "./setting";

`;

/** What is said of a value, or of a part of one. */
interface Meaning {
  path: string;
  description: string;
  default?: unknown;
}

export function makeConfigSettings(values: Value[]): string {
  const source = HEAD + exported(values);
  return formatted(FILE, source);
}

function exported(values: Value[]): string {
  const groups = values.flatMap((value) => {
    const code = codeOf(value, isTaken(value.path));
    return code === undefined
      ? []
      : [`/** Of \`${value.path}\`. */\nexport const ${value.name} = ${code};`];
  });
  return groups.join("\n\n");
}

const isTaken = (path: string): boolean => TAKEN.includes(path);

/** The code of a value as far as it is taken over; a group is a plain mapping of settings. */
function codeOf(value: Value, isWhole: boolean): string | undefined {
  if (value.kind === "leaf") {
    const { annotation, path, description } = value;
    return isWhole
      ? settingOf(annotation, { path, description, default: value.default })
      : undefined;
  }
  const entries = value.children.flatMap((child) => {
    const code = codeOf(child, isWhole || isTaken(child.path));
    if (code === undefined) {
      return [];
    }
    const entry = `${child.name}: ${code}`;
    return child.kind === "leaf" && child.alias !== undefined
      ? [
          entry,
          `${child.alias}: ${call("deprecated", codeOf({ ...child, description: oldName(child.name) }, true))}`,
        ]
      : [entry];
  });
  return entries.length === 0 ? undefined : `{ ${entries.join(", ")} }`;
}

const call = (name: string, ...args: unknown[]): string =>
  `${name}(${args.map((arg) => (arg === undefined ? "undefined" : arg)).join(", ")})`.replace(
    /(, undefined)+\)$/,
    ")",
  );
const json = (value: unknown): string | undefined =>
  value === undefined || value === null || value === "" ? undefined : JSON.stringify(value);

function settingOf(annotation: Annotation, meaning: Meaning): string {
  const { path, default: byDefault } = meaning;
  const { accepts, enum: choices, kubernetes, map, items, properties, propertyNames } = annotation;
  const description = JSON.stringify(meaning.description);
  if (Array.isArray(choices)) {
    return call("oneOf", JSON.stringify(choices), description, json(byDefault));
  }
  if (kubernetes === "Quantity") {
    return call("setting", "quantity", description, JSON.stringify(accepts), json(byDefault));
  }
  if (kubernetes === "ResourceRequirements") {
    return call("resourcesOf", description, JSON.stringify(byDefault));
  }
  if (kubernetes !== undefined) {
    return kubernetesGroup(annotation, meaning);
  }
  if (map === "annotation") {
    return call("mapOfTexts", description);
  }
  if (items !== undefined) {
    return listSetting(items as Annotation, annotation, meaning);
  }
  if (properties !== undefined) {
    return propertiesGroup(annotation, meaning);
  }
  if (map !== undefined || propertyNames !== undefined) {
    throw new Error(`${path}: the stack config cannot take over a map like that`);
  }
  return scalarSetting(annotation, meaning);
}

function scalarSetting(
  annotation: Annotation,
  { path, description, default: byDefault }: Meaning,
): string {
  const { accepts, maximum, maxLength, minimum, minLength, pattern, type } = annotation;
  const said = JSON.stringify(description);
  if (typeof byDefault === "boolean") {
    return call("flag", said, byDefault);
  }
  if (typeof byDefault === "number") {
    return call("wholeNumber", said, minimum, maximum, byDefault);
  }
  if (type !== undefined && ![type].flat().includes("string")) {
    throw new Error(`${path}: the stack config cannot take over a ${String(type)}`);
  }
  if (pattern !== undefined && accepts === undefined) {
    throw new Error(`${path}: the stack config takes it over, say in @schema what it \`accepts\``);
  }
  // No name and no version is a checksum.
  if (String(pattern).includes("{64}")) {
    const schema = `z.string().regex(${new RegExp(String(pattern))})`;
    return call("setting", schema, said, JSON.stringify(accepts), json(byDefault));
  }
  const form = [
    ...(minLength === undefined ? [] : [`min: ${minLength}`]),
    ...(maxLength === undefined ? [] : [`max: ${maxLength}`]),
    ...(pattern === undefined ? [] : [`pattern: ${new RegExp(String(pattern))}`]),
  ];
  return call(
    "chartText",
    said,
    JSON.stringify(accepts ?? "text"),
    `{ ${form.join(", ")} }`,
    json(byDefault),
  );
}

function listSetting(
  items: Annotation,
  list: Annotation,
  { path, description, default: byDefault }: Meaning,
): string {
  const said = JSON.stringify(description);
  const least = list.minItems === undefined ? "" : `.min(${list.minItems})`;
  const own = Array.isArray(byDefault) && byDefault.length > 0 ? byDefault : undefined;
  if (Array.isArray(items.enum)) {
    const choices = `z.array(z.enum(${JSON.stringify(items.enum)}))${least}`;
    const words = items.enum.join(", ").replace(/, ([^,]*)$/, " or $1");
    return call("setting", choices, said, JSON.stringify(`a list of ${words}`), json(own));
  }
  const element = settingOf(items, { path: `${path}[]`, description: "" });
  const keys = Object.keys(((items.fields ?? items.properties) as Schema | undefined) ?? {});
  const words = `a list of mappings with ${keys.join(" and ")}`;
  return call("setting", `z.array(${element})${least}`, said, JSON.stringify(words), json(own));
}

/** A mapping that values.yaml declares as JSON Schema. */
function propertiesGroup(
  { properties, required: needed }: Annotation,
  { path, description }: Meaning,
): string {
  const entries = Object.entries(properties as Record<string, Annotation>).map(
    ([name, annotation]) => {
      const meaning = { path: `${path}.${name}`, description: String(annotation.description) };
      return `${name}: ${ifRequired(name, needed, settingOf(annotation, meaning))}`;
    },
  );
  return groupOf(description, entries);
}

/** A mapping that Kubernetes declares, with the words of values.yaml for each field. */
function kubernetesGroup(
  { kubernetes, fields = {} }: Annotation,
  { path, description }: Meaning,
): string {
  const { properties, required: needed } = kubernetesTypes[String(kubernetes)] as {
    properties: Record<string, Schema>;
    required?: string[];
  };
  const words = fields as Record<string, string | Annotation>;
  const entries = Object.keys(words)
    .concat(Object.keys(properties).filter((name) => !(name in words)))
    .map((name) => {
      const [word, type] = [words[name], properties[name]?.type];
      if (word === undefined || (type !== "string" && type !== "array")) {
        throw new Error(
          `${path}.${name}: the stack config takes it over, say in @schema as \`fields\` what it is`,
        );
      }
      const { description: about, accepts }: Annotation =
        typeof word === "string" ? { description: word } : word;
      const code =
        type === "string"
          ? call("chartText", JSON.stringify(about), JSON.stringify(accepts ?? "text"), "{}")
          : call("listOfTexts", JSON.stringify(about), JSON.stringify(accepts));
      return `${name}: ${ifRequired(name, needed, code)}`;
    });
  return groupOf(description, entries);
}

/** An entry of a list is explained by the list. */
const groupOf = (description: string, entries: string[]): string =>
  description === ""
    ? `z.strictObject({ ${entries.join(", ")} })`
    : call("group", JSON.stringify(description), `{ ${entries.join(", ")} }`);

const ifRequired = (name: string, needed: unknown, code: string): string =>
  Array.isArray(needed) && needed.includes(name) ? call("required", code) : code;
