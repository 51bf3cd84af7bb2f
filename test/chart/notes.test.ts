import assert from "node:assert/strict";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { chartFolder, helm, type Values } from "./helm";

/** `helm template` leaves the notes out and `helm install` needs a cluster: let a ConfigMap hold them. */
const holder = `apiVersion: v1
kind: ConfigMap
metadata:
  name: notes
data:
  notes: {{ include (print .Template.BasePath "/NOTES.txt") . | toJson }}
`;

describe("chart: notes", () => {
  let copy: string;
  before(() => {
    copy = mkdtempSync(join(tmpdir(), "chart-notes-"));
    cpSync(chartFolder, copy, { recursive: true });
    writeFileSync(join(copy, "templates/notes.yaml"), holder);
  });
  after(() => rmSync(copy, { recursive: true }));

  function notes(values: Values): string {
    const { ok, stdout, stderr } = helm(
      ["template", "demo", copy, "-n", "models", "-s", "templates/notes.yaml", "--values", "-"],
      JSON.stringify(values),
    );
    assert.ok(ok, stderr);
    return (parse(stdout) as { data: { notes: string } }).data.notes;
  }

  it("warn first of what is not pinned and not doubled", () => {
    const text = notes({});
    assert.match(text, /^\s*WARNING: model\.sha256 is not set/);
    assert.match(text, /WARNING: image\.digest is not set/);
    assert.match(text, /WARNING: fewer than two pods/);
  });

  it("say once what a value is called now", () => {
    const uri = { location: "s3://models/wine.ubj", secretName: "wine" };
    const text = notes({ model: { source: "uri", sha256: "a".repeat(64), uri } });
    assert.equal(text.match(/secretName/g)?.length, 1);
    assert.match(
      text,
      /WARNING: model\.uri\.secretName is now model\.uri\.existingSecret: the old name still works/,
    );
    assert.doesNotMatch(notes({}), /old name/);
  });

  it("say what was deployed and what to type next", () => {
    const text = notes({
      fullnameOverride: "wine",
      replicaCount: 2,
      podDisruptionBudget: { enabled: true },
      image: { digest: `sha256:${"ab".repeat(32)}`, tag: "1.2.0" },
      model: { sha256: "0123456789abcdef".repeat(4) },
      ingress: { enabled: true, hosts: [{ host: "wine.example.com" }], tls: [{ hosts: [] }] },
    });
    assert.doesNotMatch(text, /WARNING/);
    assert.match(text, /Stable: wine version 1\.2\.0 \(sha256 0123456789ab\)/);
    assert.match(text, /in cluster {2}http:\/\/wine\.models:80/);
    assert.match(text, /outside {5}https:\/\/wine\.example\.com/);
    assert.match(text, /kubectl --namespace models rollout status deployment\/wine/);
    assert.match(text, /helm --namespace models test demo --logs/);
  });

  it("tell the canary's version and share, and how it ends", () => {
    const text = notes({
      fullnameOverride: "wine",
      canary: { enabled: true, weight: 5, image: { tag: "2.0.0" } },
      ingress: { enabled: true, hosts: [{ host: "wine.example.com" }] },
    });
    assert.match(text, /WARNING: canary\.image\.digest is not set/);
    assert.match(text, /Canary: wine version 2\.0\.0, 5 % of the requests/);
    assert.match(text, /promoted by .* canary\.enabled=false/);
  });

  it("warn of pods that may all go at once, or that there are none of", () => {
    assert.match(notes({ replicaCount: 2 }), /WARNING: podDisruptionBudget is off/);
    const keda = { enabled: true, triggers: [{ type: "cpu", metadata: {} }] };
    assert.match(notes({ keda }), /WARNING: keda\.minReplicaCount is 0/);
  });

  it("warn of payloads that may hold data of persons", () => {
    assert.doesNotMatch(notes({}), /payload/);
    const url = "http://receiver.monitoring:8080/";
    const sink = { url, auth: { existingSecret: "receiver" } };
    const text = notes({
      payloadLogging: { enabled: true, sampling: 0.001, mode: "request", sink },
    });
    assert.match(text, /WARNING: payloadLogging is on: 0\.1 % of the requests go to http:\/\/rec/);
    assert.match(text, /data of persons/);
    assert.match(text, /not https: .* can read the payloads and the token/);
    assert.doesNotMatch(notes({ payloadLogging: { enabled: true } }), /https/);
  });
});
