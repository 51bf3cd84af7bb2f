/** Setting by setting: what the stack config takes over from the chart it accepts as the chart does. */
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { parse } from "yaml";
import { z } from "zod";
import { nodeAt } from "../../../components/config/problems";
import { explanations } from "../../../components/config/setting";

interface Schema {
  [keyword: string]: unknown;
  properties?: Record<string, Schema>;
  items?: Schema;
  default?: unknown;
}

const chartFolder = path.join(__dirname, "../../../chart");
const chart = JSON.parse(
  fs.readFileSync(path.join(chartFolder, "values.schema.json"), "utf8"),
) as Schema & { definitions: Record<string, Schema> };
const { $schema, definitions } = chart;
const values: unknown = parse(fs.readFileSync(path.join(chartFolder, "values.yaml"), "utf8"));

/** Where the stack config has what the chart has. */
const places: Record<string, string> = {
  "image.tag": "image.tag",
  "image.digest": "image.digest",
  "image.pullPolicy": "image.pullPolicy",
  "models.any.sha256": "model.sha256",
  allowPickle: "model.allowPickle",
  replicas: "replicaCount",
  "source.persistentVolumeClaim": "model.persistentVolumeClaim",
  "source.uri": "model.uri",
  resources: "resources",
  ingress: "ingress",
};

/** What the stack config has not, and why. */
const left: Record<string, string> = {
  "source.uri.image.tag": "an image that exists is named by its digest",
  "source.uri.image.pullPolicy": "is that of the server's image",
  "source.uri.resources.claims": "the chart's pods have no resourceClaims to refer to",
  "resources.claims": "the chart's pods have no resourceClaims to refer to",
};

/** Where it accepts less, and why; all the rest it accepts as the chart does. */
const stricter: Record<string, string> = {
  "image.tag": "empty is left out",
  "image.digest": "empty would be an image that is built",
  "models.any.sha256": "empty is left out",
  replicas: "more than 1000 is a slip of the finger",
  "source.uri.location": "is required",
  "source.uri.image.digest": "is required",
  "resources.requests": "at names of resources the chart's templates look",
  "resources.limits": "at names of resources the chart's templates look",
  "source.uri.resources.requests": "at names of resources the chart's templates look",
  "source.uri.resources.limits": "at names of resources the chart's templates look",
  "source.persistentVolumeClaim.create.storageClassName": "null gets lost on the way to Helm",
  "source.persistentVolumeClaim.create.dataSourceRef": "null gets lost on the way to Helm",
};

/** Defaults that are others, or that the component works out. */
const otherDefaults: Record<string, string> = {
  "source.uri.image.repository": "is built otherwise",
  "ingress.enabled": "follows from the hosts",
  "ingress.hosts[].paths[].path": "the chart asks for a path where there is an entry",
  "ingress.hosts[].paths[].pathType": "the chart's template has it",
};

/** Of each kind of value what is right, wrong, and at the limits. */
const samples: unknown[] = [
  ...[
    "",
    "a",
    "A",
    "a_b",
    "a.b",
    "-a",
    "a-",
    "a b",
    "/",
    "/a/b",
    "a/b",
    "1.0.0",
    "none",
    "null",
    "auto",
  ],
  ...[
    "stdout",
    "*.a.b",
    "a.b",
    "A.b",
    "a..b",
    "prefix",
    "Prefix",
    "Exact",
    "ImplementationSpecific",
  ],
  ...["Always", "IfNotPresent", "Never", "always", "path", "virtual", "ReadOnlyMany"],
  ...[128, 129, 253, 254].map((length) => "a".repeat(length)),
  ...[
    "https://a.b/c",
    "http://a.b",
    "s3://a/b",
    "oci://a/b:1",
    "ftp://a/b",
    "https://u:p@a.b/c",
    "https://a b",
    "https://a.b/?c=d",
    "s3://",
    "https://a.b:9000/",
  ],
  ...["a".repeat(64), "A".repeat(64), "a".repeat(63), `sha256:${"a".repeat(64)}`, "sha256:a"],
  ...["500m", "2", "512Mi", "512MB", "1e3", ".5", "250u", "-1", "1Gi", "+1", "1 Gi"],
  ...[-1, 0, 1, 1.5, 1000, 1001, 65_535, 65_536, 86_400, 86_401, 2 ** 31 - 1, 2 ** 31, 2 ** 40],
  ...[
    true,
    false,
    null,
    [],
    {},
    ["ReadOnlyMany"],
    ["ReadWriteOnce", "all"],
    ["a"],
    [1],
    { a: "b" },
    { a: 1 },
    { a: "" },
  ],
  ...[
    { cpu: "500m" },
    { cpu: 0.5 },
    { cpu: -1 },
    { cpu: "-1" },
    { cpu: "none" },
    { cpu: "512MB" },
    { "a b": 1 },
  ],
];

