import assert from "node:assert/strict";
import { makeReadme } from "../../chart/generate/readme";
import { makeSchema } from "../../chart/generate/schema";
import { readValues } from "../../chart/generate/valuesDocument";
import { variablesOf } from "../../chart/generate/variables";
import { at } from "./helm";

const source = `
# @section -- First
# Some prose.

# -- How many
# @schema {minimum: 1}
count: 2
group:
  # -- Free | keys
  # @schema {map: string}
  labels: {}
  # -- Of Kubernetes
  # @schema {kubernetes: LocalObjectReference}
  reference: {}

# @section -- Second

# -- Objects
# @schema
#   items:
#     type: object
#     properties:
#       host: {type: string}
hosts: []
`;

describe("chart: generator", () => {
  const sections = readValues(source);
  const schema = makeSchema(sections);

  it("reads sections, descriptions and groups", () => {
    assert.deepEqual(
      sections.map(({ title, prose, values }) => [title, prose, values.map(({ path }) => path)]),
      [
        ["First", "Some prose.", ["count", "group"]],
        ["Second", "", ["hosts"]],
      ],
    );
  });

  it("makes a schema that refuses unknown keys", () => {
    const { count, group, hosts } = schema.properties as Record<string, object>;
    assert.deepEqual(count, { description: "How many", type: "integer", minimum: 1, default: 2 });
    assert.deepEqual(hosts, {
      description: "Objects",
      items: {
        type: "object",
        properties: { host: { type: "string" } },
        additionalProperties: false,
      },
      type: "array",
      default: [],
    });
    assert.equal((group as { additionalProperties: boolean }).additionalProperties, false);
  });

  it("brings along exactly the types of Kubernetes that the values use", () => {
    assert.deepEqual(Object.keys(schema.definitions as object), ["LocalObjectReference"]);
  });

  it("knows groups that are like another, and fields of custom resources", () => {
    const [like, field, optional] = ["like", "field", "optional"].map((name) =>
      at(
        makeSchema(
          readValues(`# @section -- A

image:
  # -- Tag
  # @schema {pattern: "^a"}
  tag: a
  # -- Digest
  digest: ""
# -- Like
# @schema {like: image, except: [digest]}
like: {}
# -- Field
# @schema {customResource: ScaledObject.spec.triggers, minItems: 0}
field: []
# -- Optional
# @schema {kubernetes: LocalObjectReference, optional: true}
optional: null
`),
        ),
        `properties.${name}`,
      ),
    );
    assert.deepEqual(like, {
      description: "Like",
      type: "object",
      additionalProperties: false,
      properties: { tag: { description: "Tag", type: "string", pattern: "^a" } },
      default: {},
    });
    assert.equal(at(field, "minItems"), 0);
    assert.deepEqual(at(field, "items.required"), ["metadata", "type"]);
    assert.deepEqual(at(optional, "anyOf.0"), { type: "null" });
  });

  it("makes a table per section in the README", () => {
    const readme = makeReadme({
      template: "# {{chart.name}}\n{{values}}",
      chartYaml: "name: demo",
      sections,
      scenarios: [],
    });
    assert.match(readme, /^# demo\n### First\n\nSome prose\.\n\n\| Value/);
    assert.match(readme, /\| `group\.labels` \| map of string \| `\{\}` \| Free \\\| keys \|/);
    assert.match(readme, /\| `hosts` \| list of object \| `\[\]` \| Objects \|/);
  });

  it("lists in the README what the scenarios are for", () => {
    const sources = { template: "{{scenarios}}", chartYaml: "name: demo", sections };
    const file = "01-a-values.yaml";
    const source = "# What it\n# is for:\n#   a command\nreplicaCount: 2\n";
    assert.equal(
      makeReadme({ ...sources, scenarios: [{ file, source }] }),
      "- [01-a-values.yaml](ci/01-a-values.yaml): What it is for:",
    );
    const silent = { ...sources, scenarios: [{ file, source: "replicaCount: 2\n" }] };
    assert.throws(() => makeReadme(silent), /01-a-values\.yaml does not say on top/);
    assert.throws(
      () => makeReadme({ ...sources, template: "{{nothing}}", scenarios: [] }),
      /asks for \{\{nothing\}\}/,
    );
  });

  it("makes variables of values by their path, and by what is said of them", () => {
    const variables = (values: string) =>
      variablesOf(readValues(`# @section -- A\n\n${values}`).flatMap(({ values }) => values));
    const store = `# @env PROGRAM_STORE_
store:
  # -- Switch
  enabled: false
  # -- By its path
  s3Endpoint: ""
  # -- Otherwise
  # @env {name: AGE, omit: 0}
  ageSeconds: 0
  auth:
    # -- A secret
    # @env {name: TOKEN, secretKey: store.auth.key}
    secret: ""
    # -- Its key
    # @env none
    key: token
`;
    assert.deepEqual(variables(store), [
      { name: "PROGRAM_STORE_S3_ENDPOINT", value: "store.s3Endpoint", when: "store.enabled" },
      {
        name: "PROGRAM_STORE_AGE",
        value: "store.ageSeconds",
        when: "store.enabled",
        omit: [0],
      },
      {
        name: "PROGRAM_STORE_TOKEN",
        value: "store.auth.secret",
        when: "store.enabled",
        secretKey: "store.auth.key",
      },
    ]);
    assert.deepEqual(variables("# -- Of two\n# @env [ONE_SUM, OTHER_SUM]\nsum: a"), [
      { name: "ONE_SUM", value: "sum" },
      { name: "OTHER_SUM", value: "sum" },
    ]);
    assert.deepEqual(variables("# -- Of none\nsum: a"), []);
    assert.throws(() => variables("# -- A\n# @env lower\nsum: a"), /sum: @env makes it lower/);
  });

  it("refuses values without a description, a type or a section", () => {
    assert.throws(() => readValues("# @section -- A\n\na: 1"), /a: no description/);
    assert.throws(() => readValues("# -- A\na: 1"), /a stands before the first @section/);
    assert.throws(() => readValues("# @section -- A\n\na: {}"), /a: an empty map needs a @schema/);
    const list = readValues("# @section -- A\n\n# -- A\na: []");
    assert.throws(() => makeSchema(list), /a: its type cannot be read from the default/);
    const unknown = readValues("# @section -- A\n\n# -- A\n# @schema {kubernetes: Nothing}\na: {}");
    assert.throws(() => makeSchema(unknown), /a: kubernetes\.json has no type Nothing/);
    const field = readValues(
      "# @section -- A\n\n# -- A\n# @schema {customResource: No.spec}\na: {}",
    );
    assert.throws(() => makeSchema(field), /a: customResources\.json has no field No\.spec/);
    const like = readValues("# @section -- A\n\n# -- A\n# @schema {like: b}\na: {}");
    assert.throws(() => makeSchema(like), /a: there is no group of values to be like/);
  });
});
