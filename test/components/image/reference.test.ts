import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { pinnedReference } from "../../../components/image/reference";
import { digest, isKnown, mockPulumi, resolved } from "../mockedPulumi";

const image = "localhost:5001/wine:1.0.0";

const notDigests: [string, string | undefined][] = [
  ["nothing", undefined],
  ["an empty string", ""],
  ["the docker provider's placeholder", "<none>"],
  ["its whole placeholder", "<none>@<none>"],
  ["a digest cut short", digest.slice(0, -1)],
  ["a digest in capitals", digest.toUpperCase()],
  ["another algorithm", `sha512:${"ab".repeat(32)}`],
  ["a reference", `localhost:5001/wine@${digest}`],
  ["a digest with a line break", `${digest}\n`],
];

describe("the reference of a pushed image", () => {
  it("is repository:tag@digest", async () => {
    mockPulumi();
    assert.equal(await resolved(pinnedReference(image, digest)), `${image}@${digest}`);
  });

  it("is known in a preview in which the image stays as it is", async () => {
    mockPulumi({ preview: true });
    assert.equal(await resolved(pinnedReference(image, digest)), `${image}@${digest}`);
  });

  for (const [what, reported] of notDigests) {
    it(`fails an update when the builder reports ${what}`, async () => {
      mockPulumi();
      await assert.rejects(resolved(pinnedReference(image, reported)), (error: Error) => {
        assert.ok(pulumi.RunError.isInstance(error));
        assert.match(error.message, /^The image localhost:5001\/wine:1\.0\.0 was not deployed: /);
        assert.ok(error.message.includes(`reported ${JSON.stringify(reported)} `));
        return true;
      });
    });

    it(`is unknown in a preview when the builder reports ${what}`, async () => {
      mockPulumi({ preview: true });
      assert.equal(await isKnown(pinnedReference(image, reported)), false);
    });
  }
});
