/** The custom resources that the chart can use, and those of their operators, as the projects publish them. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { environment } from "../../local/environment";
import { PROJECT_DIR } from "../../local/settings";
import { run, tryRun, waitFor } from "../../shared/run";
import { TIMEOUT_MS } from "../timeouts";

/** Files of the definitions inside of each project's Go module. */
const FILES: Record<string, string[]> = {
  "sigs.k8s.io/gateway-api": [
    "httproutes",
    // Those that a controller reads as well.
    "backendtlspolicies",
    "gatewayclasses",
    "gateways",
    "grpcroutes",
    "referencegrants",
  ].map((kind) => `config/crd/standard/gateway.networking.k8s.io_${kind}.yaml`),
  "github.com/kedacore/keda/v2": [
    "keda.sh_scaledobjects",
    // Those without which its operator does not start.
    "keda.sh_scaledjobs",
    "keda.sh_triggerauthentications",
    "keda.sh_clustertriggerauthentications",
    "eventing.keda.sh_cloudeventsources",
    "eventing.keda.sh_clustercloudeventsources",
  ].map((kind) => `config/crd/bases/${kind}.yaml`),
  "github.com/prometheus-operator/prometheus-operator": [
    "servicemonitors",
    "podmonitors",
    "prometheusrules",
    // Those without which the operator does not start.
    "prometheuses",
    "probes",
  ].map((kind) => `example/prometheus-operator-crd/monitoring.coreos.com_${kind}.yaml`),
};

/** The modules in the versions from which the chart's own schema was generated. */
function modules(): string[] {
  const file = path.join(PROJECT_DIR, "chart", "generate", "apis", "customResources.json");
  const { $comment } = JSON.parse(fs.readFileSync(file, "utf8")) as { $comment: string };
  return [...$comment.matchAll(/[\w./-]+@v[\w.-]+/g)].map(([module]) => module);
}

async function definitions(module: string): Promise<string[]> {
  const { Dir } = JSON.parse(await run("go", ["mod", "download", "-json", module])) as {
    Dir: string;
  };
  const files = FILES[module.split("@")[0] ?? ""];
  if (files === undefined) {
    throw new Error(`it is not known where ${module} keeps its definitions`);
  }
  return files.map((file) => path.join(Dir, file));
}

/** Applies them and waits until the API server serves them. */
export async function installCustomResources(): Promise<void> {
  const files = (await Promise.all(modules().map(definitions))).flat();
  const env = environment(true);
  const names = files.map((file) => `--filename=${file}`);
  // Server-side: the definitions are too large for the annotation that a client-side apply keeps.
  await run("kubectl", ["apply", "--server-side", "--force-conflicts", ...names], { env });
  const wait = ["wait", "--for=condition=Established", `--timeout=${TIMEOUT_MS / 1000}s`];
  await run("kubectl", [...wait, ...names], { env });
  // What is established is served a moment later.
  const made = await run(
    "kubectl",
    ["get", ...names, "--output=jsonpath={.items[*].metadata.name}"],
    { env },
  );
  const list = ["get", made.replaceAll(" ", ","), "--all-namespaces"];
  const areServed = async () => (await tryRun("kubectl", list, { env })).code === 0;
  assert.ok(await waitFor(areServed, TIMEOUT_MS), `not served: ${made}`);
}
