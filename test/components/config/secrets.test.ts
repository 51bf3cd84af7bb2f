import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";
import { z } from "zod";
import { ConfigError, readStackConfig } from "../../../components";
import { stackDefinition } from "../../../components/config/definition";
import { temporaryFolder } from "../../temporaryFolder";
import { configure, mockPulumi, secretsIn } from "../mockedPulumi";

type Config = Record<string, unknown>;
type Path = (string | number)[];

const canary = "c4n4ry-s3cr3t";
const folder = temporaryFolder("config-secrets");
const home = process.cwd();

/** A stack with nothing wrong. */
const good: Config = {
  namespace: "models",
  image: { registry: "ghcr.io/acme", builder: "docker-build" },
  models: { wine: { tag: "1.0.0", source: { configMap: { path: "wine.json" } } } },
};

/** Every setting of the stack's config, by the path one types; of lists the first entry. */
function settings(node: unknown, at: Path = []): Path[] {
  if (node instanceof z.ZodOptional) {
    return settings(node.unwrap(), at);
  }
  if (node instanceof z.ZodObject) {
    return Object.entries(node.shape).flatMap(([key, value]) => settings(value, [...at, key]));
  }
  if (node instanceof z.ZodArray) {
    return settings(node.element, [...at, 0]);
  }
  if (node instanceof z.ZodRecord) {
    const name = at.at(-1) === "models" ? "wine" : at.at(-1) === "values" ? "podLabels" : "NAME";
    return settings(node.valueType, [...at, name]);
  }
  return [at];
}

function place(config: unknown, at: Path, value: unknown): unknown {
  const [key, ...rest] = at;
  if (key === undefined) {
    return value;
  }
  if (typeof key === "number") {
    return [place(Array.isArray(config) ? config[key] : {}, rest, value)];
  }
  const mapping = typeof config === "object" && config !== null ? (config as Config) : {};
  // A source is one of several.
  const others = key === "source" || at[0] === "source" ? {} : mapping;
  return { ...others, [key]: place(mapping[key], rest, value) };
}

/** What the config's problems are, if something is set with `--secret`; undefined: it is accepted. */
function read(config: Config, secure: Path, inFile = true): ConfigError | undefined {
  const [key = ""] = secure;
  configure(config, [String(key)]);
  const encrypted = place(config, secure, { secure: "v1:AAAA:BBBB" }) as Config;
  const inText = Object.entries(encrypted).map(([name, value]) => [
    `model-deployment:${name}`,
    value,
  ]);
  if (inFile) {
    fs.writeFileSync("Pulumi.test.yaml", stringify({ config: Object.fromEntries(inText) }));
  } else {
    fs.rmSync("Pulumi.test.yaml", { force: true });
  }
  try {
    readStackConfig();
    return undefined;
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error;
  }
}

const keptSecret =
  /^(models\.wine\.)?(image\.(baseImage|buildArgs|credentials)|ingress\.annotations|values)\b/;

