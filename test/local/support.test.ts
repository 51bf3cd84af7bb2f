/** Nothing is pinned to what nobody mends any more. */
import * as assert from "node:assert/strict";
import { pastSupport, type Supported, support } from "../../local/tools/support";
import { versions } from "../../local/tools/versions";

describe("what this project is pinned to", () => {
  it("is supported today, or says why it stays", () => {
    assert.deepEqual(pastSupport(support(), new Date()), []);
  });

  it("has a version, a date that is one, and somebody who says so", () => {
    for (const { name, pinned, until, source, kept } of support()) {
      assert.match(pinned, /^(\d+(\.\d+)*|trixie)$/, name);
      assert.ok(source !== "", name);
      for (const date of [until, kept?.review]) {
        if (date !== undefined) {
          assert.equal(new Date(date).toISOString().slice(0, 10), date, name);
        }
      }
    }
  });

  it("is what docs/versions.md says; `npm run versions:generate` writes it", () => {
    const { found, wanted } = versions();
    assert.equal(found, wanted);
  });

  const pin: Supported = {
    name: "A tool",
    use: "this",
    pinned: "1.2.3",
    until: "2027-05-16",
    source: "its page",
  };
  const on = (day: string, pins: Supported[]) => pastSupport(pins, new Date(`${day}T12:00:00Z`));

  it("is told of on the day after its last, with what to do", () => {
    assert.deepEqual(on("2027-05-16", [pin]), []);
    assert.match(
      on("2027-05-17", [pin]).join(),
      /A tool 1\.2\.3 .* since 2027-05-16 .*pin a newer/,
    );
  });

  it("may stay for a reason until that is to be thought over", () => {
    const kept = { because: "another needs it", review: "2027-12-01" };
    assert.deepEqual(on("2027-12-01", [{ ...pin, kept }]), []);
    assert.match(on("2027-12-02", [{ ...pin, kept }]).join(), /thought over on 2027-12-01/);
  });

  it("is not told of where nobody states an end", () => {
    const { until: _, ...endless } = pin;
    assert.deepEqual(on("2099-01-01", [endless]), []);
  });
});
