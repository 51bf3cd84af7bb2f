import type * as dockerImage from "@pulumi/docker/image";
import type * as dockerBuild from "@pulumi/docker-build";
import type * as dockerBuildImage from "@pulumi/docker-build/image";
import * as pulumi from "@pulumi/pulumi";
import { UserError } from "../../shared/userError";
import type { Builder, RegistryCredentials } from "../arguments/builder";
import { PIP_SECRET, pipConfig } from "./pipConfig";

export interface BuildArgs {
  /** `repository:tag` */
  name: pulumi.Input<string>;
  /** Folder that the build sees, relative to the program. */
  context: string;
  /** Path of the Dockerfile, which is in that folder. */
  dockerfile: string;
  /** Its stage. Default: the last. */
  target?: string;
  buildArgs: Record<string, pulumi.Input<string>>;
  platform: string;
  /** Whether the build asks a package index in the name of whoever runs it. */
  installsPackages: boolean;
  buildOnPreview: boolean;
  credentials?: RegistryCredentials;
}

/** Builds and pushes; the digest is whatever the provider reports and has yet to be checked. */
type Build = (
  name: string,
  args: BuildArgs,
  opts: pulumi.CustomResourceOptions,
) => pulumi.Output<string | undefined>;

// Each SDK is loaded only where its builder is chosen: loading takes longer than using it.
export const builders: Record<Builder, Build> = {
  docker(name, args, opts) {
    const { Image } = load("docker", () => require("@pulumi/docker/image") as typeof dockerImage);
    const image = new Image(
      name,
      {
        imageName: args.name,
        build: {
          context: args.context,
          dockerfile: args.dockerfile,
          target: args.target,
          args: args.buildArgs,
          platform: args.platform,
        },
        registry: args.credentials && {
          server: pulumi.output(args.name).apply(registryOf),
          username: args.credentials.username,
          password: pulumi.secret(args.credentials.password),
        },
        buildOnPreview: args.buildOnPreview,
      },
      opts,
    );
    // `repository@sha256:…` after a push. A bare `sha256:…` is the id of a local image: no digest.
    return image.repoDigest.apply((reported) => reported?.split("@")[1]);
  },

  "docker-build"(name, args, opts) {
    const { Image } = load(
      "docker-build",
      () => require("@pulumi/docker-build/image") as typeof dockerBuildImage,
    );
    const image = new Image(
      name,
      {
        tags: [args.name],
        context: { location: args.context },
        dockerfile: { location: args.dockerfile },
        target: args.target,
        buildArgs: args.buildArgs,
        platforms: [args.platform as dockerBuild.Platform],
        push: true,
        registries: args.credentials && [
          {
            address: pulumi.output(args.name).apply(registryOf),
            username: args.credentials.username,
            password: pulumi.secret(args.credentials.password),
          },
        ],
        buildOnPreview: args.buildOnPreview,
        ...(args.installsPackages && {
          secrets: { [PIP_SECRET]: pulumi.secret(pipConfig(process.env)) },
          // Tokens may live for hours only, and a package with the same hash is the same.
          ignoreSecretsInDiffCalculation: [PIP_SECRET],
        }),
      },
      // What the provider gives back of what may be secret need not be so by itself.
      pulumi.mergeOptions(opts, {
        additionalSecretOutputs: [
          ...(Object.values(args.buildArgs).some(pulumi.Output.isInstance) ? ["buildArgs"] : []),
          ...(args.credentials ? ["registries"] : []),
          ...(args.installsPackages ? ["secrets"] : []),
        ],
      }),
    );
    return image.digest;
  },
};

/** The SDK of a builder, which a program has only if it builds with it. */
function load<Sdk>(builder: Builder, require: () => Sdk): Sdk {
  try {
    return require();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "MODULE_NOT_FOUND" && message.includes(`'@pulumi/${builder}/image'`)) {
      const others = Object.keys(builders).filter((name) => name !== builder);
      throw new UserError(
        `the builder ${builder} takes the package @pulumi/${builder}, which this program has not`,
        `npm install @pulumi/${builder}, or choose the builder ${others.join(" or ")}`,
      );
    }
    throw error;
  }
}

/** The host a reference names: `localhost:5001` of `localhost:5001/team/model:1.0.0`. */
export function registryOf(image: string): string {
  const first = image.split("/")[0] ?? "";
  const isHost = image.includes("/") && (/[.:]/.test(first) || first === "localhost");
  return isHost ? first : "docker.io";
}
