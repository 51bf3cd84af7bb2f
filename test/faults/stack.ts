/** The stack that the fault tests break: one model by each source, all under traffic. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { environment } from "../../local/environment";
import { PROJECT_DIR } from "../../local/settings";
import type { Golden } from "../../shared/golden";
import { tryRun, waitFor } from "../../shared/run";
import { awaitOnly, Load, type Traffic } from "../end-to-end/traffic";
import { createVolume, deleteVolume } from "../end-to-end/volume";
import { WebServer } from "../end-to-end/webServer";
import { createNamespace, kubectl, STACK, WorkingCopy } from "../end-to-end/workingCopy";
import { TEST_TIMEOUT_MS, TIMEOUT_MS } from "../timeouts";

/** Another one for each of several runs side by side. */
export const NAMESPACE = process.env.FAULTS_NAMESPACE ?? "faults";
const CLAIM = "team-models";

/** Every model by the source it comes from; those with two pods have a budget as well. */
export const SOURCES = {
  baked: { replicas: 2 },
  mapped: { replicas: 1 },
  mounted: { replicas: 1 },
  downloaded: { replicas: 2 },
} as const;
export type ModelName = keyof typeof SOURCES;
export const MODELS = Object.keys(SOURCES) as ModelName[];

export type Version = "1.0.0" | "2.0.0";

/** Requests and answers of the last run, as lines of JSON, one file for each model; and what pulumi said. */
export const RECORDS = path.join(PROJECT_DIR, ".faults", NAMESPACE);
/** Of each model, since all are asked at once. */
const PACE = { clients: 2, pause: 30 };

export class FaultStack {
  private constructor(
    readonly copy: WorkingCopy,
    readonly web: WebServer,
  ) {}

  /** Deploys all models in version 1.0.0. */
  static async deploy(): Promise<FaultStack> {
    fs.rmSync(RECORDS, { recursive: true, force: true });
    fs.mkdirSync(RECORDS, { recursive: true });
    const copy = await WorkingCopy.withStack(NAMESPACE);
    copy.openToPods();
    const web = await WebServer.start(copy.path("models"));
    const stack = new FaultStack(copy, web);
    await createNamespace(NAMESPACE);
    await createVolume(NAMESPACE, CLAIM, copy.path("models"));
    stack.configure("1.0.0");
    await copy.up();
    await stack.awaitOnly("1.0.0");
    return stack;
  }

  async remove(): Promise<void> {
    await this.copy.removeWithStack();
    await deleteVolume(NAMESPACE, CLAIM);
    await this.web.stop();
  }

  golden(version: Version): Golden {
    return this.copy.golden(version);
  }

  sha256(version: string): string {
    return this.copy.sha256(version);
  }

  url(model: ModelName): string {
    return `http://${model}.${NAMESPACE}.localhost:8080/`;
  }

  sourceOf(model: ModelName): Record<string, Record<string, unknown>> {
    const file = "models/breast-cancer/{tag}/model.pkl";
    // Each download breaks off half-way, and is completed by the next request.
    const remote = `${this.web.url("drops")}/breast-cancer/{tag}`;
    const sources = {
      baked: { image: { path: file } },
      mapped: { configMap: { path: file } },
      mounted: { persistentVolumeClaim: { existingClaim: CLAIM, subPath: "breast-cancer/{tag}" } },
      downloaded: {
        uri: { location: `${remote}/model.pkl`, goldenLocation: `${remote}/golden.json` },
      },
    };
    return sources[model];
  }

  /**
   * Writes the stack's configuration anew: the good one, with what a test changes in it.
   *
   * @param changes settings of single models that take the place of the good ones
   * @param further models that only this configuration has
   */
  configure(
    version: string,
    changes: Partial<Record<ModelName, Record<string, unknown>>> = {},
    release: Record<string, unknown> = { timeout: 120 },
    further: Record<string, unknown> = {},
  ): void {
    const models = MODELS.map((name) => {
      const { replicas } = SOURCES[name];
      const budget = { podDisruptionBudget: { enabled: replicas > 1 } };
      const settings = {
        tag: version,
        // Of the others the program computes it, from the file beside it.
        ...(["mounted", "downloaded"].includes(name) && { sha256: this.sha256(version) }),
        replicas,
        source: this.sourceOf(name),
        values: budget,
      };
      return [name, { ...settings, ...changes[name] }];
    });
    this.copy.writeConfig((config) => ({
      ...config,
      "model-deployment:createNamespace": false,
      "model-deployment:release": release,
      "model-deployment:models": { ...Object.fromEntries(models), ...further },
    }));
  }

  /** Updates to the good configuration of a version, and waits until only that answers. */
  async update(version: Version): Promise<void> {
    this.configure(version);
    await this.copy.up();
    await this.awaitOnly(version);
  }

  /** Asks each model until only the version answers, many times in a row. */
  async awaitOnly(version: Version, models: readonly ModelName[] = MODELS): Promise<void> {
    const golden = this.golden(version);
    const sha256 = this.sha256(version);
    for (const model of models) {
      await awaitOnly(this.url(model), { golden, sha256 });
    }
  }

