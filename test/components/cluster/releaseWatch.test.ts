import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { ApiError, ConnectionError } from "../../../components/cluster/client";
import type { Event, Pod, ReplicaSet } from "../../../components/cluster/objects";
import { ReleaseWatch } from "../../../components/cluster/releaseWatch";

const { pods } = JSON.parse(
  fs.readFileSync(path.join(__dirname, "recorded", "cluster.json"), "utf8"),
) as { pods: Record<string, Pod> };

interface Answers {
  sets: ReplicaSet[];
  pods: Pod[];
  events?: Event[];
}

/** The ReplicaSet that a recorded pod is of, as the given revision of one Deployment. */
function setOf(pod: Pod | undefined, revision: number): ReplicaSet {
  const owner = pod?.metadata?.ownerReferences?.[0];
  return {
    metadata: {
      name: owner?.name,
      uid: owner?.uid,
      annotations: { "deployment.kubernetes.io/revision": String(revision) },
      ownerReferences: [{ kind: "Deployment", uid: "wine", controller: true }],
    },
  };
}

/** What a watch tells while the cluster answers these, one after the other and then the last. */
async function told(...answers: (Answers | Error)[]): Promise<Record<string, string[]>> {
  const said: Record<string, string[]> = { problem: [], info: [], debug: [] };
  const say = (kind: string) => (message: string) => void said[kind]?.push(message);
  let looks = 0;
  let done = () => {};
  const enough = new Promise<void>((resolve) => {
    done = resolve;
  });
  const ask = async (url: string): Promise<never> => {
    const isSets = url.includes("/replicasets");
    // A look asks for the ReplicaSets first.
    if (isSets) {
      looks += 1;
    }
    const answer = answers[Math.min(looks, answers.length) - 1];
    if (looks > answers.length + 2) {
      done();
    }
    if (answer instanceof Error) {
      // One that is refused does not ask again.
      if (answer instanceof ApiError) {
        setTimeout(done, 50);
      }
      throw answer;
    }
    if (url.includes("/events")) {
      return { items: answer?.events } as never;
    }
    return { items: isSets ? answer?.sets : answer?.pods } as never;
  };
  const release = { name: "wine", namespace: "models", timeout: 300, atomic: true };
  const reporter = { problem: say("problem"), info: say("info"), debug: say("debug") };
  const watch = new ReleaseWatch(release, { request: ask }, reporter, 1);
  watch.start();
  await enough;
  watch.stop();
  return said;
}

describe("the watch of a release", () => {
  const { crashing = {}, healthy = {} } = pods;
  const old = { sets: [setOf(healthy, 1)], pods: [healthy] };
  const rolling = { sets: [setOf(healthy, 1), setOf(crashing, 2)], pods: [healthy, crashing] };

  it("tells a problem once, however often it is seen", async () => {
    const { problem = [], info, debug } = await told(old, rolling, rolling);
    assert.equal(problem.length, 1);
    assert.match(problem[0] ?? "", /^container server of pod crashing-\S+ ended with exit code 1/);
    assert.deepEqual([info, debug], [[], []]);
  });

  it("tells nothing of pods that were so before", async () => {
    const before = { sets: [setOf(crashing, 1)], pods: [crashing] };
    const after = { sets: [setOf(crashing, 1), setOf(healthy, 2)], pods: [crashing, healthy] };
    assert.deepEqual((await told(before, after)).problem, []);
  });

  it("says once what it may not see, and ends", async () => {
    const { problem, info = [] } = await told(new ApiError(403, "pods is forbidden"));
    assert.deepEqual(problem, []);
    assert.equal(info.length, 1);
    assert.match(info[0] ?? "", /may not list pods or replicasets .* in the namespace models$/);
  });

  it("goes on when the cluster did not answer for a while", async () => {
    const { problem = [], debug = [] } = await told(
      old,
      new ConnectionError("ECONNREFUSED"),
      rolling,
    );
    assert.equal(problem.length, 1);
    assert.ok(debug.length > 0);
  });

  describe("of a pod that is asked golden requests", () => {
    const { now } = Date;
    beforeEach(() => {
      // Twenty seconds after it began: later than what may pass by itself, and long before Helm gives up.
      let calls = 0;
      Date.now = () => now() + (calls++ === 0 ? 0 : 20_000);
    });
    afterEach(() => {
      Date.now = now;
    });

    const asking = structuredClone(pods["never-ready"] ?? {});
    const [server] = asking.spec?.containers ?? [];
    Object.assign(server ?? {}, { startupProbe: { exec: { command: ["golden"] } } });
    const during = (message: string): Answers => ({
      sets: [setOf(healthy, 1), setOf(asking, 2)],
      pods: [healthy, asking],
      events: [{ type: "Warning", reason: "Unhealthy", message }],
    });

    it("tells what it answers wrongly, which does not get right by itself", async () => {
      const wrong = "Startup probe failed: golden request 0: the prediction is 1, expected 0";
      const { problem = [] } = await told(old, during(wrong), during(wrong));
      assert.equal(problem.length, 1);
      assert.match(problem[0] ?? "", /^pod never-ready-\S+ is not ready: .* golden request 0: /);
    });

    it("does not yet tell that it loads its model", async () => {
      const loading = "Startup probe failed: nothing listens on port 5000 of 127.0.0.1";
      assert.deepEqual((await told(old, during(loading), during(loading))).problem, []);
    });
  });
});
