import * as pulumi from "@pulumi/pulumi";
import { PLACEHOLDER_DIGEST } from "../shared/digest";
import { isMapping, type Values } from "../shared/mappings";
import { packageFolder, relativeToProgram } from "../shared/packageFolder";
import { defaults } from "./arguments/defaults";
import type { IngressArgs } from "./arguments/ingress";
import type { ModelDeploymentArgs } from "./arguments/modelDeployment";
import { fetcherImage, serverImage } from "./image/modelImages";
import { digestOf } from "./image/reference";
import { goldenConfigMap, modelConfigMap } from "./model/configMap";
import { isOwnServer } from "./model/ownServer";
import { type ModelPlan, planOrRefuse } from "./model/plan";
import { knownChart } from "./release/chart";
import { HelmRelease } from "./release/helmRelease";
import { ingressUrl, ingressValues } from "./release/ingress";
import { ownServerValues } from "./release/ownServerValues";
import { sourceValues } from "./release/sourceValues";
import { releaseValues } from "./release/values";
import { releaseHooks } from "./releaseHooks";
import { skipTracesOfPromises } from "./untracedPromises";

/** What is known of a deployed model. */
export interface DeployedModel {
  name: string;
  version: string;
  /** Hex sha256 of the model's file or folder; undefined if only the image is known. */
  sha256?: string;
}

/** Arguments, and if it is there already what was decided about the model by them. */
export interface PlannedModelArgs extends ModelDeploymentArgs {
  /** As `readStackConfig` gives it, of these arguments. Default: it is decided here. */
  plan?: ModelPlan;
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
  constructor(name: string, args: PlannedModelArgs, opts?: pulumi.ComponentResourceOptions) {
    skipTracesOfPromises();
    super("model-deployment:index:ModelDeployment", name, {}, opts);

    const plan = args.plan ?? planOrRefuse(name, args);
    const { source, version, sha256 } = plan;
    const model: DeployedModel = { name, version, sha256 };
    for (const note of plan.notes ?? []) {
      void pulumi.log.warn(note, this);
    }
    const chart = knownChart(args.chart ?? packageFolder("chart"));
    const namespace = args.namespace ?? defaults.namespace;

    const image = serverImage(plan, args, this);
    this.image = image.reference;
    const fetcher = fetcherImage(plan, args, this);
    const configMap =
      source.kind === "configMap"
        ? modelConfigMap(name, source.file, namespace, { parent: this })
        : undefined;
    const golden =
      plan.golden === undefined
        ? undefined
        : goldenConfigMap(name, plan.golden, namespace, { parent: this });
    const further = isOwnServer(args)
      ? ownServerValues(args.values ?? {}, golden?.values)
      : (args.values ?? {});
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
            allowPickle: args.allowPickle,
            ...sourceValues(source, {
              configMap: configMap?.values,
              fetcher: fetcher && {
                repository: fetcher.repository,
                tag: fetcher.tag,
                digest: fetcherDigest,
                pullPolicy: args.image.pullPolicy,
              },
            }),
          },
          replicaCount: args.replicas ?? defaults.replicas,
          resources: args.resources,
        },
        further,
        chart,
      );
    const chartPath = relativeToProgram(chart.path);
    const rendering = () => ({
      name,
      namespace,
      chart: chartPath,
      fingerprint: chart.fingerprint,
      values: valuesFor(PLACEHOLDER_DIGEST, PLACEHOLDER_DIGEST),
    });
    const release = new HelmRelease(
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
        dependsOn: [configMap, golden].flatMap((one) => (one ? [one.resource] : [])),
        hooks: releaseHooks(name, this, rendering),
      },
    );

    this.releaseName = release.name;
    this.namespace = release.namespace;
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
