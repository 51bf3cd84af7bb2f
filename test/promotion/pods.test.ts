import assert from "node:assert/strict";
import { type Deployment, type Expected, type Pod, podProblems } from "../../promotion/pods";

const digest = `sha256:${"a".repeat(64)}`;
const other = `sha256:${"b".repeat(64)}`;
const now = Date.parse("2026-06-01T12:00:00Z");
const minute = 60_000;

function ago(minutes: number): string {
  return new Date(now - minutes * minute).toISOString();
}

function deployment(change: (deployment: Deployment) => void = () => undefined): Deployment {
  const healthy: Deployment = {
    metadata: { name: "wine", generation: 3 },
    spec: {
      replicas: 2,
      template: { spec: { containers: [{ name: "server", image: `r/wine:2@${digest}` }] } },
      selector: { matchLabels: {} },
    },
    status: { observedGeneration: 3, replicas: 2, updatedReplicas: 2, readyReplicas: 2 },
  };
  change(healthy);
  return healthy;
}

function pod(
  name: string,
  { created = 60, ready = 59, image = digest, restarts = 0 }: Record<string, unknown> = {},
): Pod {
  return {
    metadata: { name, creationTimestamp: ago(Number(created)) },
    spec: { containers: [{ name: "server", image: `r/wine:2@${image}` }] },
    status: {
      conditions: [
        {
          type: "Ready",
          status: ready === undefined ? "False" : "True",
          lastTransitionTime: ago(Number(ready ?? 1)),
        },
      ],
      containerStatuses: [
        {
          name: "server",
          restartCount: Number(restarts),
          lastState: {
            terminated: { reason: "OOMKilled", exitCode: 137, finishedAt: ago(100) },
          },
        },
      ],
    },
  };
}

const expected: Expected = { images: { server: digest }, soak: 10 * minute, now };

describe("the pods of the source", () => {
  const good: [what: string, deployment: Deployment, pods: Pod[], expected?: Partial<Expected>][] =
    [
      ["all ready for a while", deployment(), [pod("a"), pod("b")]],
      ["scaled up a minute ago", deployment(), [pod("a"), pod("b", { created: 1, ready: 0.5 })]],
      ["ready just now, no time asked for", deployment(), [pod("a", { ready: 0 })], { soak: 0 }],
    ];
  for (const [what, having, pods, more] of good) {
    it(`are good if ${what}`, () => {
      assert.deepEqual(podProblems(having, pods, { ...expected, ...more }), []);
    });
  }

  const bad: [what: string, deployment: Deployment, pods: Pod[], problems: (string | RegExp)[]][] =
    [
      [
        "scaled to none",
        deployment(({ spec }) => {
          spec.replicas = 0;
        }),
        [],
        [/replicas is 0/, /ready for 0 s only/],
      ],
      [
        "not all ready",
        deployment(({ status }) => {
          status.readyReplicas = 1;
        }),
        [pod("a"), pod("b", { created: 1, ready: undefined })],
        ["only 1 of 2 pods of wine are ready"],
      ],
      [
        "being rolled out",
        deployment(({ status }) => {
          status.updatedReplicas = 1;
          status.replicas = 3;
        }),
        [pod("a")],
        ["wine is being rolled out: 1 of 2 pods are new, 3 there"],
      ],
      [
        "changed a moment ago",
        deployment(({ metadata }) => {
          metadata.generation = 4;
        }),
        [pod("a")],
        [/is being rolled out/],
      ],
      [
        "of another image",
        deployment(({ spec }) => {
          spec.template.spec.containers = [{ name: "server", image: `r/wine:2@${other}` }];
        }),
        [pod("a", { image: other })],
        [
          `wine: container server runs r/wine:2@${other}, expected @${digest}`,
          `a: container server runs r/wine:2@${other}, expected @${digest}`,
        ],
      ],
      [
        "named by tag only",
        deployment(),
        [{ ...pod("a"), spec: { containers: [{ name: "server", image: "r/wine:2" }] } }],
        [`a: container server runs r/wine:2, expected @${digest}`],
      ],
      [
        "restarted",
        deployment(),
        [pod("a", { restarts: 3 })],
        [
          `a: container server was restarted 3 times, last at ${ago(100)} (OOMKilled, exit code 137)`,
        ],
      ],
      [
        "too young",
        deployment(),
        [pod("a", { created: 5, ready: 4 }), pod("b", { created: 5, ready: 3 })],
        ["the pods are ready for 4 min only, 10 min are asked for (--soak)"],
      ],
      [
        "not ready in between",
        deployment(),
        [pod("a"), pod("b", { ready: 2 })],
        ["b was not ready until 2 min ago"],
      ],
    ];
  for (const [what, having, pods, problems] of bad) {
    it(`are no proof if ${what}`, () => {
      const found = podProblems(having, pods, expected);
      assert.equal(found.length, problems.length, found.join("\n"));
      for (const [index, problem] of problems.entries()) {
        if (typeof problem === "string") {
          assert.equal(found[index], problem);
        } else {
          assert.match(found[index] ?? "", problem);
        }
      }
    });
  }

  it("count without those that end", () => {
    const ending = pod("old", { image: other, restarts: 2 });
    ending.metadata.deletionTimestamp = ago(0);
    assert.deepEqual(podProblems(deployment(), [pod("a"), ending], expected), []);
  });

  it("must have downloaded with the image that is promoted, too", () => {
    const images = { server: digest, "fetch-model": other };
    const having = deployment(({ spec }) => {
      spec.template.spec.initContainers = [{ name: "fetch-model", image: `r/f@${other}` }];
    });
    assert.match(
      podProblems(having, [pod("a")], { ...expected, images }).join(),
      /^a: container fetch-model has no such container/,
    );
  });
});
