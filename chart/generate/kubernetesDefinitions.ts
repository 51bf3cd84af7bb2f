/**
 * Writes kubernetes.json: the types of the Kubernetes API that the chart takes as values or renders,
 * as strict JSON Schema, from the OpenAPI description that Kubernetes publishes with its source.
 *
 *     npx ts-node --transpile-only chart/generate/kubernetesDefinitions.ts
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const version = "v1.34.9";

const rendered = [
  "io.k8s.api.apps.v1.Deployment",
  "io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler",
  "io.k8s.api.core.v1.ConfigMap",
  "io.k8s.api.core.v1.PersistentVolumeClaim",
  "io.k8s.api.core.v1.Pod",
  "io.k8s.api.core.v1.Service",
  "io.k8s.api.core.v1.ServiceAccount",
  "io.k8s.api.networking.v1.Ingress",
  "io.k8s.api.networking.v1.NetworkPolicy",
  "io.k8s.api.policy.v1.PodDisruptionBudget",
];

interface Schema {
  [keyword: string]: unknown;
}

const prefix = "#/definitions/";
const shortName = (name: string): string => name.slice(name.lastIndexOf(".") + 1);

/** OpenAPI has no word for these: they are written as a string and read more generously. */
const scalars: Record<string, Schema> = {
  IntOrString: { type: ["integer", "string"] },
  Quantity: {
    type: ["number", "string"],
    pattern: "^[+-]?([0-9]+|[0-9]+[.][0-9]*|[.][0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?$",
  },
};

/** Without prose and vendor keywords, references by short name, unknown keys refused. */
function strict(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(strict);
  if (typeof node !== "object" || node === null) return node;
  const schema: Schema = {};
  for (const [keyword, value] of Object.entries(node)) {
    if (keyword === "description" || keyword === "default" || keyword.startsWith("x-")) continue;
    if (keyword === "format" && value !== "int32" && value !== "int64") continue;
    if (keyword === "properties") schema[keyword] = strictProperties(value as Schema);
    else if (keyword === "$ref") schema[keyword] = prefix + shortName(String(value));
    else schema[keyword] = strict(value);
  }
  // OpenAPI 2 names the integer's width here, which JSON Schema leaves to the reader.
  delete schema.format;
  if (schema.properties !== undefined) schema.additionalProperties = false;
  return schema;
}

/** Here the keys are names of fields, some of which sound like keywords. */
function strictProperties(properties: Schema): Schema {
  return Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [name, strict(schema)]),
  );
}

function apiVersion(definition: Schema): string {
  const [kind] = definition["x-kubernetes-group-version-kind"] as [
    { group: string; version: string },
  ];
  return kind.group === "" ? kind.version : `${kind.group}/${kind.version}`;
}

function moduleFolder(): string {
  const answer = execFileSync("go", ["mod", "download", "-json", `k8s.io/kubernetes@${version}`], {
    encoding: "utf8",
  });
  return (JSON.parse(answer) as { Dir: string }).Dir;
}

function main(): void {
  const specification = join(moduleFolder(), "api/openapi-spec/swagger.json");
  const { definitions } = JSON.parse(readFileSync(specification, "utf8")) as {
    definitions: Record<string, Schema>;
  };
  const kept = new Map<string, string>();
  const schemas: Record<string, unknown> = {};
  const keep = (name: string): void => {
    const short = shortName(name);
    const before = kept.get(short);
    if (before === name) return;
    if (before !== undefined) throw new Error(`${before} and ${name} share the name ${short}`);
    kept.set(short, name);
    schemas[short] = scalars[short] ?? strict(definitions[name]);
    for (const [, reference] of JSON.stringify(definitions[name]).matchAll(
      /"#\/definitions\/(.+?)"/g,
    ))
      keep(String(reference));
  };
  rendered.forEach(keep);

  const sorted = Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1)));
  const document = {
    $comment: `Generated from k8s.io/kubernetes ${version} api/openapi-spec/swagger.json by kubernetesDefinitions.ts`,
    apiVersions: Object.fromEntries(
      rendered.map((name) => [shortName(name), apiVersion(definitions[name] ?? {})]),
    ),
    definitions: sorted,
  };
  writeFileSync(join(__dirname, "kubernetes.json"), `${JSON.stringify(document, null, 1)}\n`);
}

main();
