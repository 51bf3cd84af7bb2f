import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { at, ofKind, only, render } from "./helm";

const sha256 = "a".repeat(64);
const pod = () =>
  only(render({ fullnameOverride: "wine", model: { version: "1.0.0", sha256 } }), "Pod");

interface Answer {
  status?: number;
  version?: string;
  /** How many connections are cut off first. */
  cutOff?: number;
  predict?: (features: (number | null)[]) => unknown;
  refuses?: (features: (number | null)[]) => boolean;
}

describe("chart: helm test", () => {
  let model: string;
  let server: Server | undefined;
  before(() => {
    model = mkdtempSync(join(tmpdir(), "chart-model-"));
  });
  afterEach(() => server?.close());
  after(() => rmSync(model, { recursive: true }));

  /** Runs the script of the test pod, with its environment, against a model that answers so. */
  async function ask({
    status = 200,
    version = "1.0.0",
    cutOff = 0,
    predict = ([x]) => (x ?? 0) * 2,
    refuses = () => false,
  }: Answer) {
    const headers = {
      "content-type": "application/json",
      "x-model-name": "wine",
      "x-model-version": version,
      "x-model-sha256": sha256,
    };
    const listening = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const isPrediction = request.method === "POST" && request.url === "/predict";
        const { features } = JSON.parse(isPrediction ? Buffer.concat(chunks).toString() : "{}") as {
          features: (number | null)[];
        };
        const known = isPrediction || request.url === "/v2/models/wine";
        const answered = isPrediction && refuses(features) ? 422 : status;
        response.writeHead(known ? answered : 404, headers);
        response.end(JSON.stringify(isPrediction ? { prediction: predict(features) } : {}));
      });
    });
    let connections = 0;
    listening.on("connection", (socket) => {
      connections += 1;
      if (connections <= cutOff) {
        socket.destroy();
      }
    });
    server = listening;
    await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));

    const container = at(pod(), "spec.containers.0");
    const [, ...args] = at(container, "command") as string[];
    const variables = at(container, "env") as { name: string; value: string }[];
    const { port } = listening.address() as AddressInfo;
    const env = {
      ...Object.fromEntries(variables.map(({ name, value }) => [name, value])),
      URL: `http://127.0.0.1:${port}`,
      ...(cutOff === Number.POSITIVE_INFINITY ? { TIMEOUT_SECONDS: "1" } : {}),
      MODEL_PATH: model,
    };
    const child = spawn("python3", args, { env: { ...process.env, ...env } });
    let output = "";
    child.stdout.on("data", (chunk) => {
      output += String(chunk);
    });
    child.stderr.on("data", (chunk) => {
      output += String(chunk);
    });
    const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
    return { ok: code === 0, output };
  }

  const golden = (predictions: unknown[], features: (number | null)[][] = [[1], [2.5]]) =>
    writeFileSync(
      join(model, "golden.json"),
      JSON.stringify({ features, predictions, tolerance: 0.01 }),
    );

  it("is a pod with the server's own image and as few rights", () => {
    const values = { fullnameOverride: "wine", image: { tag: "1.0.0" } };
    const [server, test] = [only(render(values), "Deployment"), only(render(values), "Pod")].map(
      (manifest) => at(manifest, manifest.kind === "Pod" ? "spec" : "spec.template.spec"),
    );
    assert.equal(at(test, "containers.0.image"), at(server, "containers.0.image"));
    assert.deepEqual(at(test, "securityContext"), at(server, "securityContext"));
    assert.deepEqual(
      at(test, "containers.0.securityContext"),
      at(server, "containers.0.securityContext"),
    );
    assert.equal(at(test, "automountServiceAccountToken"), false);
  });

  it("runs on request only, and gets none of the requests to the model", () => {
    assert.equal(at(pod(), ["metadata", "annotations", "helm.sh/hook"]), "test");
    const selector = at(only(render({ fullnameOverride: "wine" }), "Service"), "spec.selector");
    assert.notEqual(
      at(pod(), ["metadata", "labels", "model-serving/track"]),
      at(selector, "model-serving/track"),
    );
  });

  it("asks a canary as well, for its own identity", () => {
    const pods = ofKind(
      render({
        fullnameOverride: "wine",
        image: { tag: "1.0.0" },
        ingress: { enabled: true, hosts: [{ host: "wine.example.com" }] },
        canary: { enabled: true, image: { tag: "2.0.0" } },
      }),
      "Pod",
    );
    const asked = pods.map((manifest) => {
      const env = at(manifest, "spec.containers.0.env") as { name: string; value: string }[];
      return [
        manifest.metadata.name,
        ...["URL", "MODEL_VERSION"].map((key) => env.find(({ name }) => name === key)?.value),
      ];
    });
    assert.deepEqual(asked, [
      ["wine-test", "http://wine:80", "1.0.0"],
      ["wine-canary-test", "http://wine-canary:80", "2.0.0"],
    ]);
  });

  it("passes when the right model gives the expected predictions", async () => {
    golden([2, 5.005]);
    const { ok, output } = await ask({});
    assert.ok(ok, output);
    assert.match(output, /wine 1\.0\.0 answers.*\n2 golden requests answered as expected/);
  });

  it("waits until it is let through to the model", async () => {
    golden([2, 5]);
    const { ok, output } = await ask({ cutOff: 2 });
    assert.ok(ok, output);
  });

  it("fails when the model does not answer in time", async () => {
    const { ok, output } = await ask({ cutOff: Number.POSITIVE_INFINITY });
    assert.ok(!ok, output);
    assert.match(output, /\/v2\/models\/wine did not answer: /);
  });

  it("fails when a prediction is another one, and says which", async () => {
    golden([2, 6]);
    const { ok, output } = await ask({});
    assert.ok(!ok, output);
    assert.match(output, /golden request 1: the prediction is 5(\.0)?, expected 6/);
  });

  it("passes when the model answers with the expected labels", async () => {
    golden(["setosa", "virginica"]);
    const { ok, output } = await ask({ predict: ([x]) => (x === 1 ? "setosa" : "virginica") });
    assert.ok(ok, output);
  });

  it("fails when a label is another one", async () => {
    golden(["setosa", "virginica"]);
    const { ok, output } = await ask({ predict: () => "setosa" });
    assert.ok(!ok, output);
    assert.match(output, /golden request 1: the prediction is setosa, expected virginica/);
  });

  it("says which golden requests the server refuses for their missing values", async () => {
    golden([2, 5], [[1], [null]]);
    const { ok, output } = await ask({ refuses: ([x]) => x === null });
    assert.ok(ok, output);
    assert.match(output, /1 golden requests answered as expected\n1 more have missing values/);
  });

  it("fails when a missing value makes another prediction", async () => {
    golden([2, 5], [[1], [null]]);
    const { ok, output } = await ask({});
    assert.ok(!ok, output);
    assert.match(output, /golden request 1: the prediction is 0, expected 5/);
  });

  it("fails when the server refuses a request without missing values", async () => {
    golden([2, 5]);
    const { ok, output } = await ask({ refuses: ([x]) => x === 1 });
    assert.ok(!ok, output);
    assert.match(output, /\/predict answered 422/);
  });

  it("fails when a prediction is no number", async () => {
    golden([2, 5]);
    const { ok, output } = await ask({ predict: () => "2" });
    assert.ok(!ok, output);
    assert.match(output, /golden request 0: the prediction is 2, expected 2/);
  });

  it("fails when another version answers", async () => {
    golden([2, 5]);
    const { ok, output } = await ask({ version: "0.9.0" });
    assert.ok(!ok, output);
    assert.match(output, /x-model-version 0\.9\.0, the release says 1\.0\.0/);
  });

  it("fails when the model answers with an error", async () => {
    golden([2, 5]);
    const { ok, output } = await ask({ status: 503 });
    assert.ok(!ok, output);
    assert.match(output, /\/v2\/models\/wine answered 503/);
  });

  it("checks the identity alone when no golden requests travel with the model", async () => {
    rmSync(join(model, "golden.json"));
    const { ok, output } = await ask({});
    assert.ok(ok, output);
    assert.match(output, /no golden requests travel with this model/);
  });
});
