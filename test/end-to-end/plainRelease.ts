/** Releases of the chart by Helm alone: the sample model from ConfigMaps, served by one image. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { environment } from "../../local/environment";
import { address, BASE_IMAGE, PROJECT_DIR, REGISTRY } from "../../local/settings";
import type { Golden } from "../../shared/golden";
import { run } from "../../shared/run";
import { sha256Of } from "../sha256Of";
import { TIMEOUT_MS } from "../timeouts";
import { awaitOnly } from "./traffic";
import { createNamespace, kubectl, removeNamespaces } from "./workingCopy";

export const CHART = path.join(PROJECT_DIR, "chart");
export const MODEL = "breast-cancer";
const env = environment(true);

const modelFolder = (version: string) => path.join(PROJECT_DIR, "models", MODEL, version);

function golden(version: string): Golden {
  const file = path.join(modelFolder(version), "golden.json");
  return JSON.parse(fs.readFileSync(file, "utf8")) as Golden;
}

export const goldens = { "1.0.0": golden("1.0.0"), "2.0.0": golden("2.0.0") };
export type Version = keyof typeof goldens;

export const sha256OfModel = (version: Version): string =>
  sha256Of(path.join(modelFolder(version), "model.pkl"));

const configMapOf = (version: Version) => `${MODEL}-${version}`;

/** The chart's values that say which model: those of `model`, and of `canary.model`. */
export const modelValues = (version: Version) => ({
  version,
  sha256: sha256OfModel(version),
  source: "configMap",
  configMap: { name: configMapOf(version), key: "model.pkl", goldenKey: "golden.json" },
});

/** Builds a program of the serving image without a model; the chart's values that name it. */
export async function buildProgram(
  namespace: string,
  target: "runtime" | "fetcher",
): Promise<{ repository: string; digest: string }> {
  const name = `${namespace}/model-${target === "runtime" ? "server" : target}`;
  const repository = `${REGISTRY}/${name}`;
  const serving = path.join(PROJECT_DIR, "serving");
  const output = `type=image,name=${repository}:test,push=true`;
  const args = [`--target=${target}`, `--build-arg=BASE_IMAGE=${BASE_IMAGE}`, `--output=${output}`];
  await run("buildx", ["build", "--quiet", "--provenance=false", ...args, serving], { env });
  const { headers } = await fetch(`http://${REGISTRY}/v2/${name}/manifests/test`, {
    headers: { accept: "application/vnd.oci.image.manifest.v1+json, */*" },
  });
  const digest = headers.get("docker-content-digest");
  assert.ok(digest, "the registry tells no digest");
  return { repository, digest };
}

export class PlainRelease {
  /** Where the ingress answers. */
  readonly host: string;
  readonly url: string;

  /**
   * @param namespace one of its own for each test file
   * @param program which Helm: `helm3`, `helm4`, or the one that everything else here uses
   */
  constructor(
    public readonly namespace: string,
    public readonly name = MODEL,
    public readonly program: "helm" | "helm3" | "helm4" = "helm",
  ) {
    this.host = `${name}.${namespace}.localhost`;
    this.url = `http://${this.host}:${address("ingress").split(":")[1]}/`;
  }

  /** Makes the namespace with the models, and the image; resolves with the values of the release. */
  async prepare(): Promise<Record<string, unknown>> {
    const image = await buildProgram(this.namespace, "runtime");
    await createNamespace(this.namespace);
    for (const version of Object.keys(goldens) as Version[]) {
      const files = ["model.pkl", "golden.json"].map(
        (file) => `--from-file=${path.join(modelFolder(version), file)}`,
      );
      await this.kubectl("create", "configmap", configMapOf(version), ...files);
    }
    return {
      fullnameOverride: this.name,
      image,
      model: modelValues("1.0.0"),
      // Two models and their successors fit on a small machine that does other things as well.
      resources: { requests: { cpu: "50m" } },
      ingress: { enabled: true, hosts: [{ host: this.host }] },
    };
  }

  kubectl(...args: string[]): Promise<string> {
    return kubectl(...args, `--namespace=${this.namespace}`);
  }

  helm(args: string[], values?: unknown): Promise<string> {
    const all = [...args, `--namespace=${this.namespace}`];
    if (values === undefined) {
      return run(this.program, all, { env });
    }
    return run(this.program, [...all, "--values=-"], { env, input: JSON.stringify(values) });
  }

  install(values: unknown, chart = CHART): Promise<string> {
    return this.helm(["install", this.name, chart, ...waiting], values);
  }

  upgrade(values: unknown, chart = CHART): Promise<string> {
    return this.helm(["upgrade", this.name, chart, ...waiting], values);
  }

  async pods(): Promise<string[]> {
    const selector = `--selector=app.kubernetes.io/instance=${this.name},model-serving/track=stable`;
    return (await this.kubectl("get", "pods", selector, "--output=name"))
      .split("\n")
      .filter(Boolean)
      .sort();
  }

  /** Asks until only this version answers, several times in a row. */
  awaitOnly(version: Version, url = this.url): Promise<void> {
    return awaitOnly(url, { golden: goldens[version], sha256: sha256OfModel(version) });
  }

  remove(): Promise<void> {
    return removeNamespaces(this.namespace);
  }
}

/** Arguments by which Helm waits for the pods. */
export const waiting = ["--wait", `--timeout=${TIMEOUT_MS / 1000}s`];
