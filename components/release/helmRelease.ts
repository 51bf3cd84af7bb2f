import type { ReleaseArgs } from "@pulumi/kubernetes/helm/v3/release";
import { getVersion } from "@pulumi/kubernetes/utilities";
import * as pulumi from "@pulumi/pulumi";

/** What this package says of a release. */
export type HelmReleaseArgs = Pick<
  ReleaseArgs,
  | "name"
  | "namespace"
  | "chart"
  | "version"
  | "values"
  | "description"
  | "atomic"
  | "cleanupOnFail"
  | "timeout"
  | "maxHistory"
>;

/**
 * The `helm.v3.Release` of the provider, with those properties alone that are used here. The class of the SDK makes
 * an output of each of 37, with four promises: of a stack with 1,000 models that is half of the program's memory.
 */
export class HelmRelease extends pulumi.CustomResource {
  declare readonly name: pulumi.Output<string>;
  declare readonly namespace: pulumi.Output<string>;

  constructor(name: string, args: HelmReleaseArgs, opts: pulumi.CustomResourceOptions) {
    // `compat` is what the SDK's own class says.
    const inputs = { ...args, compat: "true" };
    super("kubernetes:helm.sh/v3:Release", name, inputs, { version: getVersion(), ...opts });
  }
}
