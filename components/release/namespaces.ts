import { Namespace } from "@pulumi/kubernetes/core/v1/namespace";
import type * as pulumi from "@pulumi/pulumi";

/**
 * Creates the namespaces a stack owns. They are resources of the stack and not left to Helm, which
 * would create them too late for what a release needs beforehand and never remove them.
 */
export function createNamespaces(
  names: readonly string[],
  opts?: pulumi.CustomResourceOptions,
): Namespace[] {
  return names.map((name) => new Namespace(name, { metadata: { name } }, opts));
}
