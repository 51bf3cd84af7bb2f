import * as assert from "node:assert/strict";
import { GROUPS, groupsOf, type PlatformSuite, testFiles } from "./platformGroups";

for (const suite of Object.keys(GROUPS) as PlatformSuite[]) {
  describe(`the groups of ${suite}`, () => {
    const ofTable = GROUPS[suite].flatMap(({ files }) => files);

    it("name files that are there, each once", () => {
      const there = testFiles(suite);
      assert.deepEqual(
        ofTable.filter((file) => !there.includes(file)),
        [],
      );
      assert.equal(new Set(ofTable).size, ofTable.length);
    });

    it("leave out none, and let none meet others that is in no group", () => {
      const groups = groupsOf(suite);
      const files = groups.flatMap((group) => group.files);
      assert.deepEqual([...files].sort(), testFiles(suite).sort());
      for (const { files, alone } of groups) {
        assert.ok(alone !== undefined || files.every((file) => ofTable.includes(file)));
      }
    });
  });
}