  /** Has models answer requests while the work goes on; both versions may answer. */
  async underLoad(
    models: readonly ModelName[],
    work: (loads: Record<string, Load>) => Promise<unknown>,
  ): Promise<Record<string, Traffic>> {
    const versions = { "1.0.0": this.golden("1.0.0"), "2.0.0": this.golden("2.0.0") };
    const loads = Object.fromEntries(
      models.map((model) => {
        const record = path.join(RECORDS, `${model}.jsonl`);
        return [model, new Load({ url: this.url(model), versions }, PACE, record)];
      }),
    );
    let failure: unknown;
    try {
      await work(loads);
    } catch (error) {
      failure = error;
    }
    const traffic: Record<string, Traffic> = {};
    for (const [model, load] of Object.entries(loads)) {
      traffic[model] = await load.stop();
    }
    if (failure !== undefined) {
      throw failure;
    }
    return traffic;
  }

  /** The same, and no request may fail. */
  async withoutFailure(
    models: readonly ModelName[],
    work: () => Promise<unknown>,
  ): Promise<Record<string, Traffic>> {
    const traffic = await this.underLoad(models, work);
    for (const [model, { total, failures }] of Object.entries(traffic)) {
      assert.deepEqual(failures, [], `${model}: ${failures.length} of ${total} requests failed`);
      assert.ok(total > 0, `${model} was not asked`);
    }
    return traffic;
  }

  /** An update that must fail while no request does; resolves with what it printed, which is kept. */
  async failingUp(name: string, models: readonly ModelName[] = MODELS): Promise<string> {
    let printed = "";
    const traffic = await this.withoutFailure(models, async () => {
      printed = await this.copy.failingUp();
    });
    for (const [model, { byVersion }] of Object.entries(traffic)) {
      assert.equal(Object.keys(byVersion).length, 1, `${model}: ${JSON.stringify(byVersion)}`);
    }
    fs.writeFileSync(path.join(RECORDS, `${name}.log`), printed);
    return printed;
  }

  /** The stack is what its configuration says. */
  async expectNoChanges(): Promise<void> {
    await this.copy.pulumi("preview", "--expect-no-changes", "--stack", STACK);
  }
}

let deployed: Promise<FaultStack> | undefined;

/** The stack, which all tests of a run share. */
export function faultStack(): Promise<FaultStack> {
  deployed ??= FaultStack.deploy();
  return deployed;
}

after(async function () {
  this.timeout(TEST_TIMEOUT_MS);
  await (await deployed?.catch(() => undefined))?.remove();
});

interface Pod {
  metadata: { name: string; deletionTimestamp?: string };
  status: { conditions?: { type: string; status: string }[] };
}

/** The pods of a model that are not about to end. */
async function livingPods(model: string): Promise<Pod[]> {
  const selector = `--selector=app.kubernetes.io/instance=${model}`;
  const output = await kubectl(
    "get",
    "pods",
    `--namespace=${NAMESPACE}`,
    selector,
    "--output=json",
  );
  const { items } = JSON.parse(output) as { items: Pod[] };
  return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
}

const nameOf = ({ metadata }: Pod): string => metadata.name;

/** Names of the pods of a model that are not about to end. */
export async function podsOf(model: string): Promise<string[]> {
  return (await livingPods(model)).map(nameOf);
}

interface Deployment {
  metadata: { generation: number };
  spec: { replicas: number };
  status: { observedGeneration?: number; replicas?: number; updatedReplicas?: number };
}

/**
 * Names of the pods of a model, as soon as these are all that it is to have, ready and of its last
 * update. Kubernetes' own account of that may be of before a pod was deleted.
 *
 * @param without pods that have to be replaced first
 */
export async function settledPods(
  model: string,
  without: readonly string[] = [],
): Promise<string[]> {
  let pods: Pod[] = [];
  const areSettled = async () => {
    const args = ["get", "deployment", model, `--namespace=${NAMESPACE}`, "--output=json"];
    const { metadata, spec, status } = JSON.parse(await kubectl(...args)) as Deployment;
    pods = await livingPods(model);
    const isRolledOut =
      status.observedGeneration === metadata.generation &&
      status.replicas === spec.replicas &&
      status.updatedReplicas === spec.replicas;
    return isRolledOut && pods.length === spec.replicas && pods.every(isReady) && !pods.some(isOld);
  };
  const isReady = ({ status }: Pod) =>
    status.conditions?.some(({ type, status }) => type === "Ready" && status === "True");
  const isOld = (pod: Pod) => without.includes(nameOf(pod));
  assert.ok(await waitFor(areSettled, TIMEOUT_MS), `${model}: ${pods.map(nameOf).join()}`);
  return pods.map(nameOf);
}

/** Helm releases of the namespace with their status. */
export async function releases(): Promise<Record<string, string>> {
  const args = ["list", "--all", "--output=json", `--namespace=${NAMESPACE}`];
  const { stdout } = await tryRun("helm", args, { env: environment(true) });
  const list = JSON.parse(stdout) as { name: string; status: string }[];
  return Object.fromEntries(list.map(({ name, status }) => [name, status]));
}
