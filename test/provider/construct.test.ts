import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { stageChart } from "../../provider/chart";
import { ModelDeploymentProvider } from "../../provider/provider";
import { mockPulumi } from "../components/mockedPulumi";

const type = "model-deployment:index:ModelDeployment";

const wrong = {
  version: "latest",
  allowPickle: "yes",
  source: { image: { path: "models/model.ubj" } },
  image: { repository: "ghcr.io/acme/wine:1", pullPolcy: "Always", pullSecrets: [""] },
  release: { maxHistory: 0 },
  resources: { requests: { "nvidia.com/gpu": "a lot" } },
  values: { server: { thread: 2 }, replicaCount: 1 },
};

describe("a component that a program in another language makes", () => {
  const home = process.cwd();
  let folder: string;

  const program = (runtime: string) =>
    fs.writeFileSync(path.join(folder, "Pulumi.yaml"), `name: wine\nruntime: ${runtime}\n`);
  const construct = (inputs: Record<string, unknown>) =>
    new ModelDeploymentProvider().construct("wine", type, inputs, {});
  const refusal = async (inputs: Record<string, unknown>) => {
    const error = await construct(inputs).then(
      () => assert.fail("nothing was refused"),
      (reason: Error) => reason,
    );
    return error.message;
  };

  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "program-"));
    process.chdir(folder);
    fs.mkdirSync("models");
    fs.writeFileSync("models/wine.ubj", "{L\x00\x00\x00\x00\x00\x00\x00\x07learner");
  });
  after(() => {
    process.chdir(home);
    fs.rmSync(folder, { recursive: true });
  });

  it("is told all that is wrong at once, by the names of its language", async () => {
    program("python");
    const message = await refusal(wrong);
    assert.deepEqual(
      message.split("\n").map((line) => line.split(":")[0]?.trim()),
      [
        "the arguments of ModelDeployment wine have 10 problems",
        "image.pullPolcy",
        "image.repository",
        "version",
        "image.pull_secrets[0]",
        "allow_pickle",
        'resources.requests["nvidia.com/gpu"]',
        "release.max_history",
        "values.server.thread",
        "values.replicaCount",
        "source.image.path",
      ],
    );
    assert.match(message, /did you mean pull_policy\?/);
    assert.match(message, /no model file at models\/model\.ubj; models holds wine\.ubj/);
  });

  it("is told so in Go, whose names begin with capitals", async () => {
    program("{ name: go }");
    const message = await refusal(wrong);
    assert.match(message, /^ {2}Image\.pullPolcy: .*did you mean PullPolicy\?$/m);
    assert.match(message, /^ {2}Release\.MaxHistory: /m);
    assert.match(message, /^ {2}Values\.server\.thread: /m);
  });

  it("is told so in YAML as the arguments are declared", async () => {
    program("yaml");
    assert.match(await refusal(wrong), /^ {2}release\.maxHistory: found 0/m);
  });

  it("deploys what lies beside the program, by paths that are the same on every machine", async () => {
    const registered = mockPulumi();
    const { state } = await construct({
      version: "1.0.0",
      source: { image: { path: "models/wine.ubj" } },
      image: { repository: "ghcr.io/acme/wine", builder: "docker-build" },
      ingress: { hosts: [{ host: "wine.example.com" }] },
    });
    const url = await new Promise((resolve) => pulumi.output(state.ingressUrl).apply(resolve));
    assert.equal(url, "http://wine.example.com/");
    await new Promise((resolve) => pulumi.output(state.releaseName).apply(resolve));
    const inputs = (wanted: string) => registered.find((one) => one.type === wanted)?.inputs;
    assert.match(inputs("docker-build:index:Image").context.location, /^\.\/\.staging\//);
    assert.equal(inputs("kubernetes:helm.sh/v3:Release").chart, "./.staging/chart");
  });

  it("deploys the package's chart as it is, whatever was staged before", () => {
    fs.mkdirSync(".staging/chart/templates", { recursive: true });
    fs.writeFileSync(".staging/chart/templates/old.yaml", "kind: Old");
    fs.writeFileSync(".staging/chart/Chart.yaml", "name: old");
    const staged = stageChart();
    assert.ok(!fs.existsSync(path.join(staged, "templates", "old.yaml")));
    assert.equal(
      fs.readFileSync(path.join(staged, "Chart.yaml"), "utf8"),
      fs.readFileSync(path.join(home, "chart", "Chart.yaml"), "utf8"),
    );
  });
});
