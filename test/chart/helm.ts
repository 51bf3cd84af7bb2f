/** Renders the chart with the real helm; equal renderings are made once. */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";

export const chartFolder = join(__dirname, "../../chart");

/** A rendered Kubernetes object; tests look into it by path. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; [key: string]: unknown };
  [key: string]: unknown;
}

export interface Values {
  [key: string]: unknown;
}

export interface ToolResult {
  ok: boolean;
  stdout: string;
  stderr: string;
}

/** Runs a tool found through an environment variable or PATH. */
export function runTool(variable: string, name: string, args: string[], input = ""): ToolResult {
  const program = process.env[variable] ?? name;
  const run = spawnSync(program, args, { encoding: "utf8", input, maxBuffer: 64 * 1024 * 1024 });
  if (run.error !== undefined) {
    throw new Error(
      `${name} cannot be run as "${program}" (${run.error.message}): put ${name} on PATH or its path into ${variable}`,
    );
  }
  return { ok: run.status === 0, stdout: run.stdout, stderr: run.stderr };
}

export const helm = (args: string[], input?: string): ToolResult =>
  runTool("HELM", "helm", args, input);

export interface Rendering {
  release?: string;
  namespace?: string;
}

const renderings = new Map<string, ToolResult>();

function template(values: Values, { release = "demo", namespace = "models" }: Rendering) {
  const input = JSON.stringify(values);
  const key = JSON.stringify([input, release, namespace]);
  const known = renderings.get(key);
  if (known !== undefined) {
    return known;
  }
  const result = helm(
    ["template", release, chartFolder, "--namespace", namespace, "--values", "-"],
    input,
  );
  renderings.set(key, result);
  return result;
}

/** The objects that helm renders from the values. */
export function render(values: Values = {}, rendering: Rendering = {}): Manifest[] {
  const { ok, stdout, stderr } = template(values, rendering);
  if (!ok) {
    throw new Error(`helm template failed: ${stderr}`);
  }
  return parseAllDocuments(stdout)
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest) => manifest !== null);
}

/** What helm says when it refuses the values; an error if it takes them. */
export function refusal(values: Values, rendering: Rendering = {}): string {
  const { ok, stderr } = template(values, rendering);
  if (ok) {
    throw new Error(`helm took values that it should refuse: ${JSON.stringify(values)}`);
  }
  return stderr;
}

export const ofKind = (manifests: Manifest[], kind: string): Manifest[] =>
  manifests.filter((manifest) => manifest.kind === kind);

/** The one object of a kind. */
export function only(manifests: Manifest[], kind: string): Manifest {
  const [found, ...others] = ofKind(manifests, kind);
  if (found === undefined || others.length > 0) {
    throw new Error(`expected one ${kind}, got ${found === undefined ? 0 : others.length + 1}`);
  }
  return found;
}

/** Looks into an object: `at(deployment, "spec.template.spec.containers.0.image")`; keys with dots as a list. */
export function at(value: unknown, path: string | string[]): unknown {
  let current = value;
  for (const key of typeof path === "string" ? path.split(".") : path) {
    if (typeof current !== "object" || current === null) {
      return undefined;
    }
    current = (current as Record<string, unknown>)[key];
  }
  return current;
}

export interface Scenario {
  name: string;
  path: string;
}

/** The values files in chart/ci. */
export const scenarios: Scenario[] = readdirSync(join(chartFolder, "ci"))
  .filter((file) => file.endsWith("-values.yaml"))
  .sort()
  .map((file) => ({
    name: file.replace(/-values\.yaml$/, ""),
    path: join(chartFolder, "ci", file),
  }));
