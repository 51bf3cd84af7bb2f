import { spawnSync } from "node:child_process";
import * as path from "node:path";
import { parseAllDocuments } from "yaml";
import { at, isMapping, type Mapping, unknown } from "./known";

/** A Kubernetes object of a release. */
export interface RenderedObject {
  /** `Deployment wine` */
  name: string;
  content: Mapping;
  /** The setting it is written in: `values.extraObjects[0]`; undefined if it is the chart's own. */
  setting: string | undefined;
}

/** What is rendered. */
export interface Rendering {
  chart: string;
  release: string;
  namespace: string;
  values: Mapping;
}

/** The chart could not be rendered, so that nobody knows what it would install. */
export class RenderError extends Error {}

/** Milliseconds; rendering takes a tenth of a second. */
const TIMEOUT_MS = 60_000;

let last: { inputs: string; objects: RenderedObject[] | RenderError } | undefined;

/**
 * The objects of a release, hooks included, as Helm renders them. Every policy asks for those of the
 * same release, one after the other.
 */
export function render(rendering: Rendering): RenderedObject[] {
  const { values, hasUnknowns } = renderable(rendering.values);
  const inputs = JSON.stringify([rendering.chart, rendering.release, rendering.namespace, values]);
  if (last?.inputs !== inputs) {
    last = { inputs, objects: rendered(rendering, values) };
  }
  if (last.objects instanceof RenderError) {
    // What is not known yet may be what was missing: the update will tell.
    if (hasUnknowns) {
      return [];
    }
    throw last.objects;
  }
  return last.objects;
}

function rendered(rendering: Rendering, values: unknown): RenderedObject[] | RenderError {
  const { status, stdout, stderr, error } = spawnSync(
    "helm",
    [
      ...["template", rendering.release, path.resolve(rendering.chart)],
      ...["--namespace", rendering.namespace, "--include-crds", "--values", "-"],
      // An older Helm takes an older cluster for granted than the chart asks for.
      ...["--kube-version", "1.34.0"],
    ],
    // By standard input, because values may be secret.
    {
      input: JSON.stringify(values),
      encoding: "utf8",
      timeout: TIMEOUT_MS,
      maxBuffer: 256 * 1024 ** 2,
    },
  );
  if (error !== undefined) {
    return new RenderError(
      (error as NodeJS.ErrnoException).code === "ENOENT"
        ? 'helm is not on PATH, which renders what is judged; install Helm 3 or 4, or type: eval "$(make env)"'
        : `helm template failed: ${error.message}`,
    );
  }
  if (status !== 0) {
    return new RenderError(`the chart refuses these values: ${reasonOf(stderr)}`);
  }
  return read(stdout);
}

/** As Kubernetes reads YAML, in which `yes` is true. */
function read(manifest: string): RenderedObject[] | RenderError {
  const objects: RenderedObject[] = [];
  for (const document of parseAllDocuments(manifest, { version: "1.1", merge: true })) {
    if (document.errors.length > 0) {
      return new RenderError("the chart renders what is no YAML");
    }
    const content: unknown = document.toJS();
    const origin = at(content, "metadata", "annotations", ORIGIN_MARK);
    objects.push(...objectsIn(content, typeof origin === "string" ? origin : undefined));
  }
  return objects;
}

/** An object, or those of a list. */
function objectsIn(content: unknown, setting: string | undefined): RenderedObject[] {
  if (!isMapping(content)) {
    return [];
  }
  if (/List$/.test(String(content.kind)) && Array.isArray(content.items)) {
    return content.items.flatMap((item, index) =>
      objectsIn(item, setting && `${setting}.items[${index}]`),
    );
  }
  return [{ name: `${content.kind} ${at(content, "metadata", "name")}`, content, setting }];
}

/** Tells, in what was rendered, which entry of `extraObjects` an object was. */
const ORIGIN_MARK = "model-deployment/setting";

/** Stands for a digest that is not known before the build; the chart asks for its form. */
const PLACEHOLDER_DIGEST = "0".repeat(64);

/** Values for Helm: what is not known is left out, but for digests, of which one is there in the end. */
function renderable(given: Mapping): { values: unknown; hasUnknowns: boolean } {
  let hasUnknowns = false;
  const copy = (value: unknown): unknown => {
    if (Array.isArray(value)) {
      return value.filter(isKnown).map(copy);
    }
    if (!isMapping(value)) {
      return value;
    }
    return Object.fromEntries(
      Object.entries(value)
        .map(([key, item]) => [key, item === unknown ? toCome(key) : item] as const)
        .filter(([, item]) => isKnown(item))
        .map(([key, item]) => [key, copy(item)]),
    );
  };
  const isKnown = (value: unknown) => {
    hasUnknowns ||= value === unknown;
    return value !== unknown;
  };
  const values = copy(given) as Mapping;
  if (Array.isArray(values.extraObjects)) {
    values.extraObjects = values.extraObjects.map((object, index) =>
      marked(object, `values.extraObjects[${index}]`),
    );
  }
  return { values, hasUnknowns };
}

function toCome(key: string): unknown {
  if (key === "digest") {
    return `sha256:${PLACEHOLDER_DIGEST}`;
  }
  return /sha256$/i.test(key) ? PLACEHOLDER_DIGEST : unknown;
}

function marked(object: unknown, setting: string): unknown {
  if (!isMapping(object) || !isMapping(object.metadata)) {
    return object;
  }
  const { annotations } = object.metadata;
  const all = { ...(isMapping(annotations) ? annotations : {}), [ORIGIN_MARK]: setting };
  return { ...object, metadata: { ...object.metadata, annotations: all } };
}

/** What Helm complains of, in one line; `review/helm.ts` has the same, since a policy pack is installed alone. */
function reasonOf(stderr: string): string {
  return stderr
    .slice(Math.max(0, stderr.lastIndexOf("Error: ")))
    .replace(/^Error: (execution error at \([^)]*\): )?/, "")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("Use --debug flag"))
    .join(" ");
}
