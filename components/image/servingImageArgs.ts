import type { ModelImageArgs } from "../arguments/modelDeployment";
import type { ImageToBuild } from "../model/plan";
import type { ServingImageArgs } from "./servingImage";

/** What an image is built with: what was planned, and the settings that say how. */
export function servingImageArgs(
  { program, repository, model, requirements: planned }: ImageToBuild,
  image: ModelImageArgs,
): ServingImageArgs {
  const { digest, tag, pullPolicy, pullSecrets, requirements, ...how } = image;
  return {
    ...how,
    repository,
    ...(program === "fetcher" && { program }),
    ...(model && { tag: model.version, model: model.file }),
    ...(planned !== undefined && { requirements: planned }),
  };
}
