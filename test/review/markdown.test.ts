import assert from "node:assert/strict";
import { asMarkdown } from "../../review/markdown";
import type { ModelReport, Report } from "../../review/report";
import { asText } from "../../review/text";

const facts = {
  version: "1.0.0",
  sha256: "a".repeat(64),
  image: `ghcr.io/acme/wine:1.0.0@sha256:${"c".repeat(64)}`,
  replicas: "2",
  chart: "0.1.0 (0123456789ab)",
};

function model(change: Partial<ModelReport> = {}): ModelReport {
  return {
    name: "wine",
    release: "wine",
    namespace: "models",
    change: "update",
    chart: "./chart",
    isBuilt: true,
    otherInputs: [],
    before: facts,
    after: { ...facts, version: "2.0.0", sha256: "b".repeat(64), image: "wine, will be built" },
    objects: {
      comparedWith: "deployed",
      unchecked: [],
      changes: [
        {
          object: "Deployment wine",
          change: "update",
          lines: ["-  image: old", "+  image: new"],
        },
      ],
    },
    ...change,
  };
}

function report(change: Partial<Report> = {}): Report {
  return {
    stack: "prod",
    succeeded: true,
    models: [model()],
    others: [],
    violations: [],
    policies: 10,
    diagnostics: [],
    unchecked: [],
    ...change,
  };
}

