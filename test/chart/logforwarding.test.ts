import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { at, chartFolder, ofKind, only, refusal, render, type Values } from "./helm";
import { python } from "./serving";

const output = { name: "http", host: "logs.example.com", http_passwd: "$" + "{PASSWORD}" };

const forwarding = (values: Values = {}, others: Values = {}): Values => ({
  fullnameOverride: "wine",
  logForwarding: { enabled: true, outputs: [output], existingSecret: "logs", ...values },
  ...others,
});

interface Configuration {
  service: Record<string, unknown>;
  parsers: Record<string, unknown>[];
  pipeline: Record<"inputs" | "filters" | "outputs", Record<string, unknown>[]>;
}

function configuration(values: Values = {}): Configuration {
  const { data } = only(render(forwarding(values)), "ConfigMap");
  return parse(String((data as Record<string, string>)["fluent-bit.yaml"])) as Configuration;
}

const pod = (values: Values) => at(only(render(values), "Deployment"), "spec.template");

interface Container {
  name: string;
  [key: string]: unknown;
}

const containers = (template: unknown, kind: string) => at(template, `spec.${kind}`) as Container[];

describe("chart: log forwarding", () => {
  it("is off by default", () => {
    assert.deepEqual(ofKind(render(), "ConfigMap"), []);
    assert.equal(at(pod({}), "spec.initContainers"), undefined);
  });

  it("starts before the server and all else, and ends after it", () => {
    const uri = { location: "https://models.example.com/model.ubj" };
    const template = pod(forwarding({}, { model: { source: "uri", sha256: "a".repeat(64), uri } }));
    const [first, second] = containers(template, "initContainers");
    assert.deepEqual([first?.name, second?.name], ["log-forwarder", "fetch-model"]);
    assert.equal(first?.restartPolicy, "Always");
  });

  it("has the server write where it reads", () => {
    const template = pod(forwarding());
    const [server] = containers(template, "containers");
    const env = server?.env as { name: string; value: string }[];
    const file = env.find(({ name }) => name === "MODEL_SERVER_LOG_FILE")?.value;
    const paths = String(configuration().pipeline.inputs[0]?.path).split(",");
    assert.deepEqual(paths, [file, `${file}.1`]);
    const [forwarder] = containers(template, "initContainers");
    for (const container of [server, forwarder]) {
      const mounts = container?.volumeMounts as { name: string; mountPath: string }[];
      const logs = mounts.find(({ name }) => name === "logs");
      assert.equal(logs?.mountPath, String(file).replace(/\/[^/]+$/, ""));
    }
  });

  it("holds no more on disk than the volume may", () => {
    const values = { outputs: [output, output], fileBytes: 2_000_000, bufferBytes: 10_000_000 };
    const volumes = at(pod(forwarding(values)), "spec.volumes") as Container[];
    const size = at(
      volumes.find(({ name }) => name === "logs"),
      "emptyDir.sizeLimit",
    );
    assert.ok(Number(size) > 2 * 2_000_000 + 2 * 10_000_000, String(size));
    for (const made of configuration(values).pipeline.outputs) {
      assert.equal(made["storage.total_limit_size"], 10_000_000);
    }
  });

  it("passes on what the outputs are, and tries again until they take it", () => {
    assert.deepEqual(configuration().pipeline.outputs, [
      {
        ...output,
        match: "*",
        retry_limit: "no_limits",
        "storage.total_limit_size": 67108864,
      },
    ]);
    const [own] = configuration({ outputs: [{ ...output, retry_limit: 3 }] }).pipeline.outputs;
    assert.equal(own?.retry_limit, 3);
  });

  it("trusts the named authority where an output speaks TLS", () => {
    const values = {
      caConfigMapName: "authority",
      outputs: [{ ...output, tls: true }, { name: "forward" }],
    };
    const [secure, plain] = configuration(values).pipeline.outputs;
    assert.equal(secure?.["tls.ca_file"], "/mnt/log-authority/ca.crt");
    assert.equal(plain?.["tls.ca_file"], undefined);
  });

  it("says of each line where it comes from", () => {
    const [filter] = configuration({ fields: { cluster: "eu 1" } }).pipeline.filters;
    assert.deepEqual(filter?.record, [
      "namespace $" + "{POD_NAMESPACE}",
      "pod $" + "{POD_NAME}",
      "track $" + "{POD_TRACK}",
      'cluster "eu 1"',
    ]);
  });

  it("reads the lines as the server writes them", () => {
    const [parser] = configuration().parsers;
    assert.deepEqual([parser?.format, parser?.time_key], ["json", "time"]);
    const line =
      "import logging; from model_server.process import logs; logs.configure('info', {}); logging.info('x')";
    const { stdout, stderr } = python(line);
    assert.equal(stderr, "");
    const digits: Record<string, string> = { Y: "\\d{4}", L: "\\d{1,9}" };
    const format = String(parser?.time_format)
      .replaceAll(".", "\\.")
      .replaceAll(/%(\w)/g, (_, part: string) => digits[part] ?? "\\d{2}");
    assert.match(JSON.parse(stdout).time, new RegExp(`^${format}$`));
  });

  it("sends payloads elsewhere, as the documentation shows", () => {
    const page = readFileSync(join(chartFolder, "../docs/payload-logging.md"), "utf8");
    const [example = ""] = page.match(/(?<=```yaml\n)payloadLogging:[^`]*rewrite_tag[^`]*/) ?? [];
    const values = { fullnameOverride: "wine", ...(parse(example) as Values) };
    const config = only(render(values), "ConfigMap");
    const { pipeline } = parse(at(config, ["data", "fluent-bit.yaml"]) as string) as Configuration;
    const [, rename] = pipeline.filters;
    assert.deepEqual([rename?.name, rename?.match], ["rewrite_tag", pipeline.inputs[0]?.tag]);
    const [, , renamed] = String(rename?.rule).split(" ");
    assert.deepEqual(
      pipeline.outputs.map(({ match }) => match),
      [pipeline.inputs[0]?.tag, renamed],
    );
  });

  it("is restarted by a change of its configuration, and by nothing else", () => {
    const mark = (values: Values) =>
      at(pod(values), ["metadata", "annotations", "model-serving/log-forwarding"]);
    assert.notEqual(mark(forwarding()), mark(forwarding({ fields: { a: "b" } })));
    assert.equal(mark(forwarding()), mark(forwarding({}, { replicaCount: 3 })));
  });

  it("goes with a canary as well", () => {
    const canary = { enabled: true, image: { tag: "2" } };
    const ingress = { enabled: true, hosts: [{ host: "wine.example.com" }] };
    const made = render(forwarding({}, { canary, ingress }));
    assert.equal(ofKind(made, "ConfigMap").length, 1);
    for (const deployment of ofKind(made, "Deployment")) {
      assert.equal(at(deployment, "spec.template.spec.initContainers.0.name"), "log-forwarder");
    }
  });

  describe("is refused", () => {
    const told = (values: Values, others: Values = {}) => refusal(forwarding(values, others));

    it("without an output", () => {
      assert.match(told({ outputs: [] }), /logForwarding\.outputs is empty/);
      assert.match(told({ outputs: [{ host: "a" }] }), /\/logForwarding\/outputs\/0'.*name/s);
    });

    it("with a secret in plain text", () => {
      const outputs = [
        { name: "http", http_passwd: "hunter2" },
        { name: "http", header: ["X-Scope a", "Authorization Bearer hunter2"] },
        { name: "forward", shared_key: "hunter2" },
      ];
      const message = told({ outputs });
      for (const path of ["0].http_passwd", "1].header", "2].shared_key"]) {
        assert.ok(message.includes(`logForwarding.outputs[${path} holds a secret`), message);
      }
      assert.ok(!message.includes("hunter2"), message);
    });

    it("with a variable that nothing sets", () => {
      assert.match(
        told({ existingSecret: "" }),
        /outputs\[0\]\.http_passwd asks for \$\{PASSWORD\}, but nothing sets/,
      );
      render(
        forwarding({ existingSecret: "", outputs: [{ name: "http", tag: "$" + "{POD_NAME}" }] }),
      );
    });

    it("where a network policy lets nothing out", () => {
      const networkPolicy = { enabled: true };
      assert.match(told({}, { networkPolicy }), /no log line would arrive.*networkPolicy\.egress/);
    });

    it("with less time to end than the last lines take", () => {
      const shutdown = { gracePeriodSeconds: 29 };
      assert.match(told({}, { shutdown }), /\+ 5 for logForwarding take 30/);
    });

    it("with less disk for the pod than it may hold", () => {
      const limits = { "ephemeral-storage": "100Mi" };
      const message = told({}, { resources: { limits } });
      const remedy = /set logForwarding\.resources\.limits\.ephemeral-storage to (\w+)/.exec(
        message,
      );
      const own = { limits: { "ephemeral-storage": remedy?.[1] } };
      render(forwarding({ resources: own }, { resources: { limits } }));
    });

    it("with a log file of one's own", () => {
      const env = [{ name: "MODEL_SERVER_LOG_FILE", value: "/tmp/log" }];
      assert.match(told({}, { env }), /env\[0\] sets MODEL_SERVER_LOG_FILE/);
    });

    it("with a container or volume of the same name", () => {
      const sidecars = [{ name: "log-forwarder", image: "a" }];
      const volumes = [{ name: "logs", emptyDir: {} }];
      const message = told({}, { sidecars, volumes });
      assert.match(message, /sidecars\[0\]\.name is log-forwarder/);
      assert.match(message, /volumes\[0\]\.name is logs/);
    });
  });
});
