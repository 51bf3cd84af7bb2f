import type * as pulumi from "@pulumi/pulumi";
import type { Values } from "../../shared/mappings";
import type { BuildSettings } from "./builder";
import type { ChartValues } from "./chartValues";
import type { IngressArgs } from "./ingress";
import type { ModelSource } from "./source";

/** The image of a `ModelDeployment`: built and pushed, or one that exists. */
export interface ModelImageArgs extends BuildSettings {
  /**
   * Folder with a Dockerfile of your own, whose image is built instead of this package's, for a server of any kind.
   * Its `.dockerignore` holds. `values.server` says how it is run.
   */
  context?: string;
  /** Path of the Dockerfile, which is in that folder. Default: `Dockerfile` there. */
  dockerfile?: string;
  /** Stage of the Dockerfile that is built. Default: the last. */
  target?: string;
  /** Deploy the image with this digest (`sha256:…`) and build nothing: for promotion and rollback. */
  digest?: pulumi.Input<string>;
  /** Tag that goes with `digest`, for people to read. Default: the model's version. */
  tag?: pulumi.Input<string>;
  /** When nodes ask the registry. Default: the chart's, `IfNotPresent`. */
  pullPolicy?: NonNullable<ChartValues["image"]>["pullPolicy"];
  /** Names of Secrets with which nodes pull. */
  pullSecrets?: pulumi.Input<string[]>;
}

/** How Helm installs and upgrades; see `helm upgrade`. */
export interface ReleaseOptions {
  /** Roll a failed update back. Default: true. */
  atomic?: boolean;
  /** Seconds an install or update may take until the pods are ready. Default: 300. */
  timeout?: number;
  /** Revisions kept for `helm rollback`. Default: 10. */
  maxHistory?: number;
}

/** An image that something else has built, such as a `ServingImage`. */
export interface BuiltImage {
  /** `repository:tag@sha256:…` */
  reference: pulumi.Output<string>;
  repository: pulumi.Output<string>;
  tag: pulumi.Output<string>;
}

/** Arguments of `ModelDeployment`. */
export interface ModelDeploymentArgs {
  /** Version of the model, with which the tag of its image begins: see `MODEL_VERSION`. */
  version: string;
  /** Where the model comes from. Needed unless `image.digest` names an image that holds it. */
  source?: ModelSource;
  /** Hex sha256 the model file must have. Default: computed, if the file is on this machine. */
  sha256?: string;
  /** Whether a pickle or a `predictor.py`, which run code, may be served. Default: true. */
  allowPickle?: boolean;
  /** Golden requests that travel with the model. Default: `golden.json` beside the model, if there. */
  golden?: string;
  image: ModelImageArgs;
  /**
   * Image of the server alone, to be shared by models that are not baked in. Default: such a model
   * gets one of its own.
   */
  server?: BuiltImage;
  /**
   * Image of the program that downloads, to be shared by models with `source.uri`. Default: such a
   * model gets one of its own, in the image's repository with `-fetcher` after its name.
   */
  fetcher?: BuiltImage;
  /** Namespace, which must exist. Default: `default`. */
  namespace?: pulumi.Input<string>;
  /** Number of pods. Default: 1. */
  replicas?: pulumi.Input<number>;
  /** Requests and limits of the server. Default: the chart's. */
  resources?: pulumi.Input<{
    requests?: Record<string, string | number>;
    limits?: Record<string, string | number>;
  }>;
  /** How clients outside the cluster reach the model. Default: not at all. */
  ingress?: pulumi.Input<IngressArgs>;
  /** Further values of the chart, as in a values file; the ones set above are refused. */
  values?: Values;
  release?: ReleaseOptions;
  /**
   * Folder of the chart, or one in a registry, `oci://registry/repository:version@sha256:…`, which Helm pulls
   * with its own logins. Default: the chart that comes with this package.
   */
  chart?: string;
}
