import assert from "node:assert/strict";
import { historyProblem, previousUpdate, type Update } from "../../promotion/history";

const digestOf = (letter: string) => `sha256:${letter.repeat(64)}`;

/** `number` tells updates apart. */
function update(number: number, model: object | undefined, more: Partial<Update> = {}): Update {
  const models = model && { wine: model };
  return {
    kind: "update",
    result: "succeeded",
    startTime: "2026-06-01T11:00:00.000Z",
    endTime: `2026-06-01T11:0${number}:00.000Z`,
    config: {
      "model-deployment:models": {
        value: JSON.stringify(models),
        objectValue: models,
        secret: false,
      },
    },
    ...more,
  };
}

const one = { tag: "1.0.0", sha256: "1", image: { digest: digestOf("1") } };
const two = { tag: "2.0.0", sha256: "2", image: { digest: digestOf("2") } };
const three = { tag: "3.0.0", sha256: "3", image: { digest: digestOf("3") } };

describe("the history of the source", () => {
  const cases: [what: string, history: Update[], problem: RegExp | undefined][] = [
    ["an update that succeeded", [update(2, two)], undefined],
    ["no update", [], /^staging was never updated/],
    [
      "an update that failed",
      [update(3, two, { result: "failed" }), update(2, two)],
      /^the last update of staging failed, at 2026-06-01T11:03/,
    ],
    [
      "an update that goes on",
      [update(3, two, { result: "in-progress" })],
      /^staging is being updated since/,
    ],
    [
      "a refresh that failed",
      [update(3, two, { kind: "refresh", result: "failed" }), update(2, two)],
      /^the last refresh of staging failed/,
    ],
    [
      "a refresh after an update that failed",
      [update(4, two, { kind: "refresh" }), update(3, two, { result: "failed" }), update(2, two)],
      /^the last update of staging failed, at 2026-06-01T11:03/,
    ],
    [
      "a refresh after an update that succeeded",
      [update(4, two, { kind: "refresh" }), update(3, two)],
      undefined,
    ],
    ["nothing but refreshes", [update(4, two, { kind: "refresh" })], /^staging was never updated/],
    ["its end", [update(3, undefined, { kind: "destroy" })], /^staging was destroyed/],
  ];
  for (const [what, history, problem] of cases) {
    it(`is ${problem === undefined ? "" : "no "}proof with ${what}`, () => {
      const found = historyProblem("staging", history);
      if (problem === undefined) {
        assert.equal(found, undefined);
      } else {
        assert.match(found ?? "", problem);
      }
    });
  }
});

describe("the model before", () => {
  const previous = (history: Update[], configured: object, version?: string) => {
    const before = { project: "model-deployment", name: "wine", configured, version };
    const minute = previousUpdate(history, before)?.update.endTime?.slice(14, 16);
    return minute === undefined ? undefined : Number(minute);
  };

  it("is that of the last update with another one", () => {
    const history = [update(4, two), update(3, two), update(2, one), update(1, one)];
    assert.equal(previous(history, two), 2);
  });

  it("is the one that is still served, after an update that failed", () => {
    assert.equal(previous([update(3, three, { result: "failed" }), update(2, two)], three), 2);
  });

  it("is the one that is still served, if the configuration was edited only", () => {
    assert.equal(previous([update(2, two), update(1, one)], three), 2);
  });

  it("is never one whose update failed, nor what a preview or a destroy recorded", () => {
    const history = [
      update(5, two),
      update(4, three, { result: "failed" }),
      update(3, three, { kind: "preview" }),
      update(2, three, { kind: "destroy" }),
      update(1, one),
    ];
    assert.equal(previous(history, two), 1);
  });

  it("is not told by settings that say nothing of the model", () => {
    const history = [update(2, { ...two, replicas: 3 }), update(1, { ...two, replicas: 2 })];
    assert.equal(previous(history, two), undefined);
  });

  it("is another one if only the program of the same model is another", () => {
    const older = { ...two, image: { digest: digestOf("9") } };
    assert.equal(previous([update(2, two), update(1, older)], two), 1);
  });

  it("is the one of the version that is asked for", () => {
    const history = [update(4, three), update(3, two), update(2, one), update(1, one)];
    assert.equal(previous(history, three), 3);
    assert.equal(previous(history, three, "1.0.0"), 2);
    assert.equal(previous(history, three, "0.9.0"), undefined);
  });

  it("is not guessed where the configuration is hidden", () => {
    const hidden = { secret: true };
    const history = [update(1, one, { config: { "model-deployment:models": hidden } })];
    assert.equal(previous(history, two), undefined);
  });
});
