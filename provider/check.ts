import * as pulumi from "@pulumi/pulumi";
import { checkConfig } from "../components/config/check";
import { nearest } from "../components/problems/didYouMean";
import type { KeyPath, Problem } from "../components/problems/problem";
import { isMapping, type Values } from "../shared/mappings";
import type { PackageSchema } from "./packageSchema";
import type { PropertySpec } from "./schemaTypes";

/**
 * All that is wrong with the arguments of a component, whatever its language lets through. They are checked
 * as the stack's configuration is, whose settings they are under other names; what is an output is left
 * to the component.
 */
export function argumentProblems(
  component: string,
  name: string,
  args: Values,
  schema: PackageSchema,
): Problem[] {
  const unknown = unknownKeys(args, schema.inputsOf(component), [], schema);
  const problems =
    component === "ServingImage" ? imageProblems(name, args) : modelProblems(name, args);
  return [
    ...unknown,
    ...problems.filter(({ path }) => !unknown.some((one) => isWithin(path, one.path))),
  ];
}

function modelProblems(name: string, args: Values): Problem[] {
  const { version, server, fetcher, chart, image, ...same } = args;
  return [
    ...(isMapping(image) ? repositoryProblems(image, ["image"]) : []),
    ...settingProblems(name, { tag: version, ...same, image: asSetting(image) }).map(
      ({ path: [first, ...rest], message }) => ({
        path: [first === "tag" ? "version" : (first as PropertyKey), ...rest],
        message,
      }),
    ),
  ];
}

function imageProblems(name: string, args: Values): Problem[] {
  const { program, tag, ...image } = args;
  // Any image that is built; its model is none of this component's arguments here.
  const model = { tag: "1", source: { persistentVolumeClaim: {} }, sha256: "0".repeat(64) };
  return [
    ...repositoryProblems(image, []),
    ...(program === undefined || program === "server" || program === "fetcher"
      ? []
      : [
          {
            path: ["program"],
            message: `found ${JSON.stringify(program)}; accepted: server or fetcher`,
          },
        ]),
    ...settingProblems(name, { ...model, image: asSetting(image) }).flatMap(({ path, message }) =>
      path[0] === "image" ? [{ path: path.slice(1), message }] : [],
    ),
  ];
}

const repositoryPattern = /^[a-z0-9]([a-z0-9._:/-]*[a-z0-9])?$/;

function repositoryProblems({ repository }: Values, at: KeyPath): Problem[] {
  if (pulumi.Output.isInstance(repository)) {
    return [];
  }
  const isRepository =
    typeof repository === "string" &&
    repositoryPattern.test(repository) &&
    !/:[^/]*$/.test(repository.split("/").slice(1).join("/"));
  const found = repository === undefined ? "missing" : `found ${JSON.stringify(repository)}`;
  const message = `${found}; accepted: where the image lies, without tag, such as ghcr.io/acme/wine`;
  return isRepository ? [] : [{ path: [...at, "repository"], message }];
}

/** The configuration says in two settings where an image lies. */
function asSetting(image: unknown): unknown {
  return isMapping(image) ? { ...image, repository: undefined, registry: "localhost" } : image;
}

/** What the definition of the stack's configuration says of one model. */
function settingProblems(name: string, settings: Values): Problem[] {
  const outputs: KeyPath[] = [];
  const model = withoutOutputs(settings, [], outputs) as Values;
  const check = (one: Values) =>
    checkConfig({ models: { [name]: one } }).problems.map(({ path, message }) => ({
      path: path[0] === "models" ? path.slice(2) : path,
      message,
    }));
  const problems = check(model);
  // Without a tag the configuration has no model, of which the rest could be checked.
  const isTagWrong = problems.some(({ path }) => path[0] === "tag");
  const further = isTagWrong ? check({ ...model, tag: "1" }) : [];
  return [...problems, ...further.filter((one) => !problems.some((known) => isSame(one, known)))]
    .filter(({ path }) => path.length > 0)
    .filter(({ path }) => !outputs.some((one) => isWithin(path, one)));
}

function isSame(one: Problem, other: Problem): boolean {
  return one.message === other.message && isWithin(one.path, other.path);
}

/** What is known of a value. What is not known leaves a gap, of which nothing is reported. */
function withoutOutputs(value: unknown, path: KeyPath, outputs: KeyPath[]): unknown {
  if (pulumi.Output.isInstance(value)) {
    outputs.push(path);
    return undefined;
  }
  if (Array.isArray(value)) {
    return value.map((item, index) => withoutOutputs(item, [...path, index], outputs));
  }
  if (!isMapping(value)) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, item]) => [key, withoutOutputs(item, [...path, key], outputs)] as const)
      .filter(([, item]) => item !== undefined),
  );
}

function isWithin(path: KeyPath, outer: KeyPath): boolean {
  return outer.every((key, index) => path[index] === key);
}

function unknownKeys(
  args: Values,
  properties: Record<string, PropertySpec>,
  at: KeyPath,
  schema: PackageSchema,
): Problem[] {
  return Object.entries(args).flatMap(([key, value]): Problem[] => {
    const path = [...at, key];
    const spec = properties[key];
    if (spec === undefined) {
      const known = Object.keys(properties);
      const near = nearest(key, known);
      const remedy = near === undefined ? `accepted: ${known.join(", ")}` : `did you mean ${near}?`;
      return [{ path, message: `unknown argument; ${remedy}` }];
    }
    return entriesOf(value, spec, path, schema).flatMap(({ mapping, named, path: below }) =>
      unknownKeys(mapping, named, below, schema),
    );
  });
}

/** The mappings with keys of the package's own in a value. */
function entriesOf(
  value: unknown,
  spec: PropertySpec,
  path: KeyPath,
  schema: PackageSchema,
): { mapping: Values; named: Record<string, PropertySpec>; path: KeyPath }[] {
  if (Array.isArray(value) && spec.items !== undefined) {
    const items = spec.items;
    return value.flatMap((item, index) => entriesOf(item, items, [...path, index], schema));
  }
  const named = schema.propertiesOf(spec);
  return isMapping(value) && named !== undefined ? [{ mapping: value, named, path }] : [];
}
