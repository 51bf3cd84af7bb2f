import assert from "node:assert/strict";
import { textOf } from "../../../components/preflight/finding";
import {
  findingOfNewRelease,
  findingOfRelease,
  type Revision,
  revisionOf,
} from "../../../components/preflight/releases";

const now = new Date("2026-01-01T12:00:00Z");
const wine = { namespace: "models", name: "wine" };

const removal = [
  "helm uninstall --namespace models wine",
  "pulumi refresh --yes --clear-pending-creates",
];

function revisions(...statuses: string[]): Revision[] {
  return statuses.map((status, index) =>
    revisionOf({
      creationTimestamp: "2026-01-01T11:00:00Z",
      labels: {
        name: "wine",
        owner: "helm",
        status,
        version: String(index + 1),
        modifiedAt: String(Date.parse("2026-01-01T11:56:00Z") / 1000),
      },
    }),
  );
}

describe("a release that Helm holds", () => {
  it("is fine when deployed, failed, uninstalled or not there at all", () => {
    for (const statuses of [[], ["deployed"], ["superseded", "failed"], ["uninstalled"]]) {
      assert.equal(findingOfRelease(wine, revisions(...statuses), now), undefined);
    }
  });

  it("goes back to the last deployed revision when an update was interrupted", () => {
    const finding = findingOfRelease(
      wine,
      // The order of the cluster's answer, by name.
      revisions("superseded", "deployed", "failed", "pending-upgrade").reverse(),
      now,
    );
    assert.match(
      finding?.message ?? "",
      /^the release wine .* is pending-upgrade since 4 minutes,/,
    );
    assert.deepEqual(finding?.commands, ["helm rollback --namespace models wine 2"]);
  });

  it("counts the tenth revision after the ninth", () => {
    const nine = Array.from({ length: 8 }, () => "superseded");
    const all = revisions(...nine, "superseded", "deployed", "pending-rollback");
    assert.match(findingOfRelease(wine, all, now)?.commands?.[0] ?? "", / wine 10$/);
  });

  it("goes back to a superseded revision if none is deployed", () => {
    const finding = findingOfRelease(wine, revisions("superseded", "pending-rollback"), now);
    assert.equal(finding?.commands?.[0], "helm rollback --namespace models wine 1");
  });

  it("is removed when its first installation was interrupted, or its removal", () => {
    for (const statuses of [["pending-install"], ["failed", "pending-upgrade"], ["uninstalling"]]) {
      const finding = findingOfRelease(wine, revisions(...statuses), now);
      assert.deepEqual(finding?.commands, removal, statuses[0]);
    }
  });

  it("puts commands on lines of their own", () => {
    const finding = findingOfRelease(wine, revisions("pending-install"), now);
    assert.ok(finding);
    const text = textOf([finding], "prod");
    assert.match(text, /^ {6}helm uninstall --namespace models wine$/m);
    assert.match(text, /^ {6}pulumi refresh --yes --clear-pending-creates --stack prod$/m);
  });
});

describe("a release to be made", () => {
  it("must not be there already", () => {
    assert.equal(findingOfNewRelease(wine, [], now), undefined);
    assert.equal(findingOfNewRelease(wine, revisions("uninstalled"), now), undefined);
    const finding = findingOfNewRelease(wine, revisions("superseded", "deployed"), now);
    assert.match(finding?.message ?? "", /has a release wine \(deployed since 4 minutes\)/);
    assert.deepEqual(finding?.commands, removal);
  });
});
