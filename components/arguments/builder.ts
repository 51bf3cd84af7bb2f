import type * as pulumi from "@pulumi/pulumi";

/** Which official provider builds and pushes an image. */
export type Builder = "docker" | "docker-build";

/** An account that may push to the registry. */
export interface RegistryCredentials {
  username: pulumi.Input<string>;
  /** Kept as a secret, whether or not it is passed as one. */
  password: pulumi.Input<string>;
}
