import type { ModelImageArgs } from "../arguments/modelDeployment";
import type { ImageToBuild, OwnImageToBuild } from "../model/plan";
import type { ServingImageArgs } from "./servingImage";

/** What an image is built with: what was planned, and the settings that say how. */
export function servingImageArgs(
  planned: ImageToBuild | OwnImageToBuild,
  image: ModelImageArgs,
): ServingImageArgs {
  const { digest, tag, pullPolicy, pullSecrets, requirements, ...build } = image;
  const { context, dockerfile, target, ...how } = build;
  if (planned.kind === "buildOwn") {
    return { ...how, repository: planned.repository, tag: planned.version, own: planned.build };
  }
  const { program, repository, model, requirements: packages } = planned;
  // Beside a server of somebody's own the arguments are for its Dockerfile.
  const { buildArgs, ...others } = how;
  return {
    ...(context === undefined ? how : others),
    repository,
    ...(program === "fetcher" && { program }),
    ...(model && { tag: model.version, model: model.file }),
    ...(packages !== undefined && { requirements: packages }),
  };
}
