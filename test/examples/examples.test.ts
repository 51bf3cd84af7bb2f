/** The examples in TypeScript and YAML config, on the local platform: deployed as their READMEs say, and asked. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { awaitPrediction } from "../../shared/predict";
import { tryRun } from "../../shared/run";
import {
  createNamespace,
  type DeployedModel,
  kubectl,
  removeNamespaces,
  WorkingCopy,
} from "../end-to-end/workingCopy";
import { install, pack, sdks } from "../package/installed";
import { stopAtFirstFailure } from "../stopAtFirstFailure";
import { temporaryFolder } from "../temporaryFolder";
import { TEST_TIMEOUT_MS } from "../timeouts";

const STACK = "examples";

interface Container {
  image: string;
}
interface Deployment {
  spec: { replicas: number; template: { spec: { containers: Container[] } } };
}

/** A program of its own in a folder of the examples, with the package as npm installs it. */
class Example {
  readonly folder: string;

  constructor(
    readonly copy: WorkingCopy,
    readonly name: string,
  ) {
    this.folder = copy.path("examples", name);
  }

  async run(program: string, ...args: string[]): Promise<string> {
    const env = this.copy.env;
    const { code, stdout, stderr } = await tryRun(program, args, { cwd: this.folder, env });
    assert.equal(code, 0, `${program} ${args.join(" ")}:\n${stdout}\n${stderr}`);
    return stdout;
  }

  pulumi(...args: string[]): Promise<string> {
    return this.run("pulumi", ...args, "--non-interactive");
  }

  async start(tarball: string, namespace: string): Promise<void> {
    // In the versions whose providers are there.
    await install(this.folder, tarball, ...sdks("pulumi", "kubernetes", "docker-build"));
    await this.pulumi("stack", "init", STACK);
    await this.pulumi("config", "set", "namespace", namespace);
  }

  async outputs<T>(): Promise<T> {
    return JSON.parse(await this.pulumi("stack", "output", "--json")) as T;
  }

  up(): Promise<string> {
    return this.pulumi("up", "--yes", "--skip-preview");
  }

  async destroy(): Promise<void> {
    await this.pulumi("destroy", "--yes", "--skip-preview");
  }
}

/** The image in each Deployment of a namespace, by its name. */
async function imagesIn(namespace: string): Promise<Record<string, string | undefined>> {
  const { items } = JSON.parse(
    await kubectl("get", "deployments", `--namespace=${namespace}`, "--output=json"),
  ) as { items: (Deployment & { metadata: { name: string } })[] };
  return Object.fromEntries(
    items.map(({ metadata, spec }) => [metadata.name, spec.template.spec.containers[0]?.image]),
  );
}

