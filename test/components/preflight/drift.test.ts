/** What the state names and the cluster has not, or otherwise; how the parts meet: test/end-to-end/preflight. */
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import {
  type Content,
  checkChanges,
  contentOf,
  findingOfGone,
  findingOfUninstalled,
} from "../../../components/preflight/drift";
import { textOf } from "../../../components/preflight/finding";
import { recordedIn } from "../../../components/preflight/recorded";
import { isUninstalled, type Revision } from "../../../components/preflight/releases";

const content = (values: object, further: Partial<Content> = {}): Content => ({
  values,
  manifest: JSON.stringify(values),
  chartVersion: "1.0.0",
  ...further,
});

const recorded = {
  namespace: "models",
  name: "wine",
  revision: 2,
  status: "deployed",
  values: { replicaCount: 2, model: { version: "2.0.0" } },
  chartVersion: "1.0.0",
};

const own = content(recorded.values);
const before = content({ replicaCount: 2, model: { version: "1.0.0" } });

/** @param contents of each revision, the first one's number being 1; undefined: Helm has forgotten it */
function ask(
  contents: (Content | undefined)[],
  { status = "deployed", known = recorded }: { status?: string; known?: typeof recorded } = {},
) {
  const revisions = contents.flatMap((one, index): Revision[] =>
    one === undefined
      ? []
      : [
          {
            release: "wine",
            number: index + 1,
            status: index + 1 < contents.length ? "superseded" : status,
          },
        ],
  );
  // The cluster answers in the order of names.
  return checkChanges(known, {
    revisions: revisions.reverse(),
    read: async ({ number }) => contents[number - 1],
  });
}

const refreshed = ["pulumi refresh --yes", "pulumi up"];

describe("a release that somebody else may have changed", () => {
  it("is fine at the revision that the stack made", async () => {
    assert.equal(await ask([before, own]), undefined);
  });

  it("is fine at another revision with the same content, as after an update that was rolled back", async () => {
    assert.equal(await ask([before, own, content({ bad: true }), own]), undefined);
    assert.equal(await ask([undefined, undefined, undefined, own]), undefined);
  });

  it("is left to others while Helm holds it, and to Pulumi after an update that failed", async () => {
    assert.equal(await ask([before, own, before], { status: "pending-rollback" }), undefined);
    assert.equal(
      await ask([before, own, before], { known: { ...recorded, status: "failed" } }),
      undefined,
    );
  });

  it("is told after helm rollback, with what has Pulumi look", async () => {
    for (const contents of [
      [before, own, before],
      [undefined, undefined, before],
      // The Secret of the newest revision is gone.
      [before],
    ]) {
      const finding = await ask(contents);
      assert.match(
        finding?.message ?? "",
        /^the release wine in the namespace models is at revision \d; this stack made revision 2,/,
      );
      assert.deepEqual(finding?.commands, refreshed);
      assert.equal(finding?.isWarning, true);
    }
  });

  it("is told after helm upgrade with another value", async () => {
    const finding = await ask([before, own, content({ ...recorded.values, replicaCount: 5 })]);
    assert.deepEqual(finding?.commands, refreshed);
  });

  const invisible: [what: string, now: Content][] = [
    [
      "a value that the stack does not set",
      content({ ...recorded.values, podAnnotations: { a: "b" } }),
    ],
    ["a value less", content({ model: recorded.values.model })],
    ["an empty value", content({ ...recorded.values, replicaCount: 0 })],
    ["another chart", content(recorded.values, { manifest: "other", chartVersion: "0.9.0" })],
  ];
  for (const [what, now] of invisible) {
    it(`is put back where a refresh would not see ${what}`, async () => {
      const finding = await ask([before, own, now]);
      assert.deepEqual(finding?.commands, ["helm rollback --namespace models wine 2"]);
      const forgotten = await ask([undefined, undefined, now]);
      assert.deepEqual(forgotten?.commands, [
        "pulumi config set --path models.wine.release.maxHistory 11",
        "pulumi up",
      ]);
    });
  }

  it("is not judged by what cannot be read", async () => {
    const read = async () => undefined;
    const revisions = [{ release: "wine", number: 3, status: "deployed" }];
    assert.equal(await checkChanges(recorded, { revisions, read }), undefined);
  });
});

describe("what is gone", () => {
  it("is told at once, with what makes it anew", () => {
    assert.equal(findingOfGone([], "https://c"), undefined);
    const names = Array.from({ length: 7 }, (_, index) => `release r${index} in models`);
    const finding = findingOfGone(names, "https://c (context dev)");
    assert.match(
      finding?.message ?? "",
      /cluster https:\/\/c \(context dev\) does not have: release r0 in models, .*r4 in models and 2 more\./,
    );
    assert.deepEqual(finding?.commands, refreshed);
    assert.match(textOf(finding ? [finding] : [], "prod"), /^ {6}pulumi up --stack prod$/m);
  });

  it("is a release whose history was kept, too", () => {
    const revision = { release: "wine", number: 1, status: "uninstalled" };
    assert.ok(
      isUninstalled([
        { ...revision, status: "superseded" },
        { ...revision, number: 2 },
      ]),
    );
    assert.ok(!isUninstalled([revision, { ...revision, number: 2, status: "deployed" }]));
    assert.deepEqual(findingOfUninstalled(recorded).commands, [
      "helm uninstall --namespace models wine",
      ...refreshed,
    ]);
  });
});

describe("what is read of the state and of Helm's Secrets", () => {
  it("is the stack's releases, namespaces and ConfigMaps", () => {
    const release = {
      name: "wine",
      namespace: "models",
      values: recorded.values,
      status: { revision: 2, status: "deployed", version: "1.0.0" },
    };
    const found = recordedIn([
      { type: "pulumi:pulumi:Stack" },
      { type: "kubernetes:core/v1:Namespace", outputs: { metadata: { name: "models" } } },
      {
        type: "kubernetes:core/v1:ConfigMap",
        outputs: { metadata: { name: "wine-model-1", namespace: "models" } },
      },
      { type: "kubernetes:helm.sh/v3:Release", outputs: release },
    ]);
    assert.deepEqual(found, {
      releases: [recorded],
      namespaces: ["models"],
      configMaps: [{ namespace: "models", name: "wine-model-1" }],
    });
  });

  it("is what was deployed, compressed or not", () => {
    const stored = JSON.stringify({
      config: { a: 1 },
      manifest: "kind: Service",
      chart: { metadata: { version: "1.2.3" } },
    });
    const expected = { values: { a: 1 }, manifest: "kind: Service", chartVersion: "1.2.3" };
    for (const bytes of [gzipSync(stored), Buffer.from(stored)]) {
      const secret = Buffer.from(bytes.toString("base64")).toString("base64");
      assert.deepEqual(contentOf(secret), expected);
    }
    assert.equal(contentOf("bm8="), undefined);
    assert.equal(contentOf(""), undefined);
  });
});
