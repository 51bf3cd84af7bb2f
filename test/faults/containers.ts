/** The server's process in a pod, seen from the machine: the node's processes are this machine's. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { environment } from "../../local/environment";
import { tryRun, waitFor } from "../../shared/run";
import { kubectl } from "../end-to-end/workingCopy";
import { TIMEOUT_MS } from "../timeouts";
import { NAMESPACE } from "./stack";

/** What Kubernetes says of the server's container. */
export interface ContainerState {
  containerID: string;
  restartCount: number;
  ready: boolean;
  lastState: { terminated?: { reason: string; exitCode: number } };
}

export async function serverContainer(pod: string): Promise<ContainerState> {
  const output = await kubectl("get", "pod", pod, `--namespace=${NAMESPACE}`, "--output=json");
  const { status } = JSON.parse(output) as {
    status: { containerStatuses: (ContainerState & { name: string })[] };
  };
  const container = status.containerStatuses.find(({ name }) => name === "server");
  assert.ok(container, `${pod} has no server`);
  return container;
}

/** Process id of the server, its container's first process. */
export async function serverPid(pod: string): Promise<number> {
  const { containerID } = await serverContainer(pod);
  const id = containerID.replace(/^\w+:\/\//, "");
  const pids = fs
    .readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return (
          fs.readFileSync(`/proc/${name}/cgroup`, "utf8").includes(id) &&
          // Its number in the container is the last one.
          /^NSpid:.*\s1$/m.test(fs.readFileSync(`/proc/${name}/status`, "utf8"))
        );
      } catch {
        // It has ended.
        return false;
      }
    });
  assert.equal(pids.length, 1, `${pod} has ${pids.length} first processes`);
  return Number(pids[0]);
}

/** Ends the server as a bug in native code would: without a chance to say goodbye. */
export async function killServer(pod: string): Promise<void> {
  process.kill(await serverPid(pod), "SIGKILL");
}

/** Many processes, each smaller than the server and all together larger than its limit. */
const HOGS = `import os, time
for _ in range(99):
  if os.fork() == 0:
    x = b"x" * (8 << 20)
    time.sleep(60)
time.sleep(60)`;

/**
 * Has the kernel end the server for want of memory: other processes of its container take more than
 * the limit allows, and the server is the largest, which the kernel ends first.
 */
export async function exhaustMemory(pod: string): Promise<void> {
  const command = ["--container=server", "--", "/opt/venv/bin/python3", "-c", HOGS];
  const args = ["exec", pod, `--namespace=${NAMESPACE}`, ...command];
  const { code } = await tryRun("kubectl", args, { env: environment(true) });
  assert.notEqual(code, 0, "the memory limit does not hold");
}

/** Waits until the server has been started anew and is ready. */
export async function awaitRestart(pod: string, before: ContainerState): Promise<ContainerState> {
  let now = before;
  const isBack = async () => {
    now = await serverContainer(pod);
    return now.restartCount > before.restartCount && now.ready;
  };
  assert.ok(await waitFor(isBack, TIMEOUT_MS), `the server of ${pod} did not come back`);
  return now;
}

/** Waits until requests have reached the pod: an ingress controller takes a moment to learn of a new one. */
export async function awaitRequests(pod: string): Promise<void> {
  const metrics = `/api/v1/namespaces/${NAMESPACE}/pods/${pod}:5001/proxy/metrics`;
  const isAsked = async () =>
    /^model_server_requests_total\{route="predict",status="200"\} [1-9]/m.test(
      await kubectl("get", "--raw", metrics),
    );
  assert.ok(await waitFor(isAsked, TIMEOUT_MS), `${pod} gets no requests`);
}