describe("a setting that is set with --secret", () => {
  before(() => {
    process.chdir(folder);
    fs.writeFileSync(path.join(folder, "wine.json"), "{}");
  });
  after(() => {
    configure({});
    process.chdir(home);
  });
  beforeEach(() => {
    mockPulumi();
  });

  const all = settings(stackDefinition);

  it("is any of more than a hundred", () => {
    assert.ok(all.length > 100, String(all.length));
  });

  for (const at of all) {
    const name = at.join(".").replace(/\.0(?=\.|$)/g, "[0]");
    it(`${name} is ${keptSecret.test(name) ? "taken, or shown in no message" : "refused by key"}`, () => {
      const config = place(good, at, canary) as Config;
      const error = read(config, at);
      assert.doesNotMatch(error?.message ?? "", new RegExp(canary));
      if (!keptSecret.test(name)) {
        const refused = error?.problems.filter(({ path: found }) => found.join() === at.join());
        assert.equal(refused?.length, 1, error?.message);
        assert.match(
          refused?.[0]?.message ?? "",
          /^cannot be kept secret: .*; set it with --plaintext instead of --secret/,
        );
      }
    });
  }

  it("tells for a download where its credentials belong", () => {
    const at = ["source", "uri", "location"];
    const error = read(place(good, at, `https://a/b?X-Amz-Signature=${canary}`) as Config, at);
    assert.match(error?.message ?? "", /source\.uri\.existingSecret names: AWS_ACCESS_KEY_ID and/);
    assert.doesNotMatch(error?.message ?? "", /c4n4ry/);
  });

  it("is refused as a whole, with what is in it, if some of it is shown", () => {
    const config = {
      ...good,
      image: { ...(good.image as Config), credentials: { username: "a", password: "b" } },
    };
    const error = read(config, ["image"]);
    assert.deepEqual(
      error?.problems.map(({ message }) => message.split(" would")[0]),
      ["cannot be kept secret as a whole: image.registry, image.builder"],
    );
    assert.equal(read(config, ["image", "credentials"]), undefined);
  });

  it("is refused by its key at the top, if the stack's file does not say more", () => {
    const at = ["resources", "limits", "memory"];
    const error = read(place(good, at, canary) as Config, at, false);
    assert.deepEqual(
      error?.problems.map(({ path: found }) => found.join(".")),
      ["resources"],
    );
    assert.doesNotMatch(error?.message ?? "", /c4n4ry/);
  });

  const wrong: [what: string, at: Path, value: unknown][] = [
    ["long text of another form", ["values", "replicaCount"], `${canary.repeat(20)}`],
    ["part of a mapping of another form", ["values", "env"], [{ nam: "A", value: canary }]],
    ["text instead of a mapping", ["image", "credentials"], canary],
    ["a value the chart refuses", ["values", "logForwarding"], { fileBytes: canary }],
  ];
  for (const [what, at, value] of wrong) {
    it(`is not shown where it is ${what}`, () => {
      const error = read(place(good, at, value) as Config, at);
      assert.ok(error);
      assert.doesNotMatch(error.message, /c4n4ry/);
    });
  }

  it("is not shown in what is said about another one", () => {
    const config = place(good, ["values", "podLabels"], { a: "{hunter2}" }) as Config;
    const models = { wine: { tag: "1.0.0", source: { configMap: { path: "{hunter2}" } } } };
    const error = read({ ...config, models }, ["values", "podLabels", "a"]);
    assert.ok(error);
    assert.doesNotMatch(error.message, /hunter2/);
  });

  it("is secret in what the image is built from, with who may push it", async () => {
    const image = {
      ...(good.image as Config),
      baseImage: `${canary}/python:3`,
      buildArgs: { INDEX: canary },
      credentials: { username: canary, password: canary },
    };
    const models = { wine: { tag: "1.0.0", source: { image: { path: "wine.json" } } } };
    for (const secret of ["baseImage", "buildArgs", "credentials"]) {
      assert.equal(read({ ...good, image, models }, ["image", secret]), undefined);
      const { args } = readStackConfig().models[0] ?? assert.fail();
      const found = [
        args.image.baseImage,
        args.image.buildArgs?.INDEX,
        args.image.credentials?.username,
      ];
      for (const output of found) {
        assert.ok(await pulumi.isSecret(output as pulumi.Output<string>));
      }
    }
  });

  it("is secret for both builders", async () => {
    for (const builder of ["docker", "docker-build"]) {
      const registered = mockPulumi();
      const image = { registry: "ghcr.io/acme", builder, baseImage: canary };
      const models = { wine: { tag: "1.0.0", source: { image: { path: "wine.json" } } } };
      assert.equal(read({ ...good, image, models }, ["image", "baseImage"]), undefined);
      const program = require.resolve("../../../index.ts");
      delete require.cache[program];
      await (
        pulumi.output(require(program).models) as unknown as { promise(): Promise<unknown> }
      ).promise();
      const build = registered.find(({ type }) => type.startsWith("docker"));
      assert.ok(secretsIn(build?.inputs).includes(canary), builder);
      const others = registered.filter((one) => one !== build);
      assert.doesNotMatch(JSON.stringify(others), new RegExp(canary));
    }
  });
});