/** The form of the chart's value at a path, and whether it is there at all. */
function chartNode(at: readonly string[]): Schema | undefined {
  let node: Schema | undefined = chart;
  for (const key of at) {
    const known: Schema | undefined = node && bare(node);
    node = key === "[]" ? known?.items : known?.properties?.[key];
  }
  return node;
}

/** What a reference or the choice of nothing stands for. */
function bare(node: Schema): Schema {
  const { allOf, anyOf, $ref } = node as { allOf?: Schema[]; anyOf?: Schema[]; $ref?: string };
  if ($ref !== undefined) {
    return bare(chart.definitions[$ref.replace("#/definitions/", "")] as Schema);
  }
  const [inner] = allOf ?? (anyOf ?? []).filter(({ type }) => type !== "null");
  return node.properties === undefined && inner !== undefined ? bare(inner) : node;
}

const unwrapped = (node: unknown): z.ZodType =>
  (node instanceof z.ZodOptional ? unwrapped(node.unwrap()) : node) as z.ZodType;

interface Pair {
  key: string;
  config: z.ZodType;
  chart: Schema;
  /** In values.yaml. */
  default: unknown;
}

/** Every setting below a place, with the chart's value. */
function pairsAt(key: string, node: z.ZodType, at: readonly string[]): Pair[] {
  const schema = chartNode(at);
  assert.ok(schema, `the chart has no ${at.join(".")}, which ${key} should be`);
  const below: Pair[] = [];
  if (node instanceof z.ZodObject) {
    for (const [name, child] of Object.entries(node.shape)) {
      if (`${key}.${name}` !== "ingress.port") {
        below.push(...pairsAt(`${key}.${name}`, unwrapped(child), [...at, name]));
      }
    }
    for (const name of Object.keys(bare(schema).properties ?? {})) {
      assert.ok(
        name in node.shape || `${key}.${name}` in left,
        `the stack config lacks ${key}.${name}`,
      );
    }
  }
  if (node instanceof z.ZodArray && node.element instanceof z.ZodObject) {
    below.push(...pairsAt(`${key}[]`, node.element, [...at, "[]"]));
  }
  const byDefault = at.reduce<unknown>(
    (parent, name) => (parent as Record<string, unknown> | undefined)?.[name],
    values,
  );
  return [{ key, config: node, chart: schema, default: byDefault }, ...below];
}

const pairs = Object.entries(places).flatMap(([key, value]) => {
  const node = nodeAt(key.split("."));
  assert.ok(node, key);
  return pairsAt(key, node, value.split("."));
});

/** A leaf is compared by samples; a mapping by its settings. */
const leaves = pairs.filter(
  ({ config }) =>
    !(config instanceof z.ZodObject) &&
    !(config instanceof z.ZodArray && config.element instanceof z.ZodObject),
);

describe("the stack config and the chart", () => {
  it("have many settings in common", () => {
    assert.ok(leaves.length > 40, String(leaves.length));
  });

  for (const { key, config, chart: value } of leaves) {
    it(`agree on ${key}`, () => {
      const schema = z.fromJSONSchema({ ...value, $schema, definitions } as never);
      const differing = samples.filter(
        (sample) => config.safeParse(sample).success !== schema.safeParse(sample).success,
      );
      const loose = differing.filter((sample) => config.safeParse(sample).success);
      assert.deepEqual(loose, [], "accepted by the stack config alone");
      assert.equal(
        differing.length > 0,
        key in stricter,
        `${differing.map((sample) => JSON.stringify(sample))} accepted by the chart alone`,
      );
    });
  }

  for (const { key, config, default: byDefault } of pairs) {
    it(`have the same default of ${key}`, () => {
      if (key in otherDefaults || config instanceof z.ZodObject) {
        return;
      }
      const own = explanations.get(config)?.default;
      // What is empty is not said.
      const isEmpty = byDefault === "" || isDeepStrictEqual(Object(byDefault ?? {}), {});
      assert.deepEqual(own, isEmpty || isDeepStrictEqual(byDefault, []) ? undefined : byDefault);
    });
  }
});
