import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { isMapping, mergeLayers, valueAt } from "../../shared/mappings";
import { packageFolder } from "../../shared/packageFolder";
import { UserError } from "../../shared/userError";
import { defaults } from "../arguments/defaults";
import type { ModelDeploymentArgs } from "../arguments/modelDeployment";
import { withoutOtherNames } from "../arguments/oldNames";
import { kindOf } from "../arguments/source";
import type { ServingImageArgs } from "../image/servingImage";
import { servingImageArgs } from "../image/servingImageArgs";
import { isOwnServer } from "../model/ownServer";
import { type ImageToBuild, type ModelPlan, type PlannedImage, planModel } from "../model/plan";
import { findLock } from "../model/requirements";
import type { KeyPath, Problem, Written } from "../problems/problem";
import { locateChart } from "../release/chart";
import { ChartDocuments } from "../release/chartDocuments";
import { ownedValues } from "../release/ownedValues";
import { valuesProblems } from "../release/valuesProblems";
import { type ModelDefinition, type StackDefinition, stackDefinition } from "./definition";
import { nodeAt } from "./problems";
import { explanations } from "./setting";

/** A model as the component takes it. */
export interface ConfiguredModel {
  name: string;
  args: ModelDeploymentArgs;
  /** What was decided about the model by these arguments. */
  plan: ModelPlan;
  /** Name of the server image it shares, if the model is not baked in. */
  server?: string;
  /** Name of the image it shares of the program that downloads, if its model is downloaded. */
  fetcher?: string;
}

/** A stack's configuration: checked, with the settings for all models worked into each. */
export interface StackConfig {
  models: ConfiguredModel[];
  /** Namespaces the stack creates. */
  namespaces: string[];
  /** Images without a model, by name, each shared by the models that name it. */
  images: Record<string, ServingImageArgs>;
  /** Whether to look for what is in the way before an update changes anything. */
  preflight: boolean;
}

/** Source is a choice: a model that says `configMap` does not want the default `image` as well. */
const alternatives = ["source"];

/** Works out every model's arguments, and what cannot be so. Reads the model files. */
export function resolve(
  stack: StackDefinition,
  written: Written,
): { config: StackConfig; problems: Problem[] } {
  const { models, modelsFrom: _, preflight = true, ...shared } = stack;
  const problems: Problem[] = [];
  const namespaces = new Set<string>();
  const images: StackConfig["images"] = {};
  const routes = new Map<string, string>();
  const configured = Object.entries(models).flatMap(([name, own]): ConfiguredModel[] => {
    const keyOfSetting = (path: KeyPath) =>
      isShared(path, own, shared) ? path : ["models", name, ...path];
    const report = (path: KeyPath, message: string) => {
      const problem = { path: keyOfSetting(path), message };
      if (!problems.some((known) => JSON.stringify(known) === JSON.stringify(problem))) {
        problems.push(problem);
      }
    };
    const merged = mergeLayers([below(shared, own), own], alternatives) as ModelDefinition;
    const filled = fillPlaceholders(merged, { name, tag: own.tag }, report);
    if (filled.createNamespace === true) {
      addNamespace(filled.namespace, namespaces, report);
    }
    checkValues(filled, report, (path) => written(keyOfSetting(path)));
    const model = planned(name, filled, report);
    addRoutes(name, filled, routes, report);
    if (model === undefined) {
      return [];
    }
    const { args, plan } = model;
    const share = (image: PlannedImage | undefined) =>
      image?.kind === "build" && image.model === undefined
        ? addImage(image, args, images, report)
        : undefined;
    return [{ name, args, plan, server: share(plan.server), fetcher: share(plan.fetcher) }];
  });
  const config = { models: configured, namespaces: [...namespaces], images, preflight };
  return { config, problems };
}

/** The settings for all, as far as values of the chart are not those that the model sets under another name. */
function below(shared: Partial<ModelDefinition>, own: ModelDefinition): Partial<ModelDefinition> {
  return shared.values === undefined || own.values === undefined
    ? shared
    : { ...shared, values: withoutOtherNames(shared.values, own.values) };
}

/** Whether the line to edit is among the settings for all models rather than the model's own. */
function isShared(path: KeyPath, own: unknown, shared: unknown): boolean {
  if (valueAt(own, path) !== undefined || !(String(path[0]) in stackDefinition.shape)) {
    return false;
  }
  return valueAt(shared, path) !== undefined || valueAt(own, path.slice(0, 1)) === undefined;
}

type Report = (path: KeyPath, message: string) => void;

