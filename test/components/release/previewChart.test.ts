import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { previewChart, reasonOf, withoutCluster } from "../../../components/release/previewChart";
import { temporaryFolder } from "../../temporaryFolder";
import { mockPulumi } from "../mockedPulumi";

type Options = Record<string, unknown>;

const folder = temporaryFolder("preview-chart");
const home = process.cwd();

/** What the provider is asked to render. */
async function renderings(
  preview: boolean,
  values: Record<string, unknown>,
  { fingerprint = "1", refusal }: { fingerprint?: string; refusal?: string } = {},
): Promise<Options[]> {
  const asked: Options[] = [];
  mockPulumi({
    preview,
    call: (token, inputs) => {
      assert.equal(token, "kubernetes:helm:template");
      asked.push(JSON.parse(inputs.jsonOpts ?? ""));
      // As the engine's answer is read by the SDK.
      if (refusal !== undefined && asked.length === 1) {
        throw Object.assign(new Error(refusal), { details: refusal });
      }
      return { result: [] };
    },
  });
  const parent = new pulumi.ComponentResource("test:index:Parent", "parent");
  const namespace = pulumi.output("models");
  const rendering = { name: "wine", namespace, chart: "./chart", fingerprint, values };
  previewChart(() => rendering, parent);
  // The inputs become known, and the provider is asked, in turns of the event loop: by no clock.
  for (let turn = 0; turn < 50; turn += 1) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return asked;
}

describe("the preview of the chart", () => {
  beforeEach(() => {
    process.chdir(fs.mkdtempSync(`${folder}/`));
  });
  after(() => {
    process.chdir(home);
  });

  const values = { replicaCount: pulumi.output(2), env: pulumi.secret([{ name: "A" }]) };

  it("has the provider render what the release would", async () => {
    assert.deepEqual(await renderings(true, values), [
      {
        release_name: "wine",
        namespace: "models",
        path: "./chart",
        chart: ".",
        values: { replicaCount: 2, env: [{ name: "A" }] },
      },
    ]);
  });

  it("does not happen in an update, in which the release itself renders", async () => {
    assert.deepEqual(await renderings(false, values), []);
  });

  it("does not happen while some value is unknown", async () => {
    const unknown = pulumi.output(pulumi.unknown as unknown);
    assert.deepEqual(await renderings(true, { ...values, unknown }), []);
  });

  it("is not repeated with the same inputs and chart", async () => {
    const plain = { replicaCount: 2 };
    assert.equal((await renderings(true, plain)).length, 1);
    assert.equal((await renderings(true, plain)).length, 0);
    assert.equal((await renderings(true, { replicaCount: 3 })).length, 1);
    assert.equal((await renderings(true, { replicaCount: 3 }, { fingerprint: "2" })).length, 1);
    assert.equal((await renderings(true, plain, { fingerprint: "2" })).length, 1);
  });

  it("is repeated where what was noted of it is damaged, or of another stack's model", async () => {
    const plain = { replicaCount: 2 };
    await renderings(true, plain);
    const file = path.join(".staging", "test", ".rendered", "wine");
    const noted = fs.readFileSync(file, "utf8");
    for (const damaged of ["", noted.slice(1), `${noted}\n`, noted.toUpperCase()]) {
      fs.writeFileSync(file, damaged);
      assert.equal((await renderings(true, plain)).length, 1, JSON.stringify(damaged));
      assert.equal(fs.readFileSync(file, "utf8"), noted);
    }
    fs.rmSync(file);
    fs.mkdirSync(path.join(".staging", "other", ".rendered"), { recursive: true });
    fs.writeFileSync(path.join(".staging", "other", ".rendered", "wine"), noted);
    assert.equal((await renderings(true, plain)).length, 1);
  });

  it("leaves one note where several previews of a stack run at once", async () => {
    const plain = { replicaCount: 2 };
    const both = await Promise.all([renderings(true, plain), renderings(true, plain)]);
    assert.ok(both.flat().length > 0);
    assert.equal((await renderings(true, plain)).length, 0);
    assert.deepEqual(fs.readdirSync(path.join(".staging", "test", ".rendered")), ["wine"]);
  });

  it("is repeated with what is secret, of which nothing is kept", async () => {
    for (let time = 0; time < 2; time++) {
      assert.equal((await renderings(true, values)).length, 1);
      assert.deepEqual(fs.readdirSync("."), []);
    }
  });

  it("is made for the oldest Kubernetes that the chart takes, where no cluster says which there is", async () => {
    const refusal = `${passedOn}chart requires kubeVersion: >=1.30.0-0 which is incompatible with Kubernetes v1.20.0`;
    const [first, second, ...more] = await renderings(true, { replicaCount: 2 }, { refusal });
    assert.deepEqual(second, { ...first, kube_version: "1.30.0" });
    assert.deepEqual(more, []);
  });

  it("is not made for another Kubernetes than the cluster's", () => {
    const old = `${passedOn}chart requires kubeVersion: >=1.30.0-0 which is incompatible with Kubernetes v1.29.9`;
    assert.equal(withoutCluster(new Error(old)), undefined);
    assert.equal(withoutCluster(new Error("no such plugin")), undefined);
  });

  const passedOn =
    "invocation of kubernetes:helm:template returned an error: failed to generate YAML for " +
    "specified Helm chart: failed to create chart from template: ";
  const reasons: [what: string, message: string, reason: string][] = [
    [
      "the chart's validations say",
      `${passedOn}execution error at (model-serving/templates/validations.yaml:16:4): \n\nThese values cannot work:\n  - a: b\n`,
      "These values cannot work:\n  - a: b",
    ],
    [
      "the chart's schema says",
      `${passedOn}values don't meet the specifications of the schema(s) in the following chart(s):\nx`,
      "values don't meet the specifications of the schema(s) in the following chart(s):\nx",
    ],
    ["something else goes wrong", "no such plugin", "no such plugin"],
  ];
  for (const [what, message, reason] of reasons) {
    it(`reports just what ${what}`, () => {
      assert.equal(reasonOf(new Error(message)), reason);
    });
  }
});
