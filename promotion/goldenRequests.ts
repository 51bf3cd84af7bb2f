/** Asks a server that is not this package's: it cannot say which model it serves, but it can be asked for predictions. */
import { spawn } from "node:child_process";
import { type Golden, isExpected, predictionIn, requestOf } from "../shared/golden";
import { postText } from "../shared/predict";
import { redactSecrets } from "../shared/redactSecrets";
import type { ClusterFinding } from "./clusterFinding";
import type { Pod } from "./pods";
import type { OwnServer, ServedModel } from "./servedModel";

type ServedByOwn = ServedModel & { ownServer: OwnServer };

/** The ways into the cluster. */
export interface Ways {
  kubectl: (...args: string[]) => Promise<{ stdout: string; error?: string }>;
  /** A way to the API server, by which a request can be posted with its header. */
  proxy: () => Promise<Proxy>;
}

export interface Proxy {
  url: string;
  close: () => void;
}

// More rows would tell no more: each pod has the same image, and all rows were sent when it was rolled out.
const MAX_ROWS = 5;

/** Sends golden requests to each pod, or where that is not allowed to whoever answers outside. */
export async function askGolden(
  served: ServedByOwn,
  pods: readonly Pod[],
  { kubectl, proxy }: Ways,
): Promise<ClusterFinding> {
  const { golden, error } = await readGolden(served, kubectl);
  if (golden === undefined) {
    const fact = "no golden requests: what it predicts was not asked";
    return error === undefined
      ? { facts: [fact], problems: [] }
      : { facts: [], problems: [`its golden requests cannot be read: ${error}`] };
  }
  let way: Proxy;
  try {
    way = await proxy();
  } catch (error) {
    return { facts: [], problems: [], unreachable: messageOf(error) };
  }
  try {
    const answers = await Promise.all(
      pods.map((pod) => askAll(podUrl(way.url, served, pod), served.ownServer, golden)),
    );
    if (answers.some(({ isRefused }) => isRefused)) {
      return await askOutside(served, golden);
    }
    const problems = answers.flatMap(({ problem }, index) =>
      problem === undefined ? [] : [`${pods[index]?.metadata.name}: ${problem}`],
    );
    const count = Math.min(golden.features.length, MAX_ROWS);
    const fact = `${pods.length} pods asked: each answers ${count} golden requests as expected`;
    return { facts: problems.length > 0 ? [] : [fact], problems };
  } finally {
    way.close();
  }
}

async function readGolden(
  { ownServer: { golden }, namespace }: ServedByOwn,
  kubectl: Ways["kubectl"],
): Promise<{ golden?: Golden; error?: string }> {
  if (golden === undefined) {
    return {};
  }
  const { configMap, key } = golden;
  const found = await kubectl(
    "get",
    "configmap",
    configMap,
    `--namespace=${namespace}`,
    "--output=json",
  );
  if (found.error !== undefined) {
    return { error: found.error };
  }
  try {
    const { data = {}, binaryData = {} } = JSON.parse(found.stdout) as {
      data?: Record<string, string>;
      binaryData?: Record<string, string>;
    };
    const text = data[key] ?? Buffer.from(binaryData[key] ?? "", "base64").toString();
    return { golden: JSON.parse(text) as Golden };
  } catch (error) {
    return { error: `${configMap} has no JSON in ${key}: ${messageOf(error)}` };
  }
}

function podUrl(api: string, { namespace }: ServedByOwn, pod: Pod): string {
  const server = pod.spec.containers.find(({ name }) => name === "server");
  const port = server?.ports?.find(({ name }) => name === "http")?.containerPort ?? 5000;
  return `${api}/api/v1/namespaces/${namespace}/pods/${pod.metadata.name}:${port}/proxy`;
}

interface Asked {
  problem?: string;
  /** The account may not ask. */
  isRefused?: boolean;
}

async function askAll(base: string, form: OwnServer, golden: Golden): Promise<Asked> {
  for (const [row, features] of golden.features.slice(0, MAX_ROWS).entries()) {
    try {
      const { status, body } = await postText(base + form.path, requestOf(form, features));
      if (status === 403 && /"reason":\s*"Forbidden"/.test(body)) {
        return { isRefused: true };
      }
      const found = status === 200 ? predictionIn(form, body) : undefined;
      if (!isExpected(golden, row, found)) {
        const answer = redactSecrets(body.slice(0, 200));
        return {
          problem: `golden request ${row} is answered with ${status} ${answer}; expected the prediction ${JSON.stringify(golden.predictions[row])}`,
        };
      }
    } catch (error) {
      return { problem: `golden request ${row} got no answer: ${messageOf(error)}` };
    }
  }
  return {};
}

async function askOutside(
  { ingressUrl, ownServer }: ServedByOwn,
  golden: Golden,
): Promise<ClusterFinding> {
  if (ingressUrl === undefined) {
    const needed = "Needed: the right to create pods/proxy, or an ingress";
    return { facts: [], problems: [`its pods may not be asked by this account. ${needed}`] };
  }
  const { problem } = await askAll(ingressUrl.replace(/\/$/, ""), ownServer, golden);
  return problem === undefined
    ? { facts: [`${ingressUrl} answers golden requests as expected`], problems: [] }
    : { facts: [], problems: [`${ingressUrl}: ${problem}`] };
}

/** Starts kubectl's own proxy, on a free port of this machine. */
export function openProxy(options: readonly string[]): Promise<Proxy> {
  const child = spawn("kubectl", ["proxy", "--port=0", ...options], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  return new Promise((resolve, reject) => {
    let output = "";
    const read = (chunk: string) => {
      output += chunk;
      const [, address] = /Starting to serve on (\S+)/.exec(output) ?? [];
      if (address !== undefined) {
        resolve({ url: `http://${address}`, close: () => void child.kill() });
      }
    };
    child.stdout.setEncoding("utf8").on("data", read);
    child.stderr.setEncoding("utf8").on("data", read);
    child.once("error", reject);
    child.once("exit", (code) =>
      reject(new Error(`kubectl proxy ended with ${code}: ${redactSecrets(output.trim())}`)),
    );
  });
}

function messageOf(error: unknown): string {
  return redactSecrets(error instanceof Error ? error.message : String(error));
}
