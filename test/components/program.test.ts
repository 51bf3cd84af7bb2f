import assert from "node:assert/strict";
import realFs, * as fs from "node:fs";
import * as path from "node:path";
import { mock } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { temporaryFolder } from "../temporaryFolder";
import { configure, mockPulumi, type Registered, resolved } from "./mockedPulumi";

const folder = temporaryFolder("program");
const home = process.cwd();

/** Runs the program with this configuration, as the engine would. */
async function run(
  config: Record<string, unknown>,
  registered = mockPulumi(),
): Promise<{ registered: Registered[]; models: Record<string, unknown> }> {
  configure(config);
  const program = require.resolve("../../index.ts");
  delete require.cache[program];
  const models = await resolved(pulumi.output(require(program).models));
  return { registered, models };
}

describe("the program", () => {
  before(() => {
    process.chdir(folder);
    for (const name of ["wine", "iris"]) {
      fs.mkdirSync(path.join(folder, "models", name), { recursive: true });
      fs.writeFileSync(path.join(folder, "models", name, "model.ubj"), name);
    }
  });
  after(() => {
    configure({});
    process.chdir(home);
  });

  const config = {
    namespace: "models",
    createNamespace: "true",
    image: { registry: "localhost:5001", builder: "docker-build" },
    models: {
      wine: { tag: "1.0.0", source: { image: { path: "models/wine/model.ubj" } } },
      iris: { tag: "2.0.0", source: { configMap: { path: "models/iris/model.ubj" } } },
    },
  };

  it("registers what the configuration asks for, and nothing else", async () => {
    const { registered } = await run(config);
    assert.deepEqual(
      registered.map(({ type, name }) => `${type} ${name.replace(/[0-9a-f]{12}$/, "#")}`).sort(),
      [
        "docker-build:index:Image model-server",
        "docker-build:index:Image wine",
        "kubernetes:core/v1:ConfigMap iris-model-#",
        "kubernetes:core/v1:Namespace models",
        "kubernetes:helm.sh/v3:Release iris",
        "kubernetes:helm.sh/v3:Release wine",
        "model-deployment:index:ModelDeployment iris",
        "model-deployment:index:ModelDeployment wine",
        "model-deployment:index:ServingImage model-server",
        "model-deployment:index:ServingImage wine",
      ],
    );
  });

  it("puts out each model by name", async () => {
    const { models } = await run(config);
    assert.deepEqual(Object.keys(models), ["wine", "iris"]);
    const { releaseName, namespace, url } = models.iris as Record<string, unknown>;
    assert.deepEqual([releaseName, namespace, url], ["iris", "models", "http://iris.models.svc"]);
  });

  it("reads each model's file once to know it", async () => {
    // What is only copied is not asked for like this.
    const asked = mock.method(realFs, "accessSync");
    try {
      await run(config);
    } finally {
      asked.mock.restore();
    }
    const read = asked.mock.calls.map(({ arguments: [location] }) => location);
    assert.deepEqual(read, ["models/wine/model.ubj", "models/iris/model.ubj"]);
  });

  it("registers nothing with a configuration that is wrong", async () => {
    const registered = mockPulumi();
    await assert.rejects(
      run({ ...config, replicas: "two" }, registered),
      /stack test has a problem/,
    );
    assert.deepEqual(registered, []);
  });
});
