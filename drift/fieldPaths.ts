/** Places in an object, as people write them: `spec.template.spec.containers[server].env[X].value`. */
import { isMapping } from "../shared/mappings";

/** Keys of mappings and indexes of lists, from the top of an object. */
export type FieldPath = readonly (string | number)[];

/** By which fields the items of a list are told from each other, the first that does. */
const itemKeys: readonly (readonly string[])[] = [
  ["name"],
  ["containerPort", "protocol"],
  ["port", "protocol"],
  ["mountPath"],
  ["devicePath"],
  ["topologyKey", "whenUnsatisfiable"],
  ["ip"],
  ["uid"],
];

/** What tells an item of a list from its neighbours: a name, `80/TCP`, or its place. */
export type ItemKeys = (item: unknown, index: number) => string;

/** How the items of these lists, which are the same list at different times, are told from each other. */
export function itemKeysOf(...lists: readonly (readonly unknown[])[]): ItemKeys {
  for (const fields of itemKeys) {
    const keyOf = (item: unknown) =>
      isMapping(item) && fields.every((field) => item[field] !== undefined)
        ? fields.map((field) => item[field]).join("/")
        : undefined;
    const isUnique = (list: readonly unknown[]) =>
      list.every((item) => keyOf(item) !== undefined) &&
      new Set(list.map(keyOf)).size === list.length;
    if (lists.every(isUnique)) {
      return (item) => keyOf(item) ?? "";
    }
  }
  return (_, index) => String(index);
}

/** `metadata.annotations["example.com/a"]` for a key that holds dots, `env[X]` for an item. */
export function below(path: string, key: string): string {
  if (!/^[\w-]+$/.test(key)) {
    return `${path}["${key}"]`;
  }
  return path === "" ? key : `${path}.${key}`;
}

export function itemOf(path: string, key: string): string {
  return `${path}[${key}]`;
}

export function isEmpty(value: unknown): boolean {
  return (
    value === undefined ||
    value === null ||
    (Array.isArray(value) && value.length === 0) ||
    (isMapping(value) && Object.keys(value).length === 0)
  );
}
