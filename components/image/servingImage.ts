import * as pulumi from "@pulumi/pulumi";
import type { BuildSettings } from "../arguments/builder";
import { defaults } from "../arguments/defaults";
import type { LocalModel } from "../model/localModel";
import type { OwnBuild } from "../model/ownServer";
import { findLock, NO_REQUIREMENTS } from "../model/requirements";
import { buildContextDigest, stageBuildContext, stageOwnContext } from "./buildContext";
import { builders } from "./builders";
import { pinnedReference } from "./reference";

/** Arguments of {@link ServingImage}. */
export interface ServingImageArgs extends BuildSettings {
  /**
   * What the tag begins with, such as the model's version. A digest of what the image is built from
   * follows, so that no tag ever moves from an image that still runs somewhere to a newer one. Pods
   * never depend on the tag: they get the image's digest.
   */
  tag?: pulumi.Input<string>;
  /** The model to bake in, see `readModel`. Without one the image holds the program only. */
  model?: LocalModel;
  /** `server` (default), or `fetcher`: the program that downloads a model before a server starts. */
  program?: "server" | "fetcher";
  /** A server of somebody's own, built from their Dockerfile instead of this package's. */
  own?: OwnBuild;
}

/** Builds the serving image, pushes it and hands on a reference that is pinned by digest. */
export class ServingImage extends pulumi.ComponentResource {
  /** `repository:tag@sha256:…`; nothing else ever gets here. Unknown in a preview that would build. */
  public readonly reference: pulumi.Output<string>;
  public readonly repository: pulumi.Output<string>;
  public readonly tag: pulumi.Output<string>;

  constructor(name: string, args: ServingImageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("model-deployment:index:ServingImage", name, {}, opts);

    const buildArgs = { ...args.buildArgs };
    if (args.baseImage !== undefined) {
      buildArgs.BASE_IMAGE = args.baseImage;
    }
    if (args.model !== undefined) {
      buildArgs.MODEL_SHA256 = args.model.sha256;
    }
    const platform = args.platform ?? defaults.image.platform;
    const lock = lockOf(args, platform);
    if (lock !== undefined) {
      buildArgs.SERVER = WITH_PACKAGES;
    }
    // By stack, since two stacks of one checkout may be previewed or updated at the same time.
    const folder = `${pulumi.getStack()}/${name}`;
    const context =
      args.own === undefined
        ? stageBuildContext(folder, args.model, undefined, lock)
        : stageOwnContext(folder, args.own);
    this.repository = pulumi.output(args.repository);
    const inputs = this.digestOfInputs(context, args);
    this.tag = args.tag === undefined ? inputs : pulumi.interpolate`${args.tag}-${inputs}`;
    const image = pulumi.interpolate`${this.repository}:${this.tag}`;
    const timeout = `${args.timeout ?? defaults.image.timeout}s`;
    const reported = builders[args.builder ?? defaults.image.builder](
      name,
      {
        name: image,
        context,
        dockerfile: `${context}/${args.own?.dockerfile ?? "Dockerfile"}`,
        target: args.own === undefined ? targetOf(args, lock) : args.own.target,
        buildArgs,
        installsPackages: lock !== undefined,
        platform,
        buildOnPreview: args.buildOnPreview ?? false,
        credentials: args.credentials,
      },
      {
        parent: this,
        // A registry that takes a connection and then says nothing would hold the update for good.
        customTimeouts: { create: timeout, update: timeout },
        // What was pushed may run elsewhere: in a stack it was promoted to, or after a rollback.
        retainOnDelete: true,
      },
    );
    this.reference = pinnedReference(image, reported);
    this.registerOutputs({
      reference: this.reference,
      repository: this.repository,
      tag: this.tag,
    });
  }

  private digestOfInputs(context: string, args: ServingImageArgs): pulumi.Output<string> {
    const digest = pulumi
      .all([
        args.platform,
        args.baseImage,
        args.buildArgs,
        ...(args.own === undefined ? [] : [[args.own.dockerfile, args.own.target]]),
      ])
      .apply((further) => buildContextDigest(context, further));
    // Of a secret build argument it tells nothing that the pushed image does not.
    return pulumi.unsecret(digest);
  }
}

/** The stage of `serving/Dockerfile` that has packages of models. */
const WITH_PACKAGES = "runtime-with-packages";

/** The stage of `serving/Dockerfile` that is pushed. */
function targetOf({ program, model }: ServingImageArgs, lock: string | undefined): string {
  if (program === "fetcher") {
    return "fetcher";
  }
  if (model !== undefined) {
    return "model";
  }
  return lock === undefined ? "runtime" : WITH_PACKAGES;
}

/** The lock of the packages in it, if it has any. */
function lockOf(
  { program, requirements, baseImage }: ServingImageArgs,
  platform: string,
): string | undefined {
  if (program === "fetcher" || requirements === undefined || requirements === NO_REQUIREMENTS) {
    return undefined;
  }
  const base = typeof baseImage === "string" ? baseImage : undefined;
  return findLock(requirements, { platform, baseImage: base });
}
