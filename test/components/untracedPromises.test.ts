import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { skipTracesOfPromises } from "../../components/untracedPromises";
import { mockPulumi, resolved } from "./mockedPulumi";

class Parent extends pulumi.ComponentResource {
  constructor() {
    super("test:index:Parent", "parent", {});
    this.registerOutputs({});
  }
}

describe("stack traces of the SDK's promises", () => {
  const before = Error.prepareStackTrace;
  const noted = process.env.PULUMI_DEBUG_PROMISE_LEAKS;
  afterEach(() => {
    Error.prepareStackTrace = before;
    if (noted === undefined) {
      delete process.env.PULUMI_DEBUG_PROMISE_LEAKS;
    } else {
      process.env.PULUMI_DEBUG_PROMISE_LEAKS = noted;
    }
  });

  /** Works out traces, and counts by the function that wanted one. */
  function countTraces(): Map<string, number> {
    const counts = new Map<string, number>();
    Error.prepareStackTrace = (error, frames) => {
      const name = frames[0]?.getFunctionName() ?? "";
      counts.set(name, (counts.get(name) ?? 0) + 1);
      return `${error.message}, from ${name}`;
    };
    return counts;
  }

  async function register(): Promise<void> {
    mockPulumi();
    await resolved(new Parent().urn);
  }

  it("are worked out by the SDK, which is what they cost", async () => {
    const counts = countTraces();
    await register();
    assert.ok((counts.get("debuggablePromise") ?? 0) > 5, String(counts.get("debuggablePromise")));
  });

  it("are left out, and those of errors are not", async () => {
    const counts = countTraces();
    skipTracesOfPromises();
    skipTracesOfPromises();
    await register();
    assert.equal(counts.get("debuggablePromise"), undefined);
    function failing(): Error {
      return new Error("why");
    }
    assert.equal(failing().stack, "why, from failing");
  });

  it("are there for whoever looks for promises that never end", async () => {
    const counts = countTraces();
    process.env.PULUMI_DEBUG_PROMISE_LEAKS = "true";
    skipTracesOfPromises();
    await register();
    assert.ok((counts.get("debuggablePromise") ?? 0) > 5);
  });

  it("are Node.js's own in a program that is compiled", () => {
    Reflect.deleteProperty(Error, "prepareStackTrace");
    skipTracesOfPromises();
    assert.equal(Error.prepareStackTrace, undefined);
  });
});