describe("the summary of a preview", () => {
  it("has a row per model with old and new", () => {
    const markdown = asMarkdown(report());
    assert.match(
      markdown,
      /^\| `wine` \| ~ update \| `1\.0\.0 → 2\.0\.0` \| `a{12}… → b{12}…` \| `ghcr\.io\/acme\/wine:1\.0\.0@sha256:c{12}… → wine, will be built` \| `2` \| `0\.1\.0 \(0123456789ab\)` \|$/m,
    );
    assert.match(
      markdown,
      /<details><summary>wine: 1 Kubernetes object, compared with what is deployed/,
    );
    assert.match(markdown, /```diff\n- {2}image: old\n\+ {2}image: new\n```/);
    assert.match(markdown, /\*\*Policies:\*\* 10 checked, none violated/);
  });

  it("says the same in the terminal", () => {
    const text = asText(report());
    assert.match(text, /^wine {3}~ update {2}1\.0\.0 → 2\.0\.0 {2}a{12}… → b{12}… /m);
    assert.match(
      text,
      /^wine, compared with what is deployed:\n {2}~ update Deployment wine\n {6}- {2}image: old/m,
    );
  });

  it("starts with the error where there is one", () => {
    const message =
      "the configuration of stack prod has a problem:\n  models.wine.tga: unknown key";
    const markdown = asMarkdown(
      report({ succeeded: false, models: [], diagnostics: [{ severity: "error", message }] }),
    );
    assert.match(markdown, /^### ❌ Stack `prod`: the preview FAILED/);
    assert.ok(markdown.includes(`\`\`\`\n${message}\n\`\`\``), markdown);
  });

  it("names the policies that are violated, and what was not checked", () => {
    const violations = [
      { policy: "labels", isMandatory: true, message: "podLabels.team: missing" },
      { policy: "no-pickle", isMandatory: false, message: "allowPickle: found true" },
    ];
    const markdown = asMarkdown(report({ violations, unchecked: ["the cluster"] }));
    assert.match(markdown, /\| ❌ mandatory \| `labels` \| podLabels\.team: missing \|/);
    assert.match(markdown, /\| ⚠️ advisory \| `no-pickle` \| allowPickle: found true \|/);
    assert.match(markdown, /\*\*Not checked:\*\*\n\n- the cluster/);
  });

  it("gives what many models have in common one line", () => {
    const violation = (name: string, rest = "replicas: found 1; set it to at least 2") => ({
      policy: "enough-replicas",
      isMandatory: true,
      message: `models.${name}.${rest}`,
    });
    const violations = [..."abcd"].map((name) => violation(name));
    const several = [...violations, violation("e", "values.keda.minReplicaCount: found 0")];
    for (const told of [asMarkdown, asText]) {
      const lines = told(report({ violations: several })).split("\n");
      const about = lines.filter((line) => line.includes("enough-replicas"));
      assert.equal(about.length, 2, about.join("\n"));
      assert.match(about[0] ?? "", /replicas: found 1; .* \(4 models: a, b, c, d\)/);
      assert.match(about[1] ?? "", /models\.e\.values\.keda/);
    }
    const few = asText(report({ violations: violations.slice(0, 3) }));
    assert.match(few, /models\.a\.replicas.*\n.*models\.b\.replicas.*\n.*models\.c\.replicas/);
  });

  it("lets nobody smuggle markup, mentions or cells in", () => {
    const message = "found <img src=x> | @everyone\n# head";
    const markdown = asMarkdown(
      report({
        violations: [{ policy: "x`|", isMandatory: true, message }],
        unchecked: [message],
        others: [{ op: "create", type: "<img src=x>@everyone", name: "x" }],
        models: [
          model({
            objects: {
              comparedWith: "nothing",
              unchecked: [],
              changes: [{ object: "ConfigMap <img src=x>@everyone", change: "create", lines: [] }],
            },
          }),
        ],
        diagnostics: [{ severity: "error", message: "```\n# out of the fence" }],
      }),
    );
    assert.doesNotMatch(markdown, /<img|@everyone|^# head/m);
    assert.ok(markdown.includes("````\n```\n# out of the fence\n````"), markdown);
    const row = markdown.split("\n").find((line) => line.includes("mandatory")) ?? "";
    assert.equal(row.replaceAll("\\|", "").split("|").length, 5, row);
  });

  it("fits a comment, whatever changes, and says what is left out", () => {
    const lines = Array.from({ length: 190 }, (_, index) => `+ line ${index} ${"x".repeat(60)}`);
    const changes = ["a", "b", "c"].map((name) => ({
      object: `ConfigMap ${name}`,
      change: "create" as const,
      lines,
    }));
    const models = ["a", "b", "c", "d"].map((name) =>
      model({ name, objects: { comparedWith: "nothing", unchecked: [], changes } }),
    );
    const markdown = asMarkdown(report({ models, unchecked: ["the cluster"] }), 60_000);
    assert.ok(markdown.length <= 60_000, String(markdown.length));
    assert.match(markdown, /The objects of \d more models? are left out here: too long/);
    assert.match(markdown, /- the cluster\n$/);
    const many = Array.from({ length: 1000 }, (_, index) => model({ name: `m${index}` }));
    assert.ok(asMarkdown(report({ models: many }), 60_000).length <= 60_000);
  });

  it("names the models of a large stack that do not change, and tables those that do", () => {
    const many = Array.from({ length: 100 }, (_, index) =>
      model({ name: `m${index}`, change: index < 60 ? "update" : "none" }),
    );
    const markdown = asMarkdown(report({ models: many }));
    assert.ok(markdown.length <= 21_000, String(markdown.length));
    assert.match(markdown, /^\| `m49` \| ~ update \|/m);
    assert.match(markdown, /^\*\*Changing too:\*\* `m50`, .*`m59`$/m);
    assert.match(markdown, /^\*\*Unchanged:\*\* `m60`, .*`m99`$/m);
    const text = asText(report({ models: many }));
    assert.match(text, /^m59 +~ update/m);
    assert.match(text, /^unchanged: m60, .*m99$/m);
  });

  it("shortens the diff of a very large object", () => {
    const lines = Array.from({ length: 5000 }, (_, index) => `+${index}`);
    const changes = [{ object: "ConfigMap big", change: "update" as const, lines }];
    const objects = { comparedWith: "deployed" as const, unchecked: [], changes };
    assert.match(asMarkdown(report({ models: [model({ objects })] })), /… 4800 more lines\n```/);
  });

  it("says what runs otherwise than it was deployed, if that is known", () => {
    const drift = (fields: number) => ({
      isAnswered: true,
      releases: 1,
      objects: 7,
      findings: [],
      uncompared: [],
      owners:
        fields === 0
          ? []
          : [
              {
                release: { name: "wine", namespace: "models" },
                revision: 3,
                namespace: "models",
                objects: [
                  {
                    object: "Deployment wine",
                    change: "changed" as const,
                    fields: Array.from({ length: fields }, (_, index) => ({
                      field: `metadata.labels.a${index}`,
                      stored: "x|y",
                      live: "<b>@all",
                      writer: { manager: "kubectl-label", time: "2026-11-30T22:10:00Z" },
                    })),
                  },
                ],
              },
            ],
    });
    assert.doesNotMatch(asMarkdown(report()), /Drift/);
    assert.match(
      asMarkdown(report({ drift: drift(0) })),
      /^\*\*Drift:\*\* none, 7 objects compared$/m,
    );
    assert.match(asText(report({ drift: drift(0) })), /^Drift \(7 objects compared\): none$/m);
    const markdown = asMarkdown(report({ drift: drift(30) }));
    assert.match(
      markdown,
      /^\| wine in models, against revision 3 \| `Deployment wine` \| `metadata\.labels\.a0` \| `x\\\|y → <b>@all` \| kubectl label, 2026-11-30 22:10 UTC \|$/m,
    );
    assert.equal(markdown.match(/^\| wine in models/gm)?.length, 20);
    assert.match(markdown, /^_10 more: see the log of the job, or `make drift`\._$/m);
    assert.match(
      asText(report({ drift: drift(1) })),
      /^Drift:\n {2}wine in models, against revision 3:\n {4}Deployment wine\n {6}metadata\.labels\.a0: x\|y → <b>@all \(kubectl label, 2026-11-30 22:10 UTC\)$/m,
    );
  });
});
