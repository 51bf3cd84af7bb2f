import assert from "node:assert/strict";
import { lastWords } from "../../../components/cluster/terminationMessage";

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

  it("are told without secrets, of a log too", () => {
    const log = '{"level":"error","message":"GET https://me:p@ss@host/m: token=abc refused"}';
    assert.deepEqual(lastWords(log), ["GET https://***@host/m: token=*** refused"]);
  });
});
