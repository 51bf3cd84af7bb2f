import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import type { Event, Pod, ReplicaSet } from "../../../components/cluster/objects";
import {
  latestProblem,
  problemsOfPod,
  problemsOfReplicaSet,
  stillNotReady,
} from "../../../components/cluster/podProblems";

interface Recorded {
  pods: Record<string, Pod>;
  replicaSets: Record<string, ReplicaSet>;
  events: Record<string, Event[]>;
}

/** What a Kubernetes 1.34 answered, without the fields that nobody here reads. */
const recorded = JSON.parse(
  fs.readFileSync(path.join(__dirname, "recorded", "cluster.json"), "utf8"),
) as Recorded;

function pod(name: string): Pod {
  const found = recorded.pods[name];
  assert.ok(found, `no pod ${name} was recorded`);
  return structuredClone(found);
}

const noImage = `no-image-67d5945856-\\w+: the image localhost:5001/failure-reports/model-server@sha256:0{64} cannot be pulled: not found$`;

const told: [name: string, message: RegExp][] = [
  ["no-image", new RegExp(`^container server of pod ${noImage}`)],
  ["no-image, at first", new RegExp(`^container server of pod ${noImage}`)],
  [
    "crashing",
    /^container server of pod crashing-\S+ ended with exit code 1:\n {2}cannot start: MODEL_SERVER_\*: .*PORT`$/,
  ],
  [
    "wrong-golden",
    /ended with exit code 1:\n {2}cannot start: \S+golden\.json: row 3: prediction is 1, expected 0\.0 \(differs by 1/,
  ],
  [
    "too-greedy",
    /^no node takes pod too-greedy-\S+: 0\/1 nodes are available: 1 Insufficient cpu$/,
  ],
  ["hungry", /^container server of pod hungry needed more memory than its limit of 64Mi/],
  [
    "without-secret",
    /^container server of pod without-secret cannot be started: secret "missing" not found$/,
  ],
  [
    "no-model",
    /^container fetch-model of pod no-model ended with exit code 1:\n {2}http:\/\/m\/model\.ubj: 404 Not Found$/,
  ],
  ["deaf", /^container server of pod deaf was killed \(exit code 137\)$/],
];

describe("what is wrong with a pod", () => {
  for (const [name, message] of told) {
    it(`is told of one that is recorded as ${name}`, () => {
      const [problem, ...more] = problemsOfPod(pod(name));
      assert.match(problem?.message ?? "", message);
      assert.deepEqual(more, []);
    });
  }

  it("is told in the same words by containerd 2", () => {
    const image = `localhost:5001/failure-reports/model-server@sha256:${"0".repeat(64)}`;
    const noImage = pod("no-image, at first");
    const [status] = noImage.status?.containerStatuses ?? [];
    assert.ok(status?.state?.waiting);
    status.state.waiting.message = `rpc error: code = NotFound desc = failed to pull and unpack image "${image}": failed to resolve image: ${image}: not found`;
    assert.deepEqual(problemsOfPod(noImage), problemsOfPod(pod("no-image, at first")));
  });

  it("is nothing of a pod that is well, or whose reason is not in its status", () => {
    for (const name of ["healthy", "never-ready", "without-config-map"]) {
      assert.deepEqual(problemsOfPod(pod(name)), [], name);
    }
  });

  it("is nothing of a pod that somebody takes away", () => {
    const crashing = pod("crashing");
    crashing.metadata = { ...crashing.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" };
    assert.deepEqual(problemsOfPod(crashing), []);
    assert.equal(stillNotReady(crashing), undefined);
  });

  it("is the same problem in the next pod, and from the first try to the last", () => {
    const crashing = pod("crashing");
    const other = JSON.parse(
      JSON.stringify(crashing).replaceAll(
        crashing.metadata?.name ?? "",
        "crashing-64798dbc96-zzzzz",
      ),
    ) as Pod;
    const keys = [crashing, other, pod("no-image"), pod("no-image, at first")].map(
      (one) => problemsOfPod(one)[0]?.key,
    );
    assert.equal(keys[0], keys[1]);
    assert.equal(keys[2], keys[3]);
    assert.notEqual(keys[0], keys[2]);
  });

  it("may pass by itself if it is only that no node takes it", () => {
    assert.equal(problemsOfPod(pod("too-greedy"))[0]?.mayPass, true);
    assert.equal(problemsOfPod(pod("crashing"))[0]?.mayPass, undefined);
  });

  it("is told with what events say where the status says too little", () => {
    assert.equal(problemsOfPod(pod("deaf"))[0]?.asksEvents, true);
    assert.match(latestProblem(recorded.events.deaf ?? []) ?? "", /^Liveness probe failed/);
    assert.equal(
      latestProblem(recorded.events["without-config-map"] ?? []),
      'MountVolume.SetUp failed for volume "m" : configmap "missing" not found',
    );
    assert.match(
      latestProblem(recorded.events["never-ready"] ?? []) ?? "",
      /^Startup probe .* 404/,
    );
    assert.equal(latestProblem([]), undefined);
  });

  it("is told with the port that nobody listens on", () => {
    const message = "Startup probe failed: dial tcp 10.213.0.9:5999: connect: connection refused";
    const events = [{ type: "Warning", reason: "Unhealthy", message }];
    assert.equal(
      latestProblem(events),
      `${message}; nothing listens on port 5999 of the pod, or only on its 127.0.0.1: a server must listen on 0.0.0.0`,
    );
  });

  it("is at last that it is not ready", () => {
    assert.equal(stillNotReady(pod("healthy")), undefined);
    assert.match(
      stillNotReady(pod("never-ready")) ?? "",
      /^pod never-ready-\S+ is not ready: container server runs$/,
    );
    assert.equal(
      stillNotReady(pod("without-config-map")),
      "pod without-config-map is not ready: container server waits",
    );
  });

  it("is told of pods that the namespace does not admit", () => {
    const [problem] = problemsOfReplicaSet(recorded.replicaSets["too-large"] ?? {});
    assert.match(
      problem?.message ?? "",
      /^no pod can be made for too-large-\S+: forbidden: maximum memory usage per Container is 2Gi, but limit is 4Gi$/,
    );
  });
});
