import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { at, only, refusal, render, type Values } from "./helm";

const sha256 = "3f79bb7b435b05321651daefd374cdc681dc06faa65e374e38337b88ca046dea";
const configMap = { name: "churn-8d96", key: "model.pkl", goldenKey: "golden.json" };
const mounted = {
  fullnameOverride: "churn",
  model: { source: "configMap", sha256, configMap },
  server: { kind: "own", modelPath: "/app/model.pkl" },
};

const pod = (values: Values) => at(only(render(values), "Deployment"), "spec.template.spec");
const server = (values: Values) => at(pod(values), "containers.0");
const own = (values: Values = {}, settings: Values = {}): Values => ({
  fullnameOverride: "churn",
  ...values,
  server: { kind: "own", ...settings },
});

describe("chart: a server of another kind", () => {
  it("gets no setting and no port of this package's server", () => {
    const container = server(own()) as Record<string, unknown>;
    assert.ok(!("env" in container));
    assert.deepEqual(container.ports, [{ name: "http", containerPort: 5000, protocol: "TCP" }]);
    const env = [{ name: "OMP_NUM_THREADS", value: "1" }];
    assert.deepEqual(at(server(own({ env })), "env"), env);
  });

  it("runs its own command and arguments", () => {
    const container = server(own({}, { command: ["gunicorn"], args: ["app:app"], port: 8000 }));
    assert.deepEqual(at(container, "command"), ["gunicorn"]);
    assert.deepEqual(at(container, "args"), ["app:app"]);
    assert.equal(at(container, "ports.0.containerPort"), 8000);
  });

  it("may have a port for gRPC as well", () => {
    const ports = at(server(own({}, { grpcPort: 8081 })), "ports") as { name: string }[];
    assert.deepEqual(
      ports.map(({ name }) => name),
      ["http", "grpc"],
    );
  });

  it("is asked whether its port takes connections, or for its health path", () => {
    const checks = (values: Values) =>
      ["startupProbe", "readinessProbe", "livenessProbe"].map((probe) => {
        const { httpGet, tcpSocket } = at(server(values), probe) as Values;
        return httpGet ?? tcpSocket;
      });
    const connects = { port: "http" };
    assert.deepEqual(checks(own()), [connects, connects, connects]);
    const answers = { path: "/health", port: "http" };
    // A restart helps no server that is merely busy, or waits for another one.
    const asked = checks(own({}, { healthPath: "/health" }));
    assert.deepEqual(asked, [answers, answers, connects]);
  });

  it("takes a check of the user's", () => {
    const probes = { liveness: { exec: { command: ["true"] } } };
    const probe = at(server(own({ probes }, { healthPath: "/health" })), "livenessProbe");
    assert.deepEqual(at(probe, "exec.command"), ["true"]);
    assert.equal(at(probe, "httpGet"), undefined);
  });

  it("is told to end only when load balancers have noticed, since it ends at once", () => {
    const sleep = (values: Values) => at(server(values), "lifecycle.preStop.sleep.seconds");
    assert.equal(sleep(own()), 5);
    assert.equal(sleep(own({ shutdown: { preStopSeconds: 4 } })), 4);
    assert.equal(sleep({}), undefined);
    const lifecycle = { preStop: { exec: { command: ["quit"] } } };
    assert.deepEqual(at(server(own({ lifecycle })), "lifecycle"), lifecycle);
  });

  it("has an empty folder wherever it may write", () => {
    const values = own({}, { writableFolders: ["/app/cache", "/var/run/app"] });
    const volumes = at(pod(values), "volumes") as unknown[];
    assert.deepEqual(volumes.slice(1), [
      { name: "writable-0", emptyDir: {} },
      { name: "writable-1", emptyDir: {} },
    ]);
    assert.deepEqual((at(server(values), "volumeMounts") as unknown[]).slice(1), [
      { name: "writable-0", mountPath: "/app/cache" },
      { name: "writable-1", mountPath: "/var/run/app" },
    ]);
  });

  describe("its model", () => {
    const mount = (values: Values) => at(server(values), "volumeMounts.1");
    const at_ = { name: "model", mountPath: "/app/model.pkl", readOnly: true };

    it("is mounted where it looks for it, as one file", () => {
      assert.deepEqual(mount(mounted), { ...at_, subPath: "model.pkl" });
      const claim = { existingClaim: "models", subPath: "churn", file: "model.pkl" };
      const model = { source: "persistentVolumeClaim", sha256, persistentVolumeClaim: claim };
      assert.deepEqual(mount({ ...mounted, model }), { ...at_, subPath: "churn/model.pkl" });
      const uri = { location: "s3://models/churn/1.0.0/model.pkl" };
      const downloaded = { ...mounted, model: { source: "uri", sha256, uri } };
      assert.deepEqual(mount(downloaded), { ...at_, subPath: "model.bin" });
    });

    it("is compared with its sha256 before the server starts, unless the download has done so", () => {
      const verifier = at(pod(mounted), "initContainers.0");
      assert.equal(at(verifier, "name"), "verify-model");
      assert.equal(at(verifier, "image"), at(server(mounted), "image"));
      assert.deepEqual((at(verifier, "command") as string[]).slice(3), ["/app/model.pkl", sha256]);
      assert.deepEqual(at(verifier, "volumeMounts"), [mount(mounted)]);
      const uri = { location: "s3://models/churn/1.0.0/model.pkl" };
      const downloaded = { ...mounted, model: { source: "uri", sha256, uri } };
      const names = (at(pod(downloaded), "initContainers") as { name: string }[]).map(
        ({ name }) => name,
      );
      assert.deepEqual(names, ["fetch-model"]);
      assert.equal(at(pod(own()), "initContainers"), undefined);
    });

    it("is compared by an image that has Python, if its own has none", () => {
      const image = { repository: "python", tag: "3.13-slim" };
      const values = { ...mounted, test: { image, python: "/usr/bin/python3" } };
      const verifier = at(pod(values), "initContainers.0");
      assert.equal(at(verifier, "image"), "python:3.13-slim");
      assert.equal(at(verifier, "command.0"), "/usr/bin/python3");
      assert.equal(at(only(render(values), "Pod"), "spec.containers.0.image"), "python:3.13-slim");
    });
  });

  describe("the comparison", () => {
    const script = (at(pod(mounted), "initContainers.0.command") as string[])[2] ?? "";
    const compare = (path: string, expected: string) =>
      spawnSync("python3", ["-c", script, path, expected], { encoding: "utf8" });
    let folder: string;
    before(() => {
      folder = fs.mkdtempSync(join(tmpdir(), "own-model-"));
    });
    after(() => fs.rmSync(folder, { recursive: true }));

    it("passes the model itself and tells both sums of another", () => {
      const file = join(folder, "model.pkl");
      fs.writeFileSync(file, "a model");
      const sum = createHash("sha256").update("a model").digest("hex");
      assert.equal(compare(file, sum).status, 0);
      const { status, stderr } = compare(file, sha256);
      assert.equal(status, 1);
      assert.equal(
        stderr,
        `the model at ${file} has the sha256 ${sum}, the release says ${sha256}\n`,
      );
    });

    it("takes a folder for what sha256sum says of its files, and for its one file", () => {
      fs.mkdirSync(join(folder, "two/__pycache__"), { recursive: true });
      fs.writeFileSync(join(folder, "two/model.pkl"), "a model");
      fs.writeFileSync(join(folder, "two/golden.json"), "{}");
      fs.writeFileSync(join(folder, "two/__pycache__/a.pyc"), "compiled");
      fs.writeFileSync(join(folder, "two/.gitignore"), "*");
      const sum = createHash("sha256").update("a model").digest("hex");
      assert.equal(compare(join(folder, "two"), sum).status, 0);
      fs.writeFileSync(join(folder, "two/features.txt"), "age");
      const command = "sha256sum features.txt model.pkl | sha256sum | cut -d ' ' -f 1";
      const { stdout } = spawnSync("sh", ["-c", command], {
        cwd: join(folder, "two"),
        encoding: "utf8",
      });
      const { status, stderr } = compare(join(folder, "two"), stdout.trim());
      assert.equal(status, 0, stderr);
    });

    it("says which file cannot be read", () => {
      const { status, stderr } = compare("/nowhere/model.pkl", sha256);
      assert.equal(status, 1);
      assert.match(stderr, /the model at \/nowhere\/model.pkl cannot be read: .*No such file/);
    });
  });

  describe("its golden requests", () => {
    let folder: string;
    before(() => {
      folder = fs.mkdtempSync(join(tmpdir(), "own-golden-"));
    });
    after(() => fs.rmSync(folder, { recursive: true }));

    /** Runs a command of the chart against a server that answers so. */
    async function ask(values: Values, answer: RequestListener | undefined, golden?: unknown) {
      const command = at(only(render(values), "Pod"), "spec.containers.0.command") as string[];
      const listening = createServer(answer);
      await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
      const { port } = listening.address() as AddressInfo;
      if (answer === undefined) {
        await new Promise((resolve) => listening.close(resolve));
      }
      const file = join(folder, "golden.json");
      fs.writeFileSync(file, JSON.stringify(golden ?? {}));
      const question = {
        ...JSON.parse(command[3] ?? ""),
        url: `http://127.0.0.1:${port}`,
        waits: false,
        golden: golden === undefined ? "" : file,
      };
      const child = spawn("python3", ["-c", command[2] ?? "", JSON.stringify(question)]);
      let output = "";
      for (const stream of [child.stdout, child.stderr]) {
        stream.on("data", (chunk) => {
          output += String(chunk);
        });
      }
      const code = await new Promise((resolve) => child.on("close", resolve));
      listening.close();
      return { ok: code === 0, output: output.replaceAll(String(port), "PORT") };
    }

    const answering =
      (path: string, predict: (body: never) => unknown): RequestListener =>
      (request, response) => {
        const chunks: Buffer[] = [];
        request.on("data", (chunk: Buffer) => chunks.push(chunk));
        request.on("end", () => {
          const known = request.method === "POST" && request.url === path;
          response.writeHead(known ? 200 : 404, { "content-type": "application/json" });
          response.end(
            known
              ? JSON.stringify(predict(JSON.parse(Buffer.concat(chunks).toString()) as never))
              : "",
          );
        });
      };
    const golden = {
      features: [
        [1, 2],
        [3, 4],
      ],
      predictions: [3, 7],
    };
    const sums = answering("/predict", ({ features: [a, b] }: { features: number[] }) => ({
      prediction: (a ?? 0) + (b ?? 0),
    }));

    it("are asked one by one as the Flask app of the field takes them", async () => {
      const found = await ask(mounted, sums, golden);
      assert.deepEqual(found, { ok: true, output: "2 golden requests answered as expected\n" });
    });

    it("may have any path, body and place of the answer", async () => {
      const body =
        '{"inputs":[{"name":"x","shape":[1,$count],"datatype":"FP64","data":$features}]}';
      const infer = answering(
        "/v2/models/churn/infer",
        ({ inputs: [input] }: { inputs: { shape: number[]; data: number[] }[] }) => ({
          outputs: [
            { data: [(input?.data ?? []).reduce((a, b) => a + b) * (input?.shape[1] ?? 0)] },
          ],
        }),
      );
      const values = {
        ...mounted,
        golden: { path: "/v2/models/churn/infer", body, answer: "outputs.0.data.0" },
      };
      const found = await ask(values, infer, { ...golden, predictions: [6, 14] });
      assert.deepEqual(found, { ok: true, output: "2 golden requests answered as expected\n" });
    });

    it("tell a wrong prediction, a wrong status, another answer and a silent port", async () => {
      const told = async (answer: RequestListener | undefined) => {
        const { ok, output } = await ask(mounted, answer, golden);
        assert.ok(!ok);
        return output.trim();
      };
      assert.equal(
        await told(answering("/predict", () => ({ prediction: 3 }))),
        "golden request 1: the prediction is 3, expected 7",
      );
      assert.equal(
        await told(answering("/invocations", () => ({}))),
        "golden request 0: /predict answered 404:",
      );
      assert.equal(
        await told(answering("/predict", () => ({ result: 3 }))),
        'the answer of /predict has no prediction: {"result":3}',
      );
      assert.equal(
        await told((_, response) => response.end("<html>")),
        "/predict did not answer with JSON: <html>",
      );
      assert.equal(await told(undefined), "nothing listens on port PORT of 127.0.0.1");
    });

    it("are not needed: then the test asks whether it answers at all, and for its health", async () => {
      const found = await ask(own(), (_, response) => response.writeHead(404).end());
      assert.equal(found.output, "the server answers; no golden requests travel with this model\n");
      assert.ok(found.ok);
      const ill = await ask(own({}, { healthPath: "/health" }), (_, response) =>
        response.writeHead(503).end("loading"),
      );
      assert.deepEqual(ill, { ok: false, output: "/health answered 503: loading\n" });
    });

    it("come from a ConfigMap of their own, or from that of the model", () => {
      const volume = (values: Values) => at(only(render(values), "Pod"), "spec.volumes.0");
      const items = [{ key: "golden.json", path: "golden.json" }];
      assert.deepEqual(volume(mounted), {
        name: "golden",
        configMap: { name: "churn-8d96", items },
      });
      const golden = { configMap: { name: "churn-golden" } };
      assert.deepEqual(volume(own({ golden })), {
        name: "golden",
        configMap: { name: "churn-golden", items },
      });
      assert.equal(volume(own()), undefined);
    });

    it("decide about the rollout if they are to: as the startup probe", () => {
      assert.equal(at(server(mounted), "startupProbe.exec"), undefined);
      const values = { ...mounted, golden: { inRollout: true, timeoutSeconds: 12 } };
      const probe = at(server(values), "startupProbe");
      const command = at(probe, "exec.command") as string[];
      assert.deepEqual(command.slice(0, 2), ["python3", "-c"]);
      assert.equal(JSON.parse(command[3] ?? "").url, "http://127.0.0.1:5000");
      assert.equal(at(probe, "timeoutSeconds"), 17);
      assert.deepEqual(at(server(values), "volumeMounts.2"), {
        name: "golden",
        mountPath: "/mnt/golden",
        readOnly: true,
      });
    });
  });

  describe("its metrics", () => {
    it("are read where it has them", () => {
      const values = own({ podMonitor: { enabled: true } }, { metricsPath: "/prometheus" });
      const endpoint = at(only(render(values), "PodMonitor"), "spec.podMetricsEndpoints.0");
      assert.deepEqual([at(endpoint, "port"), at(endpoint, "path")], ["http", "/prometheus"]);
    });

    it("are told to a Prometheus without the operator by annotations", () => {
      const annotations = (values: Values) =>
        at(only(render(values), "Deployment"), "spec.template.metadata.annotations") as Values;
      const told = annotations(own({}, { metricsPath: "/metrics", port: 8000 }));
      assert.equal(told["prometheus.io/scrape"], "true");
      assert.equal(told["prometheus.io/port"], "8000");
      assert.equal(told["prometheus.io/path"], "/metrics");
      assert.ok(!("prometheus.io/scrape" in annotations(own())));
      const podMonitor = { enabled: true };
      const monitored = annotations(own({ podMonitor }, { metricsPath: "/metrics" }));
      assert.ok(!("prometheus.io/scrape" in monitored));
    });

    it("leave of the alerts those that need none of this package's", () => {
      const alerts = (values: Values) =>
        (
          at(only(render(values), "PrometheusRule"), "spec.groups.0.rules") as { alert: string }[]
        ).map(({ alert }) => alert);
      const prometheusRule = { enabled: true };
      assert.deepEqual(alerts(own({ prometheusRule })), ["ModelRolloutStalled"]);
      assert.deepEqual(alerts(own({ prometheusRule }, { metricsPath: "/metrics" })), [
        "ModelDown",
        "ModelRolloutStalled",
      ]);
    });
  });

  describe("refusals", () => {
    const cases: [string, Values, RegExp][] = [
      [
        "a setting of this package's server",
        own({}, { maxRows: 5, missingValues: "accept" }),
        /server\.maxRows is a setting of this package's server.*\n.*server\.missingValues is a setting/,
      ],
      ["its second port", own({}, { managementPort: 9000 }), /server\.managementPort is 9000/],
      [
        "its payload log",
        own({ payloadLogging: { enabled: true } }),
        /payloadLogging\.enabled is true/,
      ],
      ["its dashboard", own({ dashboard: { enabled: true } }), /dashboard\.enabled is true/],
      [
        "the feature store",
        own({ featureStore: { enabled: true, url: "http://feast", entityKeys: { a: "integer" } } }),
        /featureStore\.enabled is true/,
      ],
      [
        "a monitor without a path",
        own({ serviceMonitor: { enabled: true } }),
        /serviceMonitor\.enabled is true, .* set server\.metricsPath/,
      ],
      [
        "the path of this package's server",
        own({ model: { path: "/x" } }),
        /set server\.modelPath/,
      ],
      [
        "a path at which nothing is mounted",
        own({}, { modelPath: "/app/model.pkl" }),
        /server\.modelPath is set, but with model\.source=image nothing is mounted there/,
      ],
      ["no golden requests", own({ golden: { inRollout: true } }), /there are no golden requests/],
      [
        "two startup checks",
        {
          ...mounted,
          golden: { inRollout: true },
          probes: { startup: { httpGet: { path: "/", port: "http" } } },
        },
        /probes\.startup\.httpGet is set, but golden\.inRollout/,
      ],
      ["a body without a row", own({ golden: { body: "{}" } }), /golden\.body has no \$features/],
      [
        "a body that is no JSON",
        own({ golden: { body: "{features: $features}" } }),
        /golden\.body is no JSON/,
      ],
      [
        "settings of another server for this package's",
        { server: { command: ["gunicorn"], healthPath: "/health" } },
        /server\.command is for another server.*\n.*server\.healthPath is for another server/,
      ],
      ["golden requests for it", { golden: { inRollout: true } }, /golden is for another server/],
      ["an image for its test", { test: { image: { tag: "1" } } }, /test\.image is for another/],
    ];
    for (const [what, values, message] of cases) {
      it(`names ${what}, and the remedy`, () => {
        assert.match(refusal(values), message);
      });
    }
  });

  it("may be the canary of this package's server", () => {
    const canary = {
      enabled: true,
      image: { repository: "churn", tag: "2.0.0" },
      server: { kind: "own", healthPath: "/health" },
    };
    const values = { canary, httpRoute: { enabled: true, parentRefs: [{ name: "public" }] } };
    const [stable, other] = render(values).filter(({ kind }) => kind === "Deployment");
    const path = "spec.template.spec.containers.0.startupProbe.httpGet.path";
    assert.equal(at(stable, path), "/v2/health/ready");
    assert.equal(at(other, path), "/health");
  });
});
