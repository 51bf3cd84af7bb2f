/** What is decided about a model before anything is built or changed: once, for all who need to know. */
import * as pulumi from "@pulumi/pulumi";
import { UserError } from "../../shared/userError";
import type { Builder } from "../arguments/builder";
import { defaults } from "../arguments/defaults";
import type { ModelDeploymentArgs } from "../arguments/modelDeployment";
import { keyOf, type Problem } from "../problems/problem";
import { ModelFileError } from "./file";
import type { LocalModel } from "./localModel";
import { pythonNotes, unreadRequirements } from "./mlflow";
import { isOwnServer, type OwnBuild, planGolden, planOwnBuild } from "./ownServer";
import { findLock, NO_REQUIREMENTS, requirementsBeside } from "./requirements";
import { type PlannedSource, planSource } from "./source";

/** Which model is served, from where, and by which images. */
export interface ModelPlan {
  name: string;
  version: string;
  /** Hex sha256 of the model's file or folder; undefined if only the image is known. */
  sha256?: string;
  source: PlannedSource;
  /** The image of the server, with or without the model in it. */
  server: PlannedImage;
  /** The image of the program that downloads; undefined if none does. */
  fetcher?: PlannedImage;
  /** Path of golden requests for a server that is not this package's, which the release brings along. */
  golden?: string;
  /** What may be of importance, though nothing speaks against it. */
  notes?: string[];
}

/** An image that pods run. */
export type PlannedImage = ExistingImage | ImageToBuild | OwnImageToBuild;

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
  model?: { version: string; file: LocalModel };
  /** Requirements of packages that are installed in it, beside the server's own. */
  requirements?: string;
}

/** One that is built from a Dockerfile of somebody's own. */
export interface OwnImageToBuild {
  kind: "buildOwn";
  version: string;
  repository: pulumi.Input<string>;
  builder: Builder;
  platform: string;
  build: OwnBuild;
}

/** What decides about a model. */
export type ModelSettings = Pick<
  ModelDeploymentArgs,
  "version" | "source" | "sha256" | "golden" | "allowPickle" | "image" | "values"
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
  if (isOwnServer(settings)) {
    return planOwnServer(name, settings);
  }
  const { source, problems: ofSource } = planSource(settings);
  const problems = [...ofSource, ...withoutContext(settings)];
  if (source === undefined) {
    return { problems };
  }
  const { version } = settings;
  const sha256 = "file" in source ? source.file.sha256 : settings.sha256;
  const server = serverOf(source, settings);
  const plan: ModelPlan = {
    name,
    version,
    sha256,
    source,
    server,
    fetcher: fetcherOf(source, settings),
  };
  const notes = "file" in source ? pythonNotes(source.file) : [];
  if (notes.length > 0) {
    plan.notes = notes;
  }
  const packages = server.kind === "build" ? requirementsOf(source, settings) : { problems: [] };
  if (packages.requirements !== undefined) {
    plan.server = { ...server, requirements: packages.requirements } as ImageToBuild;
  }
  return { plan, problems: [...problems, ...packages.problems] };
}

/** The same of a server that is not this package's. */
function planOwnServer(
  name: string,
  settings: ModelSettings,
): { plan?: ModelPlan; problems: Problem[] } {
  const { version, image } = settings;
  const { source, problems: ofSource } = planSource({ ...settings, ownServer: true });
  const { build, problems: ofBuild } = planOwnBuild(settings);
  const { golden, problems: ofGolden } = planGolden(settings);
  const problems = [...ofSource, ...ofBuild, ...ofGolden];
  const { repository, digest, tag = version } = image;
  if (digest === undefined && image.context === undefined) {
    const message =
      "missing; needed because values.server.kind is own: accepted: the digest of an image that exists, or image.context to build one";
    problems.push({ path: ["image", "digest"], message });
  }
  let server: PlannedImage | undefined;
  if (digest !== undefined) {
    server = { kind: "existing", repository, tag, digest };
  } else if (build !== undefined) {
    server = { ...builtFrom(image), kind: "buildOwn", version, repository, build };
  }
  if (source === undefined || server === undefined) {
    return { problems };
  }
  const sha256 = "file" in source ? source.file.sha256 : settings.sha256;
  const fetcher = fetcherOf(source, settings);
  return { plan: { name, version, sha256, source, server, fetcher, golden }, problems };
}

/** What says how an image of one's own is built, of which nobody is told. */
function withoutContext({ image }: ModelSettings): Problem[] {
  return (["dockerfile", "target"] as const)
    .filter((key) => image[key] !== undefined)
    .map((key) => ({
      path: ["image", key],
      message: `only goes with image.context, the folder of a server of your own; set that, or remove it`,
    }));
}

/** The requirements of an image that is built: those that are named, else those beside the model. */
function requirementsOf(
  source: PlannedSource,
  { image }: ModelSettings,
): { requirements?: string; problems: Problem[] } {
  if (image.requirements === NO_REQUIREMENTS) {
    return { problems: [] };
  }
  const file = "file" in source ? source.file : undefined;
  const requirements = image.requirements ?? (file && requirementsBeside(file));
  const path =
    image.requirements === undefined ? ["source", source.kind, "path"] : ["image", "requirements"];
  if (requirements === undefined) {
    const message = file && unreadRequirements(file);
    return { problems: message === undefined ? [] : [{ path, message }] };
  }
  const { platform } = builtFrom(image);
  const baseImage = typeof image.baseImage === "string" ? image.baseImage : undefined;
  try {
    const lock = findLock(requirements, { platform, baseImage });
    return { requirements: lock && requirements, problems: [] };
  } catch (error) {
    if (!(error instanceof ModelFileError)) {
      throw error;
    }
    return { problems: [{ path, message: error.message }] };
  }
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
