/** What is asked of an API server, by one that answers as a real one did. */
import * as assert from "node:assert/strict";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { stringify } from "yaml";
import { type Drift, type DriftOptions, findDrift } from "../../drift/findDrift";
import type { Deployed } from "../../drift/stackState";
import { asText, hasDrift } from "../../drift/text";
import { readRecorded } from "./recorded";

const NAMESPACE = "models";
const OPTIONS: DriftOptions = { withReleases: false, timeoutMs: 5_000 };

type Answer = [status: number, body: object];

describe("the search for drift", () => {
  let server: http.Server;
  let deployed: (...names: string[]) => Deployed;
  /** What another request than usual gets. */
  let answers: Record<string, (path: string) => Answer | undefined>;
  let most: number;
  let requests: string[];

  const service = readRecorded("service-wine");
  const named = <T extends { metadata: object }>(object: T, name: string): T => ({
    ...object,
    metadata: { ...object.metadata, name },
  });
  const resources = (...list: [kind: string, name: string][]): Answer => [
    200,
    { resources: list.map(([kind, name]) => ({ kind, name, namespaced: true })) },
  ];

  function usual(method: string, path: string): Answer {
    const name = /services\/([\w-]+)/.exec(path)?.[1] ?? "";
    if (path === "/version") {
      return [200, {}];
    }
    if (path === "/api/v1") {
      return resources(["Service", "services"], ["Secret", "secrets"]);
    }
    if (path.includes("secrets?labelSelector=")) {
      const releases = deployedNames.map((release) => ({
        metadata: { labels: { name: release, version: "3", status: "deployed", owner: "helm" } },
      }));
      return [200, { items: releases }];
    }
    const release = /sh\.helm\.release\.v1\.([\w-]+)\.v3/.exec(path)?.[1];
    if (release !== undefined) {
      const stored = { manifest: stringify(named(service.stored, release)), config: {} };
      const content = gzipSync(JSON.stringify(stored)).toString("base64");
      return [200, { data: { release: Buffer.from(content).toString("base64") } }];
    }
    if (path.endsWith("managed-by%3DHelm")) {
      return [200, { items: [] }];
    }
    return [200, method === "PATCH" ? named(service.patched, name) : named(service.live, name)];
  }
  let deployedNames: string[] = [];

  before(async () => {
    let running = 0;
    server = http.createServer((request, response) => {
      running += 1;
      most = Math.max(most, running);
      const key = `${request.method} ${request.url}`;
      requests.push(key);
      request.resume().on("end", () =>
        setImmediate(() => {
          running -= 1;
          const special = Object.entries(answers).find(([start]) => key.startsWith(start))?.[1];
          const [status, body] = special?.(key) ?? usual(request.method ?? "", request.url ?? "");
          response.writeHead(status).end(JSON.stringify(body));
        }),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const kubeconfig = stringify({
      "current-context": "test",
      contexts: [{ name: "test", context: { cluster: "test" } }],
      clusters: [{ name: "test", cluster: { server: `http://127.0.0.1:${port}` } }],
    });
    deployed = (...names) => {
      deployedNames = names;
      const releases = names.map((name) => ({
        namespace: NAMESPACE,
        name,
        revision: 3,
        status: "deployed",
        values: {},
        chartVersion: "1.0.0",
      }));
      return {
        access: { kubeconfig },
        hasSecretKubeconfig: false,
        recorded: { releases, namespaces: [], configMaps: [] },
        withSecrets: new Set(),
        objects: [],
      };
    };
  });
  after(() => server.close());
  beforeEach(() => {
    answers = {};
    most = 0;
    requests = [];
  });

  const forbidden = (verb: string, resource: string): Answer => [
    403,
    {
      message: `${resource} "wine" is forbidden: User "ci" cannot ${verb} resource "${resource}" in API group "" in the namespace "models"`,
    },
  ];

  function messages({ uncompared }: Drift): string {
    return uncompared.map(({ message }) => message).join("\n");
  }

  it("names what differs, and changes nothing", async () => {
    const drift = await findDrift(deployed("wine"), OPTIONS);
    assert.match(
      asText("prod", drift),
      /^Stack prod: drift in 1 object, 1 object of 1 release compared\n\nwine in models, against revision 3:\n {2}Service wine\n {4}spec\.ports\[http\]\.port: 80 → 8081 \(kubectl patch, .*\)\n\n.*\n {2}kubectl patch service wine --namespace models --type merge --patch '\{"spec":\{"ports":\[.*"port":80,.*'\n$/s,
    );
    const writing = requests.filter((request) => !request.startsWith("GET "));
    assert.deepEqual(writing, [
      "PATCH /api/v1/namespaces/models/services/wine?dryRun=All&fieldManager=model-deployment-drift",
    ]);
  });

  it("asks of many releases a few at a time, and one list for all", async () => {
    const names = Array.from({ length: 100 }, (_, index) => `model-${index}`);
    const drift = await findDrift(deployed(...names), OPTIONS);
    assert.equal(drift.objects, 100);
    assert.deepEqual(
      drift.owners.map(({ release }) => release?.name),
      names,
    );
    assert.ok(most <= 8, `${most} at once`);
    assert.equal(requests.filter((request) => request.includes("labelSelector=owner")).length, 1);
    assert.equal(requests.filter((request) => request === "GET /api/v1").length, 1);
  });

  it("begins nothing when the time is over, and says of how many", async () => {
    const drift = await findDrift(deployed("a", "b"), { ...OPTIONS, until: 0 });
    assert.equal(drift.objects, 0);
    assert.equal(messages(drift), "2 releases: the time was over");
    assert.equal(hasDrift(drift), false);
  });

  it("says which right is missing, and goes on with the rest", async () => {
    answers["PATCH /api/v1/namespaces/models/services/a"] = () => forbidden("patch", "services");
    answers["GET /api/v1/namespaces/models/services/b"] = () => forbidden("get", "services");
    const drift = await findDrift(deployed("a", "b", "c"), OPTIONS);
    assert.match(
      messages(drift),
      /^Service [ab], Service [ab]: this account may not (patch services; get services|get services; patch services) in the namespace models: have somebody bind a role/,
    );
    assert.deepEqual(
      drift.owners.map(({ release }) => release?.name),
      ["c"],
    );
  });

  it("says so when what Helm stored may not be read", async () => {
    answers["GET /api/v1/namespaces/models/secrets?"] = () => forbidden("list", "secrets");
    const drift = await findDrift(deployed("a"), OPTIONS);
    assert.match(
      messages(drift),
      /^release a: this account may not list secrets in the namespace models/,
    );
  });

  it("does not take a refusal of admission for a missing right", async () => {
    const message =
      "services \"a\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'p' denied request: no";
    answers["PATCH "] = () => [403, { message }];
    const drift = await findDrift(deployed("a"), OPTIONS);
    assert.equal(messages(drift), `Service a in models: ${message}`);
  });

  it("names a field that cannot be changed back", async () => {
    const message =
      'Service "a" is invalid: spec.clusterIP: Invalid value: "None": field is immutable';
    answers["PATCH "] = () => [422, { message }];
    const live = named(service.live, "a");
    answers["GET /api/v1/namespaces/models/services/a"] = () => [
      200,
      { ...live, spec: { ...(live.spec as object), clusterIP: "None" } },
    ];
    const drift = await findDrift(deployed("a"), OPTIONS);
    const [field] = drift.owners[0]?.objects[0]?.fields ?? [];
    assert.deepEqual(field, { field: "spec.clusterIP", stored: "not set", live: "None" });
  });

  it("names what is gone, and a kind that the server does not know any more", async () => {
    answers["GET /api/v1/namespaces/models/services/a"] = () => [404, { message: "not found" }];
    const drift = await findDrift(deployed("a"), OPTIONS);
    assert.match(asText("prod", drift), /^ {2}Service a: gone$/m);
    answers["GET /api/v1 "] = () => undefined;
    answers["GET /api/v1"] = (key) => (key === "GET /api/v1" ? [404, {}] : undefined);
    const unknown = await findDrift(deployed("a"), OPTIONS);
    assert.match(
      messages(unknown),
      /Service a in models: the API server does not know Service of v1/,
    );
  });

  it("names what carries the marks of a release and is no part of it, and nothing that is meant to be there", async () => {
    const marks = {
      "meta.helm.sh/release-name": "a",
      "meta.helm.sh/release-namespace": NAMESPACE,
    };
    const item = (name: string, annotations: object, further = {}) => ({
      metadata: { name, annotations: { ...marks, ...annotations }, ...further },
    });
    answers["GET /api/v1/namespaces/models/services?"] = () => [
      200,
      {
        items: [
          item("left", {}),
          item("a", {}),
          item("kept", { "helm.sh/resource-policy": "keep" }),
          item("made", {}, { ownerReferences: [{ kind: "Other", name: "other" }] }),
          item("others", { "meta.helm.sh/release-name": "b" }),
        ],
      },
    ];
    const { owners } = await findDrift(deployed("a"), OPTIONS);
    const extras = owners
      .flatMap(({ objects }) => objects)
      .filter(({ change }) => change === "extra");
    assert.deepEqual(
      extras.map(({ object }) => object),
      ["Service left"],
    );
  });

  it("does not compare a release that Helm is at work on", async () => {
    answers["GET /api/v1/namespaces/models/secrets?"] = () => [
      200,
      { items: [{ metadata: { labels: { name: "a", version: "4", status: "pending-upgrade" } } }] },
    ];
    const drift = await findDrift(deployed("a"), OPTIONS);
    assert.match(messages(drift), /^release a in models: it is pending-upgrade/);
  });

  it("says so when the cluster does not answer", async () => {
    const kubeconfig = String(deployed("a").access.kubeconfig).replace(/:\d+/, ":1");
    const drift = await findDrift({ ...deployed("a"), access: { kubeconfig } }, OPTIONS);
    assert.equal(drift.isAnswered, false);
    assert.match(messages(drift), /does not answer: .*ECONNREFUSED/);
    assert.match(
      asText("prod", drift),
      /^Stack prod: 0 objects of 1 release compared, not everything/,
    );
  });
});
