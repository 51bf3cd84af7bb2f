import * as pulumi from "@pulumi/pulumi";
import { isMapping, type Values } from "../../shared/mappings";
import type { BuiltImage, ModelDeploymentArgs } from "../arguments/modelDeployment";
import type { ExistingImage, ModelPlan } from "../model/plan";
import { pinnedReference } from "./reference";
import { ServingImage } from "./servingImage";
import { servingImageArgs } from "./servingImageArgs";

/** An image that pods run; of one that exists nobody need know a tag. */
type RunImage = Omit<BuiltImage, "tag"> & Partial<Pick<BuiltImage, "tag">>;

/** The image pods run: one that exists, the shared one of the server, or one of the model's own. */
export function serverImage(
  { name, server }: ModelPlan,
  args: ModelDeploymentArgs,
  parent: pulumi.Resource,
): RunImage {
  if (server.kind === "existing") {
    return existingImage(server);
  }
  const build = servingImageArgs(server, args.image);
  if (server.kind === "buildOwn") {
    return new ServingImage(name, build, { parent });
  }
  if (server.model === undefined) {
    return args.server ?? new ServingImage(name, build, { parent });
  }
  const buildArgs = { ...build.buildArgs, ...missingMarker(args.values) };
  return new ServingImage(name, { ...build, buildArgs }, { parent });
}

/** The image of the program that downloads the model, if one does. */
export function fetcherImage(
  { name, fetcher }: ModelPlan,
  args: ModelDeploymentArgs,
  parent: pulumi.Resource,
): RunImage | undefined {
  if (fetcher === undefined || fetcher.kind === "existing") {
    return fetcher && existingImage(fetcher);
  }
  const build = servingImageArgs(fetcher, args.image);
  return args.fetcher ?? new ServingImage(`${name}-fetcher`, build, { parent });
}

function existingImage({ repository, tag, digest }: ExistingImage): RunImage {
  const image = tag === undefined ? repository : pulumi.interpolate`${repository}:${tag}`;
  return {
    repository: pulumi.output(repository),
    tag: tag === undefined ? undefined : pulumi.output(tag),
    reference: pinnedReference(image, digest),
  };
}

/** The build replays the model's golden requests, so it has to know which number stands for a missing value. */
function missingMarker(values: Values = {}): Record<string, pulumi.Input<string>> {
  const marker = isMapping(values.server) ? values.server.missingMarker : undefined;
  return marker === undefined || marker === "none"
    ? {}
    : { MISSING_MARKER: pulumi.interpolate`${marker}` };
}
