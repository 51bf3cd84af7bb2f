import assert from "node:assert/strict";
import { at, ofKind, only, refusal, render, type Values } from "./helm";
import { python, server, settingsKnownTo, settingsWith } from "./serving";

const PREFIX = "MODEL_SERVER_PAYLOAD_LOG_";

const logging = (values: Values = {}, others: Values = {}): Values => ({
  payloadLogging: { enabled: true, ...values },
  ...others,
});
const to = (url: string, sink: Values = {}): Values => logging({ sink: { url, ...sink } });
const RECEIVER = "http://receiver.monitoring:8080/events";

/** The server's variables of the payload log, without their common beginning. */
const settings = (values: Values, track = 0): Record<string, unknown> =>
  settingsWith(PREFIX, values, track);

const full = logging({
  sampling: 0.001,
  mode: "request",
  sink: {
    url: RECEIVER,
    format: "batch",
    auth: { existingSecret: "receiver", secretKey: "key", header: "x-api-key" },
    caConfigMapName: "company",
    timeoutSeconds: 0.5,
    retries: 0,
    connections: 2,
  },
  maxBodyBytes: 1_000_000,
  queue: { requests: 50_000, bytes: 16_777_216, batchRequests: 500, batchSeconds: 0.2 },
  attributes: { cluster: "eu1" },
});

/** What the server's own check says of these settings, in a process of its own. */
function serverSays(given: Record<string, unknown>): string {
  const environment = Object.fromEntries(
    Object.entries(given).map(([name, value]) => [
      `${PREFIX}${name}`,
      typeof value === "string" ? value : "secret",
    ]),
  );
  const script =
    "import json, sys; from model_server import settings; settings.from_environment(json.load(sys.stdin))";
  return python(script, JSON.stringify(environment)).stderr;
}

