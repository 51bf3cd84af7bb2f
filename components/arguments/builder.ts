import type * as pulumi from "@pulumi/pulumi";

/** Which official provider builds and pushes an image. */
export type Builder = "docker" | "docker-build";

/** An account that may push to the registry. */
export interface RegistryCredentials {
  username: pulumi.Input<string>;
  /** Kept as a secret, whether or not it is passed as one. */
  password: pulumi.Input<string>;
}

/** Where an image is pushed, and how it is built. */
export interface BuildSettings {
  /** Where the image lies, without tag: `ghcr.io/acme/breast-cancer`. */
  repository: pulumi.Input<string>;
  /** `docker` (needs a Docker daemon; default) or `docker-build` (BuildKit). */
  builder?: Builder;
  /** Platform to build for. Default: `linux/amd64`. */
  platform?: string;
  /** Base image: Debian 13 with Python 3.13. Default: the public Python slim image. */
  baseImage?: pulumi.Input<string>;
  /** Further build arguments, such as `REQUIREMENTS`: see `serving/Dockerfile`. */
  buildArgs?: Record<string, pulumi.Input<string>>;
  /**
   * Path of a file with packages that the model needs beside the server's own: with hashes, or with a lock beside it.
   * `none`: nothing but the server's own. Default: `requirements.txt` beside the model or in its folder, if there.
   */
  requirements?: string;
  /** Account that may push. Default: what `docker login` left on this machine. */
  credentials?: RegistryCredentials;
  /** Build during `pulumi preview` too. Default: false, a preview has no side effects. */
  buildOnPreview?: boolean;
  /** Seconds that build and push may take. Default: 1800. The `docker` provider sets no limit. */
  timeout?: number;
}
