import * as assert from "node:assert/strict";
import { Slots } from "./slots";

/** Work that goes on until it is told to end. */
class Work {
  readonly begun: string[] = [];
  private readonly ends = new Map<string, (error?: Error) => void>();

  readonly of = (name: string) => () =>
    new Promise<string>((resolve, reject) => {
      this.begun.push(name);
      this.ends.set(name, (error) => (error === undefined ? resolve(name) : reject(error)));
    });

  async end(name: string, error?: Error): Promise<void> {
    this.ends.get(name)?.(error);
    await new Promise(setImmediate);
  }
}

describe("slots", () => {
  it("let no more work at a time than there are, each as soon as it can, in the order of asking", async () => {
    const slots = new Slots(2);
    const work = new Work();
    const all = ["a", "b", "c", "d"].map((name) => slots.hold(work.of(name)));
    assert.deepEqual(work.begun, ["a", "b"]);
    await work.end("b");
    assert.deepEqual(work.begun, ["a", "b", "c"]);
    await work.end("c");
    await work.end("d");
    await work.end("a");
    assert.deepEqual(await Promise.all(all), ["a", "b", "c", "d"]);
    const last = slots.hold(work.of("e"));
    const other = slots.hold(work.of("f"));
    assert.deepEqual(work.begun.slice(4), ["e", "f"]);
    await work.end("e");
    await work.end("f");
    await Promise.all([last, other]);
  });

  it("are given back by work that fails", async () => {
    const slots = new Slots(1);
    const work = new Work();
    const failing = assert.rejects(slots.hold(work.of("a")), /no good/);
    const next = slots.hold(work.of("b"));
    await work.end("a", new Error("no good"));
    await failing;
    await work.end("b");
    assert.equal(await next, "b");
  });
});
