import assert from "node:assert/strict";
import { at, ofKind, only, refusal, render, type Values } from "./helm";
import { server, settingsKnownTo, settingsWith } from "./serving";

const enough: Values = {
  enabled: true,
  url: "http://feast.features:6566",
  entityKeys: { wine_id: "integer" },
  features: ["wine:alcohol", "wine:ash"],
};

const asking = (values: Values = {}, others: Values = {}): Values => ({
  featureStore: { ...enough, ...values },
  ...others,
});

const PREFIX = "MODEL_SERVER_FEATURE_STORE_";

/** The server's variables of the feature store, without their common beginning. */
const settings = (values: Values, track = 0): Record<string, unknown> =>
  settingsWith(PREFIX, values, track);

const egress = (values: Values) =>
  at(
    ofKind(
      render({ ...values, networkPolicy: { enabled: true, allowDNS: false } }),
      "NetworkPolicy",
    )[0],
    "spec.egress",
  );

describe("chart: feature store", () => {
  it("is off by default, whatever else is set", () => {
    assert.deepEqual(settings({}), {});
    assert.deepEqual(settings(asking({ enabled: false, auth: { existingSecret: "feast" } })), {});
  });

  it("tells the server what it was told, and leaves the rest to the server's defaults", () => {
    assert.deepEqual(settings(asking()), {
      URL: "http://feast.features:6566",
      ENTITY_KEYS: '{"wine_id":"integer"}',
      FEATURES: '["wine:alcohol","wine:ash"]',
      TIMEOUT: "1",
      ON_FAILURE: "fail",
      ON_MISSING: "refuse",
    });
    const all = asking({
      fullFeatureNames: true,
      maxAgeSeconds: 1e7,
      maxAgesSeconds: { wine: 3600, "wine@v2": 0.5 },
      timeoutSeconds: 0.25,
      auth: { existingSecret: "feast", secretKey: "key", header: "x-api-key" },
      caConfigMapName: "company",
      onFailure: "defaults",
      onMissing: "defaults",
      defaults: { wine__alcohol: 13, wine__ash: 1e20 },
      maxCalls: 7,
      breakerFailures: 3,
      breakerPauseSeconds: 0.5,
    });
    assert.deepEqual(settings(all), {
      URL: "http://feast.features:6566",
      ENTITY_KEYS: '{"wine_id":"integer"}',
      FEATURES: '["wine:alcohol","wine:ash"]',
      FULL_FEATURE_NAMES: "true",
      MAX_AGE: "10000000",
      MAX_AGES: '{"wine":3600,"wine@v2":0.5}',
      TIMEOUT: "0.25",
      AUTH_HEADER: "x-api-key",
      CA_FILE: "/mnt/feature-store/ca.crt",
      ON_FAILURE: "defaults",
      ON_MISSING: "defaults",
      DEFAULTS: '{"wine__alcohol":13,"wine__ash":100000000000000000000}',
      MAX_CALLS: "7",
      BREAKER_FAILURES: "3",
      BREAKER_PAUSE: "0.5",
      TOKEN: { secretKeyRef: { name: "feast", key: "key" } },
    });
  });

  it("names only settings that the server knows", () => {
    const known = settingsKnownTo("model_server.settings.feature_store", "FeatureStoreSettings");
    const given = {
      ...settings(asking({ features: [], featureService: "wine_model" })),
      ...settings(
        asking({
          fullFeatureNames: true,
          maxAgeSeconds: 60,
          maxAgesSeconds: { wine: 3600 },
          auth: { existingSecret: "feast", header: "x-api-key" },
          caConfigMapName: "company",
          onFailure: "defaults",
          defaults: { wine__alcohol: 13, wine__ash: 1 },
          maxCalls: 7,
          breakerFailures: 3,
          breakerPauseSeconds: 0.5,
        }),
      ),
    };
    assert.deepEqual(known.sort(), Object.keys(given).sort());
  });

  it("holds for a canary as well", () => {
    const canary = { enabled: true, image: { tag: "2" } };
    const ingress = { enabled: true, hosts: [{ host: "wine.example.com" }] };
    const values = asking({}, { canary, ingress });
    assert.deepEqual(settings(values, 1), settings(values, 0));
    assert.equal(ofKind(render(values), "Deployment").length, 2);
  });

  it("gives way to variables of the user", () => {
    const env = [{ name: `${PREFIX}TOKEN`, value: "from elsewhere" }];
    const given = settings(asking({ auth: { existingSecret: "feast" } }, { env }));
    assert.equal(given.TOKEN, "from elsewhere");
  });

  it("mounts the authorities to trust, readable only", () => {
    const values = asking({ caConfigMapName: "company" });
    const spec = at(only(render(values), "Deployment"), "spec.template.spec");
    const mounts = at(server(values), "volumeMounts") as Values[];
    assert.deepEqual(mounts.at(-1), {
      name: "feature-store",
      mountPath: "/mnt/feature-store",
      readOnly: true,
    });
    assert.deepEqual((at(spec, "volumes") as Values[]).at(-1), {
      name: "feature-store",
      configMap: { name: "company", items: [{ key: "ca.crt", path: "ca.crt" }] },
    });
  });

  describe("in a closed network", () => {
    const namespace = (name: string) => [
      { to: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } } }] },
    ];
    const found: [string, unknown][] = [
      ["http://feast:6566", namespace("models")],
      ["http://feast.features:6566", namespace("features")],
      ["https://feast.features.svc", namespace("features")],
      ["http://feast.features.svc.cluster.local:6566/feast", namespace("features")],
      ["http://Feast.Features.SVC", namespace("features")],
      ["http://feast.dev.svc:6566", namespace("dev")],
      [
        "http://10.1.2.3:6566",
        [{ to: [{ ipBlock: { cidr: "10.1.2.3/32" } }], ports: [{ port: 6566, protocol: "TCP" }] }],
      ],
      [
        "https://10.1.2.3",
        [{ to: [{ ipBlock: { cidr: "10.1.2.3/32" } }], ports: [{ port: 443, protocol: "TCP" }] }],
      ],
    ];
    for (const [url, rules] of found) {
      it(`can be reached at ${url}`, () => assert.deepEqual(egress(asking({ url })), rules));
    }

    for (const url of [
      "https://feast.example.com",
      "http://[fd00::1]:6566",
      // Each may be a Service as well; `.svc` says that it is.
      "https://example.com",
      "http://feast.dev:6566",
      "http://feast.io",
      "http://feast.internal:6566",
      "http://feast.local",
      "http://localhost:6566",
      "http://svc.example.com",
      "http://10.1",
    ]) {
      it(`is not guessed at ${url}`, () => {
        const message = refusal(asking({ url }, { networkPolicy: { enabled: true } }));
        assert.match(
          message,
          /from featureStore\.url .* allow the feature server in networkPolicy/,
        );
        const allowed = {
          enabled: true,
          egress: [{ to: [{ ipBlock: { cidr: "192.0.2.0/24" } }] }],
        };
        render(asking({ url }, { networkPolicy: allowed }));
      });
    }
  });

  describe("refuses", () => {
    const cases: [string, Values, RegExp][] = [
      ["no address", { url: "" }, /featureStore\.url is empty: name/],
      ["no keys", { entityKeys: {} }, /featureStore\.entityKeys is empty: name/],
      ["no features", { features: [] }, /featureStore\.features is empty: list/],
      [
        "both",
        { featureService: "wine" },
        /features and featureStore\.featureService are both set.*remove/,
      ],
      [
        "two features of one name",
        { features: ["wine:ash", "beer:ash"] },
        /has ash twice: .*fullFeatureNames=true/,
      ],
      [
        "defaults of nothing",
        { onFailure: "defaults" },
        /onFailure is defaults, but .*give every feature/,
      ],
      [
        "defaults that are not all",
        { onMissing: "defaults", defaults: { ash: 1 } },
        /featureStore\.defaults lacks alcohol: give/,
      ],
      [
        "defaults of something else",
        { onMissing: "defaults", defaults: { ash: 1, alcohol: 1, hue: 1 } },
        /featureStore\.defaults\.hue is none of featureStore\.features/,
      ],
      [
        "defaults for nothing",
        { defaults: { ash: 1 } },
        /defaults is set, but nothing uses it: set/,
      ],
      ["a header of nothing", { auth: { header: "x-api-key" } }, /auth\.header is set without/],
      [
        "more patience than the server has",
        { timeoutSeconds: 20 },
        /timeoutSeconds \(20\) must be less than server\.responseTimeout \(20\)/,
      ],
      [
        "a type that is none",
        { entityKeys: { wine_id: "int" } },
        /featureStore[./]entityKeys[./]wine_id/,
      ],
      ["an address without scheme", { url: "feast:6566" }, /featureStore[./]url/],
      ["a password in the address", { url: "http://a:b@feast" }, /featureStore[./]url/],
      ["a feature without view", { features: ["alcohol"] }, /featureStore[./]features[./]0/],
      ["a text as default", { defaults: { ash: "1" } }, /featureStore[./]defaults[./]ash/],
    ];
    for (const [what, values, says] of cases) {
      it(what, () => assert.match(refusal(asking(values)), says));
    }

    it("all at once", () => {
      const message = refusal(asking({ url: "", entityKeys: {}, features: [] }));
      for (const key of ["url", "entityKeys", "features"]) {
        assert.match(message, new RegExp(`- featureStore\\.${key} is empty`));
      }
    });

    it("nothing as long as it is off", () => {
      render({ featureStore: { timeoutSeconds: 100, onFailure: "defaults" } });
    });
  });
});
