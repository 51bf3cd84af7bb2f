import { Release } from "@pulumi/kubernetes/helm/v3/release";
import * as pulumi from "@pulumi/pulumi";
import type { Builder, RegistryCredentials } from "./image/builders";
import { readChart } from "./release/chart";
import { defaults } from "./arguments/defaults";
import { digestOf } from "./image/reference";
import { type IngressArgs, ingressUrl, ingressValues } from "./release/ingress";
import { isMapping, type Values } from "../shared/mappings";
import { modelConfigMap } from "./model/configMap";
import { fetcherImage, serverImage } from "./image/modelImages";
import {
  isInExistingImage,
  kindsOf,
  type ModelSource,
  readLocalModel,
  type SourceKind,
} from "./model/source";
import { packageFolder, relativeToProgram } from "../shared/packageFolder";
import { previewChart } from "./release/previewChart";
import { releaseHooks } from "./releaseHooks";
import { releaseValues } from "./release/values";
import type { ServingImage } from "./image/servingImage";
import { UserError } from "../shared/userError";

/** The image of a {@link ModelDeployment}: built and pushed, or one that exists. */
export interface ModelImageArgs {
  /** Where the image lies, without tag: `ghcr.io/acme/breast-cancer`. */
  repository: pulumi.Input<string>;
  /** Deploy the image with this digest (`sha256:…`) and build nothing: for promotion and rollback. */
  digest?: pulumi.Input<string>;
  /** Tag that goes with `digest`, for people to read. Default: the model's version. */
  tag?: pulumi.Input<string>;
  /** `docker` (needs a Docker daemon; default) or `docker-build` (BuildKit). */
  builder?: Builder;
  /** Platform to build for. Default: `linux/amd64`. */
  platform?: string;
  /** Base image: Debian 13 with Python 3.13. Default: the public Python slim image. */
  baseImage?: pulumi.Input<string>;
  /** Further build arguments, such as `REQUIREMENTS`: see `serving/Dockerfile`. */
  buildArgs?: Record<string, pulumi.Input<string>>;
  /** Account that may push. Default: what `docker login` left on this machine. */
  credentials?: RegistryCredentials;
  /** Build during `pulumi preview` too. Default: false. */
  buildOnPreview?: boolean;
  /** Seconds that build and push may take. Default: 1800. The `docker` provider sets no limit. */
  timeout?: number;
  /** When nodes ask the registry. Default: the chart's, `IfNotPresent`. */
  pullPolicy?: "Always" | "IfNotPresent" | "Never";
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

/** Arguments of {@link ModelDeployment}. */
export interface ModelDeploymentArgs {
  /** Version of the model, at the same time the tag of its image. */
  version: string;
  /** Where the model comes from. Needed unless `image.digest` names an image that holds it. */
  source?: ModelSource;
  /** Hex sha256 the model file must have. Default: computed, if the file is on this machine. */
  sha256?: string;
  /** Whether a pickle, which may run code when loaded, may be served. Default: true. */
  allowPickle?: boolean;
  /** Golden requests that travel with the model. Default: `golden.json` beside the model, if there. */
  golden?: string;
  image: ModelImageArgs;
  /**
   * Image of the server alone, to be shared by models that are not baked in. Default: such a model
   * gets one of its own.
   */
  server?: ServingImage;
  /**
   * Image of the program that downloads, to be shared by models with `source.uri`. Default: such a
   * model gets one of its own, in the image's repository with `-fetcher` after its name.
   */
  fetcher?: ServingImage;
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
  /** Folder of the chart. Default: the chart that comes with this package. */
  chart?: string;
}

/** What is known of a deployed model. */
export interface DeployedModel {
  name: string;
  version: string;
  /** Hex sha256 of the model file; undefined if only the image is known. */
  sha256?: string;
}

/** A model in production: its image, and the chart that serves it as a Helm release. */
export class ModelDeployment extends pulumi.ComponentResource {
  /** Name of the Helm release: the model's name. */
  public readonly releaseName: pulumi.Output<string>;
  public readonly namespace: pulumi.Output<string>;
  /** The image that runs, `repository:tag@sha256:…`. */
  public readonly image: pulumi.Output<string>;
  public readonly model: pulumi.Output<DeployedModel>;
  /** URL inside the cluster. */
  public readonly url: pulumi.Output<string>;
  /** URL outside the cluster; undefined without an ingress. */
  public readonly ingressUrl: pulumi.Output<string | undefined>;

