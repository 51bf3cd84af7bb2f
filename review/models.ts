/** What happens to each model of a stack. */

import { PLACEHOLDER_DIGEST } from "../shared/digest";
import { isMapping, type Values } from "../shared/mappings";
import type { Preview, Step } from "./events";
import { at, isUnknown, textAt } from "./values";

const RELEASE_TYPE = "kubernetes:helm.sh/v3:Release";
const imageTypes = ["docker-build:index:Image", "docker:index/image:Image"];
const OWN_TYPES = /model-deployment:index:(ModelDeployment|ServingImage)/;

/** What a reviewer wants to know of a model, in words; undefined if it is not said. */
export interface ModelFacts {
  version?: string;
  sha256?: string;
  image?: string;
  replicas?: string;
  chart?: string;
}

/** A model before and after the update. */
export interface ModelChange {
  name: string;
  /** Name and namespace of the Helm release. */
  release: string;
  namespace: string;
  change: "create" | "update" | "replace" | "delete" | "none";
  before?: ModelFacts;
  after?: ModelFacts;
  /** Folder of the chart, as the program names it. */
  chart: string;
  valuesBefore?: Values;
  valuesAfter?: Values;
  /** Whether its image is built by the update. */
  isBuilt: boolean;
  /** Changed settings of the release that are no values, such as its timeout. */
  otherInputs: string[];
}

/** What else changes, such as an image or a ConfigMap. */
export interface OtherChange {
  type: string;
  name: string;
  op: string;
}

export function modelsOf({ steps }: Preview): ModelChange[] {
  const built = builtImages(steps);
  const releases = new Map<string, Step[]>();
  for (const step of steps) {
    if (step.type === RELEASE_TYPE && OWN_TYPES.test(step.urn)) {
      releases.set(step.name, [...(releases.get(step.name) ?? []), step]);
    }
  }
  return [...releases].map(([name, parts]) => modelOf(name, parts, built)).sort(byName);
}

// The engine tells in the order in which it gets to them, which is another one each time.
function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/** What the update builds and pushes, as `repository:tag`. */
function builtImages(steps: readonly Step[]): ReadonlySet<string> {
  return new Set(
    steps
      .filter(({ type, op, after }) => imageTypes.includes(type) && op !== "same" && after)
      .map(({ after }) => String((at(after, "tags") as unknown[])?.[0] ?? at(after, "imageName"))),
  );
}

/**
 * The values with the digests that the update has yet to find out. Where the Kubernetes provider
 * checks a release it leaves out what is not known, so these look as if nobody had given them.
 */
function withDigestsToCome(values: Values, built: ReadonlySet<string>): Values {
  const mark = (image: unknown): unknown => {
    const reference = `${textAt(image, "repository")}:${textAt(image, "tag")}`;
    const digest = at(image, "digest");
    const isToCome = isUnknown(digest) || (digest === undefined && built.has(reference));
    return isMapping(image) && isToCome ? { ...image, digest: PLACEHOLDER_DIGEST } : image;
  };
  const uri = at(values, "model", "uri");
  const model = isMapping(uri)
    ? { model: { ...(values.model as Values), uri: { ...uri, image: mark(uri.image) } } }
    : {};
  return { ...values, ...model, image: mark(values.image) };
}

function modelOf(name: string, parts: readonly Step[], built: ReadonlySet<string>): ModelChange {
  // A replacement is several steps; each knows one side of it or both.
  const before = parts.find((step) => step.before)?.before;
  const after = parts.find((step) => step.after && step.op !== "delete")?.after;
  const valuesBefore = at(before, "values") as Values | undefined;
  const checked = at(after, "values");
  const valuesAfter = isMapping(checked) ? withDigestsToCome(checked, built) : undefined;
  const inputs = after ?? before;
  return {
    name,
    release: textAt(inputs, "name") ?? name,
    namespace: textAt(inputs, "namespace") ?? "default",
    change: changeOf(parts),
    before: before && factsOf(before),
    after: after && factsOf({ ...after, values: valuesAfter }),
    chart: textAt(inputs, "chart") ?? "",
    valuesBefore,
    valuesAfter,
    isBuilt: at(valuesAfter, "image", "digest") === PLACEHOLDER_DIGEST,
    otherInputs: parts
      .flatMap(({ changed }) => changed.map((path) => path.split(/[.[]/)[0] ?? ""))
      .filter((key, index, all) => all.indexOf(key) === index)
      .filter((key) => !["values", "description", "version", "checksum"].includes(key)),
  };
}

function changeOf(parts: readonly Step[]): ModelChange["change"] {
  const ops = new Set(parts.map(({ op }) => String(op)));
  if ([...ops].some((op) => op.includes("replace"))) {
    return "replace";
  }
  if (ops.has("create") || ops.has("import")) {
    return "create";
  }
  if (ops.has("update")) {
    return "update";
  }
  return ops.has("delete") ? "delete" : "none";
}

function factsOf(inputs: Values): ModelFacts {
  const values = at(inputs, "values");
  const chart = textAt(inputs, "version");
  const fingerprint = textAt(values, "global", "chartFingerprint");
  return {
    version: textAt(values, "model", "version"),
    sha256: textAt(values, "model", "sha256"),
    image: imageOf(at(values, "image")),
    replicas: replicasOf(values),
    chart: [chart, fingerprint && `(${fingerprint})`].filter(Boolean).join(" ") || undefined,
  };
}

export const WILL_BE_BUILT = "will be built";

function imageOf(image: unknown): string | undefined {
  const repository = textAt(image, "repository");
  if (repository === undefined) {
    return undefined;
  }
  const tag = isUnknown(at(image, "tag")) ? undefined : textAt(image, "tag");
  const digest = at(image, "digest");
  const pinned = digest === PLACEHOLDER_DIGEST ? `, ${WILL_BE_BUILT}` : digest ? `@${digest}` : "";
  return `${repository}${tag ? `:${tag}` : ""}${pinned}`;
}

function replicasOf(values: unknown): string | undefined {
  const scalers = [
    ["autoscaling", "minReplicas", "maxReplicas"],
    ["keda", "minReplicaCount", "maxReplicaCount"],
  ] as const;
  for (const [scaler, min, max] of scalers) {
    if (at(values, scaler, "enabled") === true) {
      const range = [min, max].map((key) => textAt(values, scaler, key) ?? "chart's default");
      return `${range.join(" to ")} (${scaler})`;
    }
  }
  return textAt(values, "replicaCount");
}

/** What changes beside the releases of models; components and providers only stand for others. */
export function otherChanges({ steps }: Preview): OtherChange[] {
  return steps
    .filter(({ op }) => !["same", "read", "refresh"].includes(op))
    .filter(({ urn, type }) => !(type === RELEASE_TYPE && OWN_TYPES.test(urn)))
    .filter(({ type }) => !/^(pulumi|model-deployment):/.test(type))
    .map(({ type, name, op }) => ({ type: shortType(type), name, op }))
    .sort(byName);
}

/** `ConfigMap` of `kubernetes:core/v1:ConfigMap`, `image` of either builder. */
function shortType(type: string): string {
  return imageTypes.includes(type) ? "image" : (type.split(":").at(-1) ?? type);
}
