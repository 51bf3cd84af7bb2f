import * as pulumi from "@pulumi/pulumi";
import { isDigest } from "../../shared/digest";
import { UserError } from "../../shared/userError";

/**
 * `repository:tag@sha256:…` of the image a builder pushed.
 *
 * Builders have reported `<none>@<none>`, empty strings and ids of local images as success. During
 * an update such a value fails here, before anything could deploy it; during a preview it only
 * means that nothing was built yet, so the reference is unknown.
 */
export function pinnedReference(
  name: pulumi.Input<string>,
  reported: pulumi.Input<string | undefined>,
): pulumi.Output<string> {
  return pulumi.all([name, reported]).apply(([image, digest]) => {
    if (isDigest(digest)) {
      return `${image}@${digest}`;
    }
    if (pulumi.runtime.isDryRun()) {
      return pulumi.unknown as unknown as string;
    }
    throw new UserError(
      `The image ${image} was not deployed: the builder reported ${JSON.stringify(digest)} ` +
        "where the digest of a pushed image (sha256: and 64 hex digits) belongs. " +
        "Look for a failed build or push above, then run the update again.",
    );
  });
}

/** The `sha256:…` of a reference made by {@link pinnedReference}. */
export function digestOf(reference: pulumi.Output<string>): pulumi.Output<string> {
  return reference.apply((value) => value.slice(value.lastIndexOf("@") + 1));
}