  /** @param name name of the model, of its release and of its Service */
  constructor(name: string, args: ModelDeploymentArgs, opts?: pulumi.ComponentResourceOptions) {
    super("model-deployment:index:ModelDeployment", name, {}, opts);

    const kind = sourceKindOf(args);
    const file = isInExistingImage(kind, args) ? undefined : readLocalModel(kind, args);
    const model: DeployedModel = {
      name,
      version: args.version,
      sha256: file?.sha256 ?? args.sha256,
    };
    const chart = readChart(args.chart ?? packageFolder("chart"));
    const namespace = args.namespace ?? defaults.namespace;

    const image = serverImage(name, args, file, this);
    this.image = image.reference;
    const fetcher = fetcherImage(name, args, this);
    const configMap =
      kind === "configMap" && file !== undefined
        ? modelConfigMap({ ...file, name }, namespace, { parent: this })
        : undefined;
    const ingress = args.ingress && pulumi.output(args.ingress);
    const valuesFor = (digest: pulumi.Input<string>, fetcherDigest?: pulumi.Input<string>) =>
      releaseValues(
        {
          fullnameOverride: name,
          image: {
            repository: image.repository,
            tag: image.tag,
            digest,
            pullPolicy: args.image.pullPolicy,
          },
          imagePullSecrets:
            args.image.pullSecrets &&
            pulumi.output(args.image.pullSecrets).apply((names) => names.map((name) => ({ name }))),
          ingress: ingress?.apply(ingressValues),
          model: {
            ...model,
            // The chart's own default need not be said.
            source: kind === "image" ? undefined : kind,
            allowPickle: args.allowPickle,
            configMap: configMap?.values,
            persistentVolumeClaim: args.source?.persistentVolumeClaim,
            uri: args.source?.uri && {
              ...args.source.uri,
              image: fetcher && {
                repository: fetcher.repository,
                tag: fetcher.tag,
                digest: fetcherDigest,
                pullPolicy: args.image.pullPolicy,
              },
            },
          },
          replicaCount: args.replicas ?? defaults.replicas,
          resources: args.resources,
        },
        args.values ?? {},
        chart.fingerprint,
      );
    const chartPath = relativeToProgram(chart.path);
    const values = valuesFor(anyDigest, anyDigest);
    const { fingerprint } = chart;
    previewChart({ name, namespace, chart: chartPath, fingerprint, values }, this);
    const release = new Release(
      name,
      {
        name,
        namespace,
        chart: chartPath,
        // Of a local chart the provider takes the version from Chart.yaml anyway; said here, it
        // does not vanish from previews in which some value is not known yet.
        version: chart.version,
        values: valuesFor(digestOf(image.reference), fetcher && digestOf(fetcher.reference)),
        // The line `helm history` shows for this revision, and the summary of a preview's diff.
        description: describe(model, chart),
        atomic: args.release?.atomic ?? defaults.release.atomic,
        cleanupOnFail: true,
        timeout: args.release?.timeout ?? defaults.release.timeout,
        maxHistory: args.release?.maxHistory ?? defaults.release.maxHistory,
      },
      {
        parent: this,
        dependsOn: configMap && [configMap.resource],
        hooks: releaseHooks(this),
      },
    );

    this.releaseName = release.name as pulumi.Output<string>;
    this.namespace = release.namespace as pulumi.Output<string>;
    this.model = pulumi.output(model);
    this.url = clusterUrl(this.releaseName, this.namespace, args.values);
    this.ingressUrl = args.ingress
      ? pulumi.output(withoutAnnotations(args.ingress)).apply(ingressUrl)
      : pulumi.output(undefined);
    this.registerOutputs({
      releaseName: this.releaseName,
      namespace: this.namespace,
      image: this.image,
      model: this.model,
      url: this.url,
      ingressUrl: this.ingressUrl,
    });
  }
}

// In a preview the digest of an image that has yet to be built is unknown, and no template asks for
// more than its form.
const anyDigest = `sha256:${"0".repeat(64)}`;

function sourceKindOf(args: ModelDeploymentArgs): SourceKind {
  const [kind, ...more] = kindsOf(args.source);
  if (more.length > 0) {
    throw new UserError(`a model has one source, found were ${kind}, ${more.join(", ")}`);
  }
  if (kind === undefined && args.image.digest === undefined) {
    throw new UserError("a model needs a source, or an image.digest that holds it");
  }
  return kind ?? "image";
}

function describe(
  model: DeployedModel,
  chart: { name: string; version: string; fingerprint: string },
) {
  const digest = model.sha256 === undefined ? "" : ` (sha256 ${model.sha256.slice(0, 12)})`;
  return `${model.name} ${model.version}${digest}, chart ${chart.name} ${chart.version} (${chart.fingerprint})`;
}

/** Annotations may be secret, and the URL would become so with them. */
function withoutAnnotations(ingress: pulumi.Input<IngressArgs>): pulumi.Input<IngressArgs> {
  return isMapping(ingress) ? { ...ingress, annotations: undefined } : ingress;
}

function clusterUrl(
  service: pulumi.Input<string>,
  namespace: pulumi.Input<string>,
  values: Values | undefined,
): pulumi.Output<string> {
  const further = values?.service as { port?: pulumi.Input<number> } | undefined;
  return pulumi
    .all([service, namespace, further?.port ?? defaults.service.port])
    .apply(([host, space, port]) => `http://${host}.${space}.svc${port === 80 ? "" : `:${port}`}`);
}
