/**
 * Asks the source's cluster whether the model is served there, by every pod and for a while.
 *
 * By kubectl, not by `components/cluster/client.ts`: a person promotes, at a terminal, and kubectl takes
 * a login that wants one, and renews an id-token, as a program in the middle of an update cannot.
 */
import type { ProviderConfig } from "../components/cluster/kubeconfig";
import { get } from "../shared/predict";
import { redactSecrets } from "../shared/redactSecrets";
import { tryRun } from "../shared/run";
import type { ClusterFinding } from "./clusterFinding";
import { inWords } from "./duration";
import { askGolden, openProxy } from "./goldenRequests";
import { type Deployment, livingPods, type Pod, podProblems, readyFor } from "./pods";
import type { ServedModel } from "./servedModel";

export interface ClusterQuestion {
  stack: string;
  served: ServedModel;
  /** Milliseconds it must have been so. */
  soak: number;
}

// More pods would tell no more: each has its image by the same digest.
const MAX_PODS = 10;

// No right to ask, or no way from the API server to the pod: it says nothing of the pod.
const IS_OUT_OF_REACH = /forbidden|error trying to reach|dial tcp|i\/o timeout|deadline exceeded/i;

/** A cluster as kubectl reaches it. */
export class Cluster {
  constructor(private readonly access: ProviderConfig) {}

  async check({ stack, served, soak }: ClusterQuestion): Promise<ClusterFinding> {
    const namespace = `--namespace=${served.namespace}`;
    const found = await this.kubectl(
      "get",
      "deployment",
      served.release,
      namespace,
      "--output=json",
    );
    if (found.error !== undefined) {
      return absent(stack, served, found.error);
    }
    const deployment = JSON.parse(found.stdout) as Deployment;
    const selector = Object.entries(deployment.spec.selector.matchLabels).map((label) =>
      label.join("="),
    );
    const listed = await this.kubectl(
      "get",
      "pods",
      namespace,
      `--selector=${selector}`,
      "--output=json",
    );
    if (listed.error !== undefined) {
      return { facts: [], problems: [], unreachable: listed.error };
    }
    const pods = livingPods((JSON.parse(listed.stdout) as { items: Pod[] }).items);
    const now = Date.now();
    const images = {
      server: served.image.digest,
      ...(served.fetcher && { "fetch-model": served.fetcher.digest }),
    };
    const problems = podProblems(deployment, pods, { images, soak, now });
    if (problems.length > 0) {
      return { facts: [], problems: problems.map((problem) => `${stack}: ${problem}`) };
    }
    const { ownServer } = served;
    const answers =
      ownServer === undefined
        ? await this.answers(served, pods)
        : await askGolden({ ...served, ownServer }, pods.slice(0, MAX_PODS), {
            kubectl: (...args) => this.kubectl(...args),
            proxy: () => openProxy(this.options()),
          });
    if (answers.problems.length > 0) {
      return { ...answers, problems: answers.problems.map((problem) => `${stack}: ${problem}`) };
    }
    const longest = Math.max(...pods.map((pod) => readyFor(pod, now)));
    const ready = `${pods.length} of ${pods.length} pods run this image, ready for ${inWords(longest)}, never restarted`;
    return { facts: [ready, ...answers.facts], problems: [] };
  }

  /** What the model servers themselves say: each pod, or where that is not allowed, whoever answers outside. */
  private async answers(served: ServedModel, pods: readonly Pod[]): Promise<ClusterFinding> {
    const asked = pods.slice(0, MAX_PODS);
    const findings = await Promise.all(asked.map((pod) => this.askPod(served, pod)));
    const problems = findings.flatMap(({ problem }) => problem ?? []);
    if (problems.length > 0) {
      return { facts: [], problems };
    }
    const refused = findings.find(({ refusal }) => refusal !== undefined)?.refusal;
    if (refused !== undefined) {
      return this.askOutside(served, refused);
    }
    return {
      facts: [`${asked.length} of ${pods.length} pods asked: ready, with this sha256`],
      problems,
    };
  }

