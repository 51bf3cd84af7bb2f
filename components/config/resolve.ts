import { isMapping, mergeLayers } from "../merge";
import type { ModelDeploymentArgs } from "../modelDeployment";
import { ModelFileError, readModelFile } from "../modelFile";
import { ownedValues } from "../releaseValues";
import type { ModelDefinition, StackDefinition } from "./definition";
import type { KeyPath, Problem } from "./problems";

/** A model as the component takes it. */
export interface ConfiguredModel {
  name: string;
  args: ModelDeploymentArgs;
}

/** A stack's configuration: checked, with the settings for all models worked into each. */
export interface StackConfig {
  models: ConfiguredModel[];
  /** Namespaces the stack creates. */
  namespaces: string[];
}

/** Source is a choice: a model that says `configMap` does not want the default `image` as well. */
const alternatives = ["source"];

/** Works out every model's arguments, and what cannot be so. Reads the model files. */
export function resolve(stack: StackDefinition): { config: StackConfig; problems: Problem[] } {
  const { models, ...forAll } = stack;
  const problems: Problem[] = [];
  const namespaces = new Set<string>();
  const configured = Object.entries(models).map(([name, own]): ConfiguredModel => {
    const said = (path: KeyPath) =>
      isSaidForAll(path, own, forAll) ? path : ["models", name, ...path];
    const report = (path: KeyPath, message: string) => {
      const problem = { path: said(path), message };
      if (!problems.some((known) => JSON.stringify(known) === JSON.stringify(problem))) {
        problems.push(problem);
      }
    };
    const merged = mergeLayers([forAll, own], alternatives) as ModelDefinition;
    const filled = fillPlaceholders(merged, { name, tag: own.tag }, report);
    if (filled.createNamespace === true) {
      addNamespace(filled.namespace, namespaces, report);
    }
    return { name, args: deploymentArgs(name, filled, report) };
  });
  return { config: { models: configured, namespaces: [...namespaces] }, problems };
}

/** Whether the line to edit is among the settings for all models rather than the model's own. */
function isSaidForAll(path: KeyPath, own: unknown, forAll: unknown): boolean {
  if (lookUp(own, path) !== undefined) {
    return false;
  }
  return lookUp(forAll, path) !== undefined || lookUp(own, path.slice(0, 1)) === undefined;
}

type Report = (path: KeyPath, message: string) => void;

function deploymentArgs(name: string, model: ModelDefinition, report: Report): ModelDeploymentArgs {
  const { registry, repository = name, ...image } = model.image ?? {};
  if (registry === undefined) {
    report(["image", "registry"], "missing; accepted: a registry such as ghcr.io/acme");
  }
  checkModelFile(model, report);
  checkValues(model, report);
  checkIngress(model, report);
  return {
    version: model.tag,
    source: model.source,
    sha256: model.sha256,
    golden: model.golden,
    image: { repository: `${registry}/${repository}`, ...image },
    namespace: model.namespace,
    replicas: model.replicas,
    resources: unlessEmpty(model.resources),
    ingress: unlessEmpty(model.ingress),
    values: model.values,
    release: model.release,
  };
}

// Pulumi.yaml gives every mapping the default {}.
function unlessEmpty<T extends object>(mapping: T | undefined): T | undefined {
  return mapping === undefined || Object.keys(mapping).length === 0 ? undefined : mapping;
}

function checkModelFile(model: ModelDefinition, report: Report): void {
  if (model.image?.digest !== undefined) {
    return;
  }
  if (model.source?.image === undefined) {
    report(["source"], "missing; accepted: a mapping with image (or set image.digest)");
    return;
  }
  try {
    const file = readModelFile(model.source.image.path, model.golden);
    if (model.sha256 !== undefined && model.sha256 !== file.sha256) {
      report(["sha256"], `found ${model.sha256}, but ${file.path} has ${file.sha256}`);
    }
  } catch (error) {
    if (!(error instanceof ModelFileError)) {
      throw error;
    }
    report(error.file === "model" ? ["source", "image", "path"] : ["golden"], error.message);
  }
}

function checkValues(model: ModelDefinition, report: Report): void {
  for (const [key, instead] of Object.entries(ownedValues)) {
    if (model.values !== undefined && key in model.values) {
      report(["values", key], `set by the deployment itself; use instead: ${instead}`);
    }
  }
}

function checkIngress(model: ModelDefinition, report: Report): void {
  if (model.ingress?.enabled === true && (model.ingress.hosts ?? []).length === 0) {
    report(["ingress", "hosts"], "missing; accepted: a list of mappings with host and paths");
  }
}

function addNamespace(namespace: string | undefined, all: Set<string>, report: Report): void {
  if (namespace === undefined || namespace === "default" || namespace.startsWith("kube-")) {
    report(
      ["createNamespace"],
      `the namespace ${namespace ?? "default"} belongs to the cluster; name one in namespace`,
    );
  } else {
    all.add(namespace);
  }
}

const withPlaceholders = ["source", "golden", "ingress", "image"];

/** `{name}` and `{tag}`: one setting for all models, and one line to edit for a new tag. */
function fillPlaceholders(
  model: ModelDefinition,
  known: Readonly<Record<string, string>>,
  report: Report,
): ModelDefinition {
  const fill = (value: unknown, path: KeyPath): unknown => {
    if (typeof value === "string") {
      return value.replace(/\{([^{}]*)\}/g, (placeholder, key: string) => {
        const replacement = Object.hasOwn(known, key) ? known[key] : undefined;
        if (replacement === undefined) {
          report(path, `found the placeholder ${placeholder}; accepted: {name} and {tag}`);
        }
        return replacement ?? placeholder;
      });
    }
    if (Array.isArray(value)) {
      return value.map((item, index) => fill(item, [...path, index]));
    }
    if (isMapping(value)) {
      return Object.fromEntries(
        Object.entries(value).map(([key, item]) => [key, fill(item, [...path, key])]),
      );
    }
    return value;
  };
  return Object.fromEntries(
    Object.entries(model).map(([key, value]) => [
      key,
      withPlaceholders.includes(key) ? fill(value, [key]) : value,
    ]),
  ) as ModelDefinition;
}

function lookUp(value: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>(
    (parent, key) =>
      typeof parent === "object" && parent !== null
        ? (parent as Record<PropertyKey, unknown>)[key]
        : undefined,
    value,
  );
}
