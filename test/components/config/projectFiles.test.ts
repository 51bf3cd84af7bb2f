import assert from "node:assert/strict";
import * as fs from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { ConfigError, type Problem, readStackConfig } from "../../../components";
import { generatedFiles } from "../../../docs/generate";
import { configure, mockPulumi } from "../mockedPulumi";

function problemsOf(read: () => unknown): readonly Problem[] {
  try {
    read();
    return [];
  } catch (error) {
    if (error instanceof ConfigError) {
      return error.problems;
    }
    throw error;
  }
}

const stackFiles = [
  "Pulumi.dev.yaml",
  "examples/promotion/Pulumi.staging.yaml",
  "examples/promotion/Pulumi.prod.yaml",
  "examples/many-models/Pulumi.many.yaml",
];

describe("the project's files", () => {
  for (const [path, content] of Object.entries(generatedFiles())) {
    it(`${path} is what \`npm run config:generate\` writes`, () => {
      assert.equal(fs.readFileSync(path, "utf8"), content);
    });
  }

  it("name the project like the package", () => {
    const project = parse(fs.readFileSync("Pulumi.yaml", "utf8"));
    assert.equal(project.name, JSON.parse(fs.readFileSync("package.json", "utf8")).name);
  });

  it("give the policy pack the packages that the project is tested with", () => {
    const { dependencies } = JSON.parse(fs.readFileSync("policy/package.json", "utf8"));
    const project = JSON.parse(fs.readFileSync("package.json", "utf8"));
    const tested = { ...project.devDependencies, ...project.dependencies };
    for (const [name, version] of Object.entries(dependencies)) {
      assert.equal(version, tested[name], name);
    }
  });
});

describe("the stacks that come with the project", () => {
  after(() => {
    configure({});
  });

  for (const file of stackFiles) {
    it(`${file} has no problems but for models that are not trained yet`, () => {
      const { config } = parse(fs.readFileSync(file, "utf8"));
      mockPulumi();
      const from = "model-deployment:modelsFrom";
      configure({ ...config, ...(config[from] && { [from]: join(dirname(file), config[from]) }) });
      const problems = problemsOf(readStackConfig);
      const others = problems.filter(({ message }) => !message.startsWith("no model file at "));
      assert.deepEqual(others, []);
    });
  }
});

describe("the JSON Schema of the stack config", () => {
  const schema = z.fromJSONSchema(
    JSON.parse(fs.readFileSync("docs/stack-config.schema.json", "utf8")),
  );
  for (const file of stackFiles) {
    it(`accepts ${file}`, () => {
      assert.deepEqual(schema.safeParse(parse(fs.readFileSync(file, "utf8"))).error, undefined);
    });
  }

  const models = { wine: { tag: "1.0.0" } };
  const bad: [what: string, config: Record<string, unknown>][] = [
    ["an unknown key", { "model-deployment:namspace": "x" }],
    ["an unknown key in a model", { "model-deployment:models": { wine: { tag: "1", tga: "1" } } }],
    ["a tag that is a number", { "model-deployment:models": { wine: { tag: 1 } } }],
    ["a model's name with capitals", { "model-deployment:models": { Wine: { tag: "1" } } }],
    ["an unknown builder", { "model-deployment:image": { builder: "kaniko" } }],
    ["replicas out of range", { "model-deployment:models": { wine: { tag: "1", replicas: -1 } } }],
  ];
  for (const [what, config] of bad) {
    it(`refuses ${what}`, () => {
      const stack = { config: { "model-deployment:models": models, ...config } };
      assert.equal(schema.safeParse(stack).success, false);
    });
  }

  const good: [what: string, config: Record<string, unknown>][] = [
    ["a provider's own configuration", { "kubernetes:context": "prod" }],
    ["numbers and truth values as commands write them", { "model-deployment:replicas": "3" }],
    [
      "an encrypted password",
      {
        "model-deployment:image": {
          credentials: { username: "ci", password: { secure: "v1:abc" } },
        },
      },
    ],
  ];
  for (const [what, config] of good) {
    it(`accepts ${what}`, () => {
      const stack = { config: { "model-deployment:models": models, ...config } };
      assert.deepEqual(schema.safeParse(stack).error, undefined);
    });
  }
});
