import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { redactSecrets } from "../../shared/redactSecrets";

// The fetcher's tests go by the same examples.
const file = path.join(__dirname, "redaction.json");
const examples = JSON.parse(fs.readFileSync(file, "utf8")) as [text: string, told: string][];

describe("text of others", () => {
  for (const [text, told] of examples) {
    it(`is told without secrets: ${JSON.stringify(text)}`, () => {
      assert.equal(redactSecrets(text), told);
      assert.equal(redactSecrets(told), told);
    });
  }

  it("is told without the secrets that are known, however they look", () => {
    const known = ["plain words", undefined, "a/b&c", "one"];
    assert.equal(
      redactSecrets("said plain words, a%2Fb%26c and one more", known),
      "said ***, *** and one more",
    );
  });

  it("is looked through in a time that does not grow faster than the text", () => {
    for (const part of [
      "a",
      "=",
      ":",
      "@",
      "a:",
      ",a:",
      "://",
      "a://",
      '"',
      "\\",
      "token ",
      "-----BEGIN PRIVATE KEY",
    ]) {
      const timeOf = (length: number) => {
        const text = part.repeat(length / part.length);
        const times = [1, 2, 3].map(() => {
          const began = process.cpuUsage();
          redactSecrets(text);
          const { user, system } = process.cpuUsage(began);
          return user + system;
        });
        return Math.min(...times);
      };
      const [small, large] = [timeOf(50_000), timeOf(400_000)];
      // Eight times the text: 64 times the time if it were quadratic.
      assert.ok(large < 30 * small + 200_000, `${part}: ${small} µs and ${large} µs`);
    }
  });
});
