/** Each scenario in the eyes of kube-score. What it asks for and does not get is listed here. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { chartFolder, helm, runTool, scenarios, type Values } from "./helm";

/** Checks that are left out, each with the reason. */
const exceptions: Record<string, string> = {
  "container-image-pull-policy":
    "an image by digest is the same wherever it comes from, and a pod must start while the registry is away",
  "container-ephemeral-storage-request-and-limit":
    "every volume has a size limit; one of the pod would count the downloaded model and the logs that the node keeps",
  "deployment-replicas":
    "the number of pods is the user's, also that of a canary; the notes warn of fewer than two",
  "deployment-targeted-by-hpa-does-not-have-replicas-configured":
    "a number that was said before would become 1 when it is left out; in a cluster it is the one there is",
  "deployment-has-host-podantiaffinity":
    "pods are spread by topologySpreadConstraints, which this check does not know",
};

/** Checks that only make sense where the scenario has switched the thing on. */
const conditional: { check: string; holds: (values: Values) => boolean }[] = [
  { check: "pod-networkpolicy", holds: ({ networkPolicy }) => networkPolicy !== undefined },
];

const score = (manifests: string, ignored: string[]) =>
  runTool(
    "KUBE_SCORE",
    "kube-score",
    [
      "score",
      "-",
      "--output-format=ci",
      "--exit-one-on-warning",
      "--kubernetes-version=v1.30",
      ...ignored.map((check) => `--ignore-test=${check}`),
    ],
    manifests,
  );

describe("chart: kube-score", () => {
  for (const { name, path } of scenarios) {
    it(`finds nothing in ${name}`, () => {
      const values = parse(readFileSync(path, "utf8")) as Values;
      const notHere = conditional.filter(({ holds }) => !holds(values)).map(({ check }) => check);
      const args = ["template", "scenario", chartFolder, "--namespace=models", "--values", path];
      const { ok, stdout } = score(helm(args).stdout, [...Object.keys(exceptions), ...notHere]);
      const findings = stdout.split("\n").filter((line) => /^\[(WARNING|CRITICAL)\]/.test(line));
      assert.deepEqual(findings, []);
      assert.ok(ok, stdout);
    });
  }

  it("would find what is left out, so that the list holds nothing in vain", () => {
    const all = scenarios
      .map(({ path }) => helm(["template", "scenario", chartFolder, "--values", path]).stdout)
      .map((manifests) => score(manifests, []).stdout)
      .join("\n");
    const names: Record<string, RegExp> = {
      "container-image-pull-policy": /ImagePullPolicy is not set to Always/,
      "container-ephemeral-storage-request-and-limit": /Ephemeral Storage limit is not set/,
      "deployment-replicas": /few replicas/,
      "deployment-targeted-by-hpa-does-not-have-replicas-configured": /targeted by a HPA/,
      "deployment-has-host-podantiaffinity": /podAntiAffinity/,
      "pod-networkpolicy": /NetworkPolicy/,
    };
    for (const check of [...Object.keys(exceptions), "pod-networkpolicy"]) {
      assert.match(all, names[check] ?? /^$/, check);
    }
  });
});
