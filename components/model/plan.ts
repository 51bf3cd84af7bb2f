/** What is decided about a model before anything is built or changed: once, for all who need to know. */
import * as pulumi from "@pulumi/pulumi";
import { UserError } from "../../shared/userError";
import type { Builder } from "../arguments/builder";
import { defaults } from "../arguments/defaults";
import type { ModelDeploymentArgs } from "../arguments/modelDeployment";
import { keyOf, type Problem } from "../problems/problem";
import type { ModelFile } from "./file";
import { type PlannedSource, planSource } from "./source";

/** Which model is served, from where, and by which images. */
export interface ModelPlan {
  name: string;
  version: string;
  /** Hex sha256 of the model file; undefined if only the image is known. */
  sha256?: string;
  source: PlannedSource;
  /** The image of the server, with or without the model in it. */
  server: PlannedImage;
  /** The image of the program that downloads; undefined if none does. */
  fetcher?: PlannedImage;
}

/** An image that pods run. */
export type PlannedImage = ExistingImage | ImageToBuild;

/** One that something else has built. */
export interface ExistingImage {
  kind: "existing";
  repository: pulumi.Input<string>;
  /** For people to read. */
  tag?: pulumi.Input<string>;
  digest: pulumi.Input<string>;
}

/** One that is built and pushed here, the other settings of the image deciding how. */
export interface ImageToBuild {
  kind: "build";
  program: "server" | "fetcher";
  repository: pulumi.Input<string>;
  builder: Builder;
  platform: string;
  /** The model in it, which makes it this model's own. Without one any number of models may share it. */
  model?: { version: string; file: ModelFile };
}

/** What decides about a model. */
export type ModelSettings = Pick<
  ModelDeploymentArgs,
  "version" | "source" | "sha256" | "golden" | "allowPickle" | "image"
>;

/**
 * Decides about a model; reads its file if that is on this machine.
 *
 * @returns the plan, unless it is not clear where the model comes from or its file cannot be read; and
 * all problems that keep it from being carried out, by setting
 */
export function planModel(
  name: string,
  settings: ModelSettings,
): { plan?: ModelPlan; problems: Problem[] } {
  const { source, problems } = planSource(settings);
  if (source === undefined) {
    return { problems };
  }
  const { version } = settings;
  const sha256 = "file" in source ? source.file.sha256 : settings.sha256;
  const server = serverOf(source, settings);
  const plan = { name, version, sha256, source, server, fetcher: fetcherOf(source, settings) };
  return { plan, problems };
}

/** The same, for whom a problem is the end of it. */
export function planOrRefuse(name: string, settings: ModelSettings): ModelPlan {
  const { plan, problems } = planModel(name, settings);
  if (plan === undefined || problems.length > 0) {
    throw new UserError(
      problems.map(({ path, message }) => `${keyOf(path)}: ${message}`).join("\n"),
    );
  }
  return plan;
}

function serverOf(source: PlannedSource, { version, image }: ModelSettings): PlannedImage {
  const { repository, digest, tag = version } = image;
  if (digest !== undefined) {
    return { kind: "existing", repository, tag, digest };
  }
  const model = source.kind === "image" ? { version, file: source.file } : undefined;
  return { ...builtFrom(image), program: "server", repository, model };
}

function fetcherOf(source: PlannedSource, { image }: ModelSettings): PlannedImage | undefined {
  if (source.kind !== "uri") {
    return undefined;
  }
  const existing = source.uri.image;
  if (existing !== undefined) {
    return { kind: "existing", ...existing };
  }
  // With a digest nothing is built.
  return image.digest === undefined
    ? { ...builtFrom(image), program: "fetcher", repository: fetcherRepository(image.repository) }
    : undefined;
}

function builtFrom({ builder, platform }: ModelSettings["image"]) {
  return {
    kind: "build",
    builder: builder ?? defaults.image.builder,
    platform: platform ?? defaults.image.platform,
  } as const;
}

/** Where the program that downloads is pushed: beside the server that goes with it. */
export function fetcherRepository(server: pulumi.Input<string>): pulumi.Input<string> {
  return typeof server === "string" ? `${server}-fetcher` : pulumi.interpolate`${server}-fetcher`;
}