describe("chart: payload logging", () => {
  it("is off by default, whatever else is set", () => {
    assert.deepEqual(settings({}), {});
    assert.deepEqual(settings(logging({ enabled: false, sampling: 0.5 })), {});
  });

  it("tells the server what it was told, and leaves the rest to the server's defaults", () => {
    assert.deepEqual(settings(logging()), {
      SINK: "stdout",
      SAMPLE: "1",
      MODE: "all",
      ATTRIBUTES: '{"endpoint":"default","namespace":"models"}',
    });
    assert.deepEqual(settings(full), {
      SINK: RECEIVER,
      SAMPLE: "0.001",
      MODE: "request",
      FORMAT: "batch",
      TOKEN: { secretKeyRef: { name: "receiver", key: "key" } },
      AUTH_HEADER: "x-api-key",
      CA_FILE: "/mnt/payload-log/ca.crt",
      TIMEOUT: "0.5",
      RETRIES: "0",
      CONNECTIONS: "2",
      MAX_BODY_BYTES: "1000000",
      QUEUE_REQUESTS: "50000",
      QUEUE_BYTES: "16777216",
      BATCH_REQUESTS: "500",
      BATCH_SECONDS: "0.2",
      ATTRIBUTES: '{"cluster":"eu1","endpoint":"default","namespace":"models"}',
    });
  });

  it("names the settings that the server knows, all of them", () => {
    const known = settingsKnownTo("model_server.settings.payload_log", "PayloadLogSettings");
    assert.deepEqual(Object.keys(settings(full)).sort(), known.sort());
  });

  it("gives settings that the server takes", () => {
    assert.equal(serverSays(settings(logging())), "");
    const { CA_FILE: _, ...others } = settings(full);
    assert.equal(serverSays(others), "");
  });

  it("refuses the attributes that the server refuses", () => {
    const script = `
import re
from model_server.settings.payload_log import ATTRIBUTE, TAKEN
print(*[name for name in TAKEN if ATTRIBUTE.fullmatch(name)])`;
    const taken = python(script).stdout.trim().split(" ");
    assert.ok(taken.length > 20);
    const attributes = Object.fromEntries([...taken, "cluster"].map((name) => [name, "x"]));
    const refused = [...refusal(logging({ attributes })).matchAll(/attributes\.(\w+) is what/g)];
    assert.deepEqual(refused.map(([, name]) => name).sort(), taken.sort());
  });

  it("says of a canary that it is one", () => {
    const canary = { enabled: true, image: { tag: "2" } };
    const ingress = { enabled: true, hosts: [{ host: "wine.example.com" }] };
    const { payloadLogging } = full;
    const values = { payloadLogging, canary, ingress };
    const { ATTRIBUTES: ofStable, ...stable } = settings(values, 0);
    const { ATTRIBUTES: ofCanary, ...others } = settings(values, 1);
    assert.deepEqual(others, stable);
    const endpoints = [ofStable, ofCanary].map((text) => JSON.parse(String(text)).endpoint);
    assert.deepEqual(endpoints.sort(), ["canary", "default"]);
  });

  it("gives way to variables of the user", () => {
    const env = [{ name: `${PREFIX}TOKEN`, value: "from elsewhere" }];
    assert.equal(settings({ ...full, env }).TOKEN, "from elsewhere");
  });

  it("mounts the authorities to trust, readable only", () => {
    const spec = at(only(render(full), "Deployment"), "spec.template.spec");
    assert.deepEqual((at(server(full), "volumeMounts") as Values[]).at(-1), {
      name: "payload-log",
      mountPath: "/mnt/payload-log",
      readOnly: true,
    });
    assert.deepEqual((at(spec, "volumes") as Values[]).at(-1), {
      name: "payload-log",
      configMap: { name: "company", items: [{ key: "ca.crt", path: "ca.crt" }] },
    });
  });

  describe("in a closed network", () => {
    const egress = (values: Values) =>
      at(
        ofKind(
          render({ ...values, networkPolicy: { enabled: true, allowDNS: false } }),
          "NetworkPolicy",
        )[0],
        "spec.egress",
      );

    it("reaches the sink, and the feature store as well", () => {
      const namespace = (name: string) => ({
        to: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } } }],
      });
      assert.deepEqual(egress(to(RECEIVER)), [namespace("monitoring")]);
      const featureStore = {
        enabled: true,
        url: "http://feast.features:6566",
        entityKeys: { wine_id: "integer" },
        features: ["wine:ash"],
      };
      assert.deepEqual(egress({ ...to(RECEIVER), featureStore }), [
        namespace("features"),
        namespace("monitoring"),
      ]);
      assert.deepEqual(egress(to("http://10.1.2.3:8080/")), [
        { to: [{ ipBlock: { cidr: "10.1.2.3/32" } }], ports: [{ port: 8080, protocol: "TCP" }] },
      ]);
    });

    it("reaches nothing for standard output", () => {
      assert.equal(egress(logging()), undefined);
    });

    it("is not guessed for an address outside", () => {
      const values = to("https://events.example.com/");
      assert.match(
        refusal({ ...values, networkPolicy: { enabled: true } }),
        /from payloadLogging\.sink\.url .* allow the sink in networkPolicy\.egress/,
      );
      const allowed = [{ to: [{ ipBlock: { cidr: "192.0.2.0/24" } }] }];
      render({ ...values, networkPolicy: { enabled: true, egress: allowed } });
    });
  });

  describe("refuses", () => {
    const cases: [string, Values, RegExp][] = [
      ["no address", to(""), /payloadLogging[./]sink[./]url/],
      ["an address without scheme", to("receiver:8080"), /payloadLogging[./]sink[./]url/],
      ["a password in the address", to("http://a:b@receiver"), /payloadLogging[./]sink[./]url/],
      ["a token in the address", to("http://receiver/?key=a"), /payloadLogging[./]sink[./]url/],
      ["a secret in plain text", to(RECEIVER, { auth: { token: "a" } }), /token/],
      ["a share above 1", logging({ sampling: 10 }), /payloadLogging[./]sampling/],
      ["a mode that is none", logging({ mode: "both" }), /payloadLogging[./]mode/],
      [
        "an attribute that is none",
        logging({ attributes: { "a-b": "c" } }),
        /payloadLogging\.attributes\.a-b is no name/,
      ],
      [
        "a secret for nothing",
        to("stdout", { auth: { existingSecret: "receiver" } }),
        /sink\.auth\.existingSecret is set, but nothing is sent with .*=stdout: name/,
      ],
      [
        "authorities for nothing",
        to("stdout", { caConfigMapName: "company" }),
        /sink\.caConfigMapName is set, but nothing is sent/,
      ],
      ["batches of lines", to("stdout", { format: "batch" }), /sink\.format is batch, but/],
      [
        "a header of nothing",
        to(RECEIVER, { auth: { header: "x-api-key" } }),
        /sink\.auth\.header is set without payloadLogging\.sink\.auth\.existingSecret: name/,
      ],
      [
        "a header that says what is sent",
        to(RECEIVER, { auth: { existingSecret: "receiver", header: "Content-Type" } }),
        /sink\.auth\.header is Content-Type, which each delivery has already/,
      ],
      [
        "an attribute without a value",
        logging({ attributes: { cluster: "" } }),
        /payloadLogging\.attributes\.cluster must be text/,
      ],
      [
        "a volume of the same name",
        { volumes: [{ name: "payload-log", emptyDir: {} }] },
        /volumes\[0\]\.name is payload-log/,
      ],
    ];
    for (const [what, values, says] of cases) {
      it(what, () => assert.match(refusal(values), says));
    }

    it("nothing as long as it is off", () => {
      render({ payloadLogging: { sink: { format: "batch", auth: { header: "x" } } } });
    });
  });
});