describe("the examples", function () {
  this.timeout(TEST_TIMEOUT_MS);

  const root = temporaryFolder("examples");
  let copy: WorkingCopy;
  let tarball: string;
  before(async () => {
    copy = WorkingCopy.create("examples");
    tarball = (await pack(root)).file;
  });
  after(() => copy?.remove());

  describe("own-program", function () {
    stopAtFirstFailure(this);
    const namespace = "own-program";
    let example: Example;
    before(async () => {
      await kubectl("delete", "namespace", namespace, "--ignore-not-found");
      example = new Example(copy, "own-program");
      await example.start(tarball, namespace);
    });
    after(() => removeNamespaces(namespace));

    it("deploys a model among the program's own resources", async () => {
      await example.up();
      const { url } = await example.outputs<{ url: string }>();
      await awaitPrediction(url, { golden: copy.golden("1.0.0") });
    });

    it("hands on to other resources where the model answers", async () => {
      const { configMap } = await example.outputs<{ configMap: string }>();
      const args = ["get", "configmap", configMap, `--namespace=${namespace}`, "--output=json"];
      const { data } = JSON.parse(await kubectl(...args)) as { data: Record<string, string> };
      assert.deepEqual(data, {
        MODEL_URL: `http://breast-cancer.${namespace}.svc`,
        MODEL_VERSION: "1.0.0",
      });
    });

    it("makes everything with the program's own provider", async () => {
      const { deployment } = JSON.parse(await example.pulumi("stack", "export")) as {
        deployment: { resources: { type: string; provider?: string }[] };
      };
      const providers = deployment.resources
        .filter(({ type }) => type.startsWith("kubernetes:"))
        .map(({ provider = "" }) => provider.split("::")[3]);
      assert.deepEqual([...new Set(providers)], ["cluster"]);
    });

    it("is no change the second time, and leaves nothing behind", async () => {
      await example.pulumi("preview", "--expect-no-changes");
      await example.destroy();
      const left = await kubectl("get", "namespace", namespace, "--ignore-not-found");
      assert.equal(left.trim(), "");
    });
  });

  describe("shared-server", function () {
    stopAtFirstFailure(this);
    const namespace = "shared-server";
    let example: Example;
    before(async () => {
      await createNamespace(namespace);
      example = new Example(copy, "shared-server");
      await example.start(tarball, namespace);
    });
    after(() => removeNamespaces(namespace));

    it("deploys three models of one image, each of which answers as itself", async () => {
      await example.up();
      const { urls, imageOfAll } = await example.outputs<{
        urls: Record<string, string>;
        imageOfAll: string;
      }>();
      for (const [name, url] of Object.entries(urls)) {
        const [golden, sha256] = [copy.golden("1.0.0", name), copy.sha256("1.0.0", name)];
        await awaitPrediction(url, { golden, sha256 });
      }
      // The tag is for people: nodes pull by digest.
      const image = imageOfAll.replace(/:[^:@/]+@/, "@");
      assert.deepEqual(await imagesIn(namespace), { diabetes: image, iris: image, wine: image });
    });

    it("is no change the second time, and leaves nothing behind", async () => {
      await example.pulumi("preview", "--expect-no-changes");
      await example.destroy();
      assert.deepEqual(await imagesIn(namespace), {});
    });
  });

  describe("many-models", function () {
    stopAtFirstFailure(this);
    const namespace = "many-models";
    const stack = "many";
    before(async () => {
      await kubectl("delete", "namespace", namespace, "--ignore-not-found");
      const example = copy.path("examples", "many-models");
      for (const name of fs.readdirSync(example).filter((each) => each.startsWith("Pulumi."))) {
        fs.cpSync(path.join(example, name), copy.path(name), { recursive: true });
      }
      await copy.pulumi("stack", "init", stack);
    });
    after(() => removeNamespaces(namespace));

    it("deploys the model of each file, with what the file says of it", async () => {
      await copy.pulumi("up", "--yes", "--skip-preview", "--stack", stack);
      const { models } = JSON.parse(
        await copy.pulumi("stack", "output", "--json", "--stack", stack),
      ) as { models: Record<string, DeployedModel> };
      const versions = Object.entries(models).map(([name, { model }]) => [name, model.version]);
      assert.deepEqual(Object.fromEntries(versions), {
        "breast-cancer": "2.0.0",
        diabetes: "1.0.0",
        iris: "1.0.0",
        wine: "1.0.0",
      });
      for (const [name, { ingressUrl, model }] of Object.entries(models)) {
        const golden = copy.golden(model.version, name);
        await awaitPrediction(ingressUrl, { golden, sha256: model.sha256 });
      }
      const images = await imagesIn(namespace);
      assert.equal(new Set(Object.values(images)).size, 2, JSON.stringify(images));
      const args = ["get", "deployment", "wine", `--namespace=${namespace}`, "--output=json"];
      assert.equal((JSON.parse(await kubectl(...args)) as Deployment).spec.replicas, 2);
    });

    it("takes away the model of a file that goes, and no other", async () => {
      fs.rmSync(copy.path("Pulumi.many.models", "iris.yaml"));
      await copy.pulumi("up", "--yes", "--skip-preview", "--stack", stack);
      const left = Object.keys(await imagesIn(namespace)).sort();
      assert.deepEqual(left, ["breast-cancer", "diabetes", "wine"]);
      await copy.pulumi("destroy", "--yes", "--skip-preview", "--stack", stack);
    });
  });
});