  private async askPod(
    served: ServedModel,
    pod: Pod,
  ): Promise<{ problem?: string; refusal?: string }> {
    const server = pod.spec.containers.find(({ name }) => name === "server");
    const port = server?.ports?.find(({ name }) => name === "http")?.containerPort ?? 5000;
    const base = `/api/v1/namespaces/${served.namespace}/pods/${pod.metadata.name}:${port}/proxy`;
    const model = `${base}/v2/models/${served.name}/versions/${served.version}`;
    const [ready, metadata] = await Promise.all(
      [`${model}/ready`, model].map((path) => this.kubectl("get", "--raw", path)),
    );
    const error = ready?.error ?? metadata?.error;
    if (error !== undefined && IS_OUT_OF_REACH.test(error)) {
      return { refusal: `${pod.metadata.name} could not be asked: ${error}` };
    }
    if (error !== undefined) {
      return { problem: `${pod.metadata.name} does not answer: ${error}` };
    }
    return {
      problem: answerProblem(
        pod.metadata.name,
        served,
        ready?.stdout ?? "",
        metadata?.stdout ?? "",
      ),
    };
  }

  private async askOutside(served: ServedModel, refusal: string): Promise<ClusterFinding> {
    if (served.ingressUrl === undefined) {
      return {
        facts: [],
        problems: [`${refusal}. Needed: the right to get pods/proxy, or an ingress`],
      };
    }
    const model = new URL(
      `v2/models/${served.name}/versions/${served.version}`,
      `${served.ingressUrl.replace(/\/$/, "")}/`,
    );
    try {
      const [ready, metadata] = await Promise.all(
        [`${model}/ready`, `${model}`].map(async (url) => {
          const { status, body } = await get(url);
          if (status !== 200) {
            throw new Error(`${url} answers ${status}`);
          }
          return body;
        }),
      );
      const problem = answerProblem(served.ingressUrl, served, ready ?? "", metadata ?? "");
      return {
        facts: [`${served.ingressUrl} answers: ready, with this sha256`],
        problems: problem === undefined ? [] : [problem],
      };
    } catch (error) {
      const reason = redactSecrets(error instanceof Error ? error.message : String(error));
      return { facts: [], problems: [`${refusal}; neither could the ingress: ${reason}`] };
    }
  }

  private options(): string[] {
    const { context, kubeconfig } = this.access;
    return [
      ...(context === undefined ? [] : [`--context=${context}`]),
      ...(kubeconfig === undefined ? [] : [`--kubeconfig=${kubeconfig}`]),
    ];
  }

  private async kubectl(...args: string[]): Promise<{ stdout: string; error?: string }> {
    const options = ["--request-timeout=10s", ...this.options()];
    try {
      const { code, stdout, stderr } = await tryRun("kubectl", [...args, ...options], {
        timeout: 60_000,
      });
      return code === 0 ? { stdout } : { stdout, error: lastLine(redactSecrets(stderr)) };
    } catch (error) {
      return {
        stdout: "",
        error: redactSecrets(
          `kubectl does not run: ${error instanceof Error ? error.message : error}`,
        ),
      };
    }
  }
}

/** Not there is an answer; everything else is none, also a 404 of something that is no API server. */
function absent(stack: string, { release, namespace }: ServedModel, error: string): ClusterFinding {
  return /deployments\.apps .* not found/.test(error)
    ? {
        facts: [],
        problems: [
          `${stack}: the cluster has no deployment ${release} in the namespace ${namespace}`,
        ],
      }
    : { facts: [], problems: [], unreachable: error };
}

/** Undefined if the answers are those of the model. */
export function answerProblem(
  who: string,
  { sha256 }: Pick<ServedModel, "sha256">,
  ready: string,
  metadata: string,
): string | undefined {
  const isReady = (parsed(ready) as { ready?: unknown } | undefined)?.ready === true;
  if (!isReady) {
    return `${who} does not say that it is ready: ${ready.slice(0, 200)}`;
  }
  const found = (parsed(metadata) as { parameters?: { sha256?: unknown } } | undefined)?.parameters
    ?.sha256;
  return found === sha256 ? undefined : `${who} serves the sha256 ${found}, expected ${sha256}`;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}
