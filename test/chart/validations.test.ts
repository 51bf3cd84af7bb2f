import assert from "node:assert/strict";
import { refusal, render, type Values } from "./helm";

interface Case {
  it: string;
  values: Values;
  says: RegExp;
  /** The remedy that the message names, applied: the chart must take these values. */
  remedied: Values;
}

const cases: Case[] = [
  {
    it: "a grace period that ends before the drain does",
    values: { shutdown: { delaySeconds: 10, drainSeconds: 30 } },
    says: /shutdown\.gracePeriodSeconds is 30, .* take 40: .*raise gracePeriodSeconds to at least 40/,
    remedied: { shutdown: { delaySeconds: 10, drainSeconds: 30, gracePeriodSeconds: 40 } },
  },
  {
    it: "a start that may take longer than the rollout",
    values: { probes: { startup: { periodSeconds: 10, failureThreshold: 60 } } },
    says: /probes\.startup allows 600 s .* after 300 s: raise progressDeadlineSeconds/,
    remedied: {
      probes: { startup: { periodSeconds: 10, failureThreshold: 60 } },
      progressDeadlineSeconds: 700,
    },
  },
  {
    it: "a rollout that can replace no pod",
    values: { strategy: { rollingUpdate: { maxSurge: 0 } } },
    says: /strategy\.rollingUpdate\.maxUnavailable and maxSurge are both 0.*raise one/,
    remedied: { strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } } },
  },
  {
    it: "Recreate together with settings of a rolling update",
    values: { strategy: { type: "Recreate" } },
    says: /strategy\.rollingUpdate has no meaning .* set strategy\.rollingUpdate=null/,
    remedied: { strategy: { type: "Recreate", rollingUpdate: null } },
  },
  {
    it: "pods that must stay ready longer than the rollout may stand still",
    values: { minReadySeconds: 300 },
    says: /progressDeadlineSeconds is 300 and must be greater than minReadySeconds \(300\): raise it/,
    remedied: { minReadySeconds: 300, progressDeadlineSeconds: 600 },
  },
];

describe("chart: combinations that cannot work", () => {
  for (const { it: what, values, says, remedied } of cases) {
    it(`refuses ${what}, and takes the remedy`, () => {
      assert.match(refusal(values), says);
      render(remedied);
    });
  }

  it("are all told at once", () => {
    const message = refusal({ shutdown: { delaySeconds: 60 }, ingress: { enabled: true } });
    assert.match(message, /shutdown\.gracePeriodSeconds/);
    assert.match(message, /ingress\.hosts/);
  });
});
