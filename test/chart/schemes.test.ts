/** The schemes of a model's address: what the download can, the chart and the stack config take. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { nodeAt } from "../../components/config/problems";
import { explanations } from "../../components/config/setting";
import { at, chartFolder } from "./helm";
import { python } from "./serving";

const schema: unknown = JSON.parse(readFileSync(join(chartFolder, "values.schema.json"), "utf8"));
const addresses = ["location", "goldenLocation"];
/** Those that people might look for. */
const others = ["ftp", "file", "gcs", "azure", "abfs", "wasbs", "ssh", "models"];

describe("chart: schemes of a model's address", () => {
  let known: string[];
  before(() => {
    const { stdout, stderr } = python("from model_fetcher.sources import MODULES\nprint(*MODULES)");
    assert.equal(stderr, "");
    known = stdout.trim().split(" ");
  });

  for (const name of addresses) {
    it(`are those of the download in ${name}, and no others`, () => {
      const path = `properties.model.properties.uri.properties.${name}.pattern`;
      const pattern = new RegExp(String(at(schema, path)));
      const node = nodeAt(["source", "uri", name]);
      assert.ok(node !== undefined && known.length > 0);
      for (const scheme of [...known, ...others]) {
        const address = `${scheme}://a/b`;
        const isKnown = known.includes(scheme);
        assert.equal(pattern.test(address), isKnown, `the chart and ${address}`);
        assert.equal(node.safeParse(address).success, isKnown, `the stack config and ${address}`);
        assert.equal(
          explanations.get(node)?.accepts.includes(`${scheme}://`),
          isKnown,
          `what is said of ${scheme}`,
        );
      }
    });
  }
});
