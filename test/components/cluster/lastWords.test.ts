import assert from "node:assert/strict";
import { lastWords, withoutSecrets } from "../../../components/cluster/lastWords";

describe("the last words of a program", () => {
  it("are the last error of structured logs", () => {
    const log = [
      '{"level":"info","message":"loading model"}',
      '{"level":"error","message":"golden request 3: expected 1, got 0"}',
      '{"level":"info","message":"bye"}',
    ].join("\n");
    assert.deepEqual(lastWords(log), ["golden request 3: expected 1, got 0"]);
  });

  it("are the end of a trace", () => {
    const log = "Traceback (most recent call last):\n  a\n  b\n  c\nValueError: no model\n";
    assert.deepEqual(lastWords(log), ["  a", "  b", "  c", "ValueError: no model"]);
  });

  it("are the messages of structured logs without an error", () => {
    assert.deepEqual(lastWords('{"level":"info","msg":"one"}\n{"broken'), ["one", '{"broken']);
  });

  it("are nothing of nothing, and the end of very much", () => {
    assert.deepEqual(lastWords(undefined), []);
    assert.deepEqual(lastWords("\n"), []);
    const [line = ""] = lastWords("x".repeat(5000));
    assert.equal(line.length, 801);
  });

  const secrets: [text: string, told: string][] = [
    ["GET https://user:pass@example.com/m", "GET https://***@example.com/m"],
    ["https://s3/m.ubj?X-Amz-Signature=abc&x=y failed", "https://s3/m.ubj?*** failed"],
    ["Authorization: Bearer abcdef123456", "Authorization: Bearer ***"],
    ["DB_PASSWORD=hunter2 set", "DB_PASSWORD=*** set"],
    ['{"api_key": "abc"}', '{"api_key": ***}'],
    ["secretName is missing", "secretName is missing"],
    ['secret "wine-s3" not found', 'secret "wine-s3" not found'],
  ];
  for (const [text, told] of secrets) {
    it(`keep to themselves what is secret in ${text}`, () => {
      assert.equal(withoutSecrets(text), told);
    });
  }
});
