import * as assert from "node:assert/strict";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { completeRow, findGolden, isExpected } from "../../shared/golden";
import { temporaryFolder } from "../temporaryFolder";

describe("golden requests", () => {
  const golden = {
    features: [
      [1, null],
      [2, 3],
    ],
    predictions: [0.5, 1],
    tolerance: 0.1,
  };

  it("are asked without missing values, which a server may refuse", () => {
    assert.equal(completeRow(golden), 1);
    assert.equal(completeRow({ features: [[null]], predictions: [1] }), undefined);
  });

  it("expect a number, within the tolerance", () => {
    assert.ok(isExpected(golden, 0, 0.55));
    assert.ok(!isExpected(golden, 0, 0.7));
    for (const other of ["0.5", null, undefined, Number.NaN, [0.5]]) {
      assert.ok(!isExpected(golden, 0, other), String(other));
    }
  });

  it("have a tolerance if they name none", () => {
    const strict = { features: [[1]], predictions: [1] };
    assert.ok(isExpected(strict, 0, 1.0000005));
    assert.ok(!isExpected(strict, 0, 1.00001));
  });

  it("expect a label, or a number for each target", () => {
    const others = { features: [[1], [2]], predictions: ["setosa", [1, 2]] };
    assert.ok(isExpected(others, 0, "setosa"));
    assert.ok(!isExpected(others, 0, "virginica"));
    assert.ok(isExpected(others, 1, [1, 2]));
    assert.ok(!isExpected(others, 1, [1, 3]));
    assert.ok(!isExpected(others, 1, [1]));
  });

  it("are found beside the model with that sha256", () => {
    const models = temporaryFolder("golden");
    for (const [name, content] of Object.entries({ one: "1", other: "2" })) {
      fs.mkdirSync(path.join(models, name));
      fs.writeFileSync(path.join(models, name, "model.ubj"), content);
      fs.writeFileSync(
        path.join(models, name, "golden.json"),
        JSON.stringify({ ...golden, tolerance: Number(content) }),
      );
    }
    const sha256 = createHash("sha256").update("2").digest("hex");
    assert.equal(findGolden(sha256, models)?.tolerance, 2);
    assert.equal(findGolden("0".repeat(64), models), undefined);
  });
});
