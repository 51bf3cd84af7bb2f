import * as pulumi from "@pulumi/pulumi";
import { isMapping, type Values } from "../../shared/mappings";
import type { ModelDeploymentArgs } from "../arguments/modelDeployment";
import type { ModelFile } from "../model/file";
import { pinnedReference } from "./reference";
import { ServingImage } from "./servingImage";

/** The image pods run: one that exists, the shared one of the server, or one of the model's own. */
export function serverImage(
  name: string,
  args: ModelDeploymentArgs,
  model: ModelFile | undefined,
  parent: pulumi.Resource,
): Pick<ServingImage, "reference" | "repository" | "tag"> {
  const { digest, tag = args.version, pullPolicy, pullSecrets, ...build } = args.image;
  if (digest !== undefined) {
    const image = pulumi.interpolate`${build.repository}:${tag}`;
    return {
      repository: pulumi.output(build.repository),
      tag: pulumi.output(tag),
      reference: pinnedReference(image, digest),
    };
  }
  if (args.source?.image !== undefined) {
    const buildArgs = { ...build.buildArgs, ...missingMarker(args.values) };
    return new ServingImage(name, { ...build, buildArgs, tag: args.version, model }, { parent });
  }
  return args.server ?? new ServingImage(name, build, { parent });
}

/** The build replays the model's golden requests, so it has to know which number stands for a missing value. */
function missingMarker(values: Values = {}): Record<string, pulumi.Input<string>> {
  const marker = isMapping(values.server) ? values.server.missingMarker : undefined;
  return marker === undefined || marker === "none"
    ? {}
    : { MISSING_MARKER: pulumi.interpolate`${marker}` };
}

/** The image of the program that downloads the model, if one does. */
export function fetcherImage(
  name: string,
  args: ModelDeploymentArgs,
  parent: pulumi.Resource,
): (Pick<ServingImage, "reference" | "repository"> & Partial<ServingImage>) | undefined {
  const uri = args.source?.uri;
  if (uri === undefined) {
    return undefined;
  }
  if (uri.image !== undefined) {
    const { repository, digest } = uri.image;
    return {
      repository: pulumi.output(repository),
      reference: pinnedReference(repository, digest),
    };
  }
  const { digest, tag, pullPolicy, pullSecrets, ...build } = args.image;
  const fetcher = {
    ...build,
    repository: pulumi.interpolate`${build.repository}-fetcher`,
    program: "fetcher" as const,
  };
  return args.fetcher ?? new ServingImage(`${name}-fetcher`, fetcher, { parent });
}