/** The arguments of a model, and what is decided by them; undefined where that cannot be said. */
function planned(
  name: string,
  model: ModelDefinition,
  report: Report,
): Pick<ConfiguredModel, "args" | "plan"> | undefined {
  const isOwn = isOwnServer({ image: { repository: "", ...model.image }, values: model.values });
  const {
    registry,
    repository = kindOf(model.source) === "image" || isOwn ? name : "model-server",
    ...image
  } = model.image ?? {};
  if (registry === undefined) {
    report(["image", "registry"], "missing; accepted: a registry such as ghcr.io/acme");
  }
  const args: ModelDeploymentArgs = {
    version: model.tag,
    source: unlessEmpty(model.source),
    sha256: model.sha256,
    golden: model.golden,
    allowPickle: model.allowPickle,
    image: { repository: registry === undefined ? "" : `${registry}/${repository}`, ...image },
    namespace: model.namespace,
    replicas: model.replicas,
    resources: unlessEmpty(model.resources),
    ingress: unlessEmpty(model.ingress),
    values: model.values,
    release: model.release,
    chart: model.chart,
  };
  // Also without a registry: what else is wrong with the model shows at once.
  const { plan, problems } = planModel(name, args);
  for (const { path, message } of problems) {
    report(path, message);
  }
  checkIngress(model, report);
  if (image.tag !== undefined && image.digest === undefined) {
    report(
      ["image", "tag"],
      "only goes with image.digest, and there is none: an image that is built has the model's tag and a digest of what it is built from",
    );
  }
  return registry === undefined || plan === undefined ? undefined : { args, plan };
}

/** One image serves all models that want it of the same repository and platform. */
function addImage(
  image: ImageToBuild,
  { image: settings }: ModelDeploymentArgs,
  images: StackConfig["images"],
  report: Report,
): string {
  const args = servingImageArgs(image, settings);
  const repository = String(args.repository).split("/").slice(1).join("-");
  const suffix = image.platform === defaults.image.platform ? "" : `-${image.platform}`;
  const packages = image.requirements === undefined ? "" : packagesSuffix(image);
  const name = `${repository}${suffix}${packages}`.replace(/[^a-z0-9]+/g, "-");
  const known = images[name];
  const settingsOf = ({ requirements: _, ...others }: ServingImageArgs) => JSON.stringify(others);
  if (known !== undefined && settingsOf(known) !== settingsOf(args)) {
    report(
      ["image"],
      `another model builds ${args.repository} differently; use the same settings or another repository`,
    );
  }
  images[name] = args;
  return name;
}

/** Models with the same packages share one image, and those with others have one of their own. */
function packagesSuffix({ requirements = "", platform }: ImageToBuild): string {
  const lock = findLock(requirements, { platform }) ?? requirements;
  const digest = createHash("sha256").update(fs.readFileSync(lock)).digest("hex");
  return `-packages-${digest.slice(0, 8)}`;
}

// Pulumi.yaml gives every mapping the default {}.
function unlessEmpty<T extends object>(mapping: T | undefined): T | undefined {
  return mapping === undefined || Object.keys(mapping).length === 0 ? undefined : mapping;
}

function checkValues(model: ModelDefinition, report: Report, written: Written): void {
  const chart = readDocuments(model.chart, report);
  const problems = chart
    ? valuesProblems(model.values ?? {}, chart, (path) => written(["values", ...path]))
    : [];
  for (const { path, message } of problems) {
    report(["values", ...path], message);
  }
  for (const [key, instead] of Object.entries(ownedValues)) {
    if (model.values !== undefined && key in model.values) {
      report(["values", key], `set by the deployment itself; use instead: ${instead}`);
    }
  }
}

/** What the model's chart says of its values; undefined if there is no such chart. */
function readDocuments(chart: string | undefined, report: Report): ChartDocuments | undefined {
  try {
    return ChartDocuments.of(locateChart(chart ?? packageFolder("chart")));
  } catch (error) {
    if (!(error instanceof UserError)) {
      throw error;
    }
    report(["chart"], error.message.replace(/^chart: /, ""));
    return undefined;
  }
}

function checkIngress(model: ModelDefinition, report: Report): void {
  if (model.ingress?.enabled === true && (model.ingress.hosts ?? []).length === 0) {
    report(["ingress", "hosts"], "missing; accepted: a list of mappings with host and paths");
  }
}

/** An ingress controller refuses a second ingress for the same host and path, in the middle of an update. */
function addRoutes(
  name: string,
  { ingress }: ModelDefinition,
  all: Map<string, string>,
  report: Report,
): void {
  if (ingress?.enabled === false) {
    return;
  }
  const className = ingress?.className ?? defaults.ingress.className;
  for (const [index, { host, paths = [{}] }] of (ingress?.hosts ?? []).entries()) {
    for (const { path = defaults.ingress.path } of paths) {
      const other = all.get(`${className} ${host}${path}`);
      if (other !== undefined) {
        report(
          ["ingress", "hosts", index],
          `${host}${path} leads to the model ${other} already; put {name} into the host or the path`,
        );
      }
      all.set(`${className} ${host}${path}`, name);
    }
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
      const filled = value.replace(/\{([^{}]*)\}/g, (placeholder, key: string) => {
        const replacement = Object.hasOwn(known, key) ? known[key] : undefined;
        if (replacement === undefined) {
          report(path, `found the placeholder ${placeholder}; accepted: {name} and {tag}`);
        }
        return replacement ?? placeholder;
      });
      if (filled !== value) {
        checkFilled(path, filled, report);
      }
      return filled;
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

/** With its placeholders filled a text must be what it has to be without any. */
function checkFilled(path: KeyPath, filled: string, report: Report): void {
  const node = nodeAt(path);
  const { filled: pattern, accepts } = (node && explanations.get(node)) ?? {};
  if (pattern !== undefined && !new RegExp(pattern).test(filled) && !/\{[^{}]*\}/.test(filled)) {
    report(
      path,
      `found ${JSON.stringify(filled)} with the placeholders filled; accepted: ${accepts}`,
    );
  }
}
