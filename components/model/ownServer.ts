/** A server that is not this package's: built from a Dockerfile of somebody's own, or in an image that exists. */
import * as fs from "node:fs";
import * as path from "node:path";
import { isMapping } from "../../shared/mappings";
import type { ModelDeploymentArgs } from "../arguments/modelDeployment";
import { nearest } from "../problems/didYouMean";
import { listOf } from "../problems/listOf";
import type { Problem } from "../problems/problem";
import { findGolden, ModelFileError } from "./file";

/** What an image of somebody's own is built from. */
export interface OwnBuild {
  /** Folder, relative to the program. */
  context: string;
  /** Path of the Dockerfile in that folder. */
  dockerfile: string;
  /** Stage of it. Default: the last. */
  target?: string;
}

export type OwnServerSettings = Pick<
  ModelDeploymentArgs,
  "image" | "values" | "golden" | "source" | "sha256"
>;

/** Whether the image holds another server than this package's. */
export function isOwnServer({ image, values }: Pick<OwnServerSettings, "image" | "values">) {
  const server = values?.server;
  return image.context !== undefined || (isMapping(server) && server.kind === "own");
}

/** What is built, if anything is, and all that speaks against it. */
export function planOwnBuild({ image, values }: OwnServerSettings): {
  build?: OwnBuild;
  problems: Problem[];
} {
  const { context, dockerfile, target, digest } = image;
  const problems: Problem[] = [];
  const refuse = (key: string, message: string) => problems.push({ path: ["image", key], message });
  if (isMapping(values?.server) && (values.server.kind ?? "own") !== "own") {
    refuse(
      "context",
      `builds a server of your own, but values.server.kind is ${String(values.server.kind)}; remove one of the two`,
    );
  }
  if (image.requirements !== undefined) {
    refuse(
      "requirements",
      "is for the image of this package's server; have your Dockerfile install the packages, and remove it",
    );
  }
  // With a digest nothing is built.
  if (digest !== undefined || context === undefined) {
    return { problems };
  }
  const stat = fs.statSync(context, { throwIfNoEntry: false });
  if (!stat?.isDirectory()) {
    const found = stat === undefined ? `no folder at ${context}` : `${context} is no folder`;
    refuse(
      "context",
      `${found}; accepted: the folder that holds your Dockerfile and what it copies`,
    );
    return { problems };
  }
  const file = dockerfile ?? path.join(context, "Dockerfile");
  const inContext = path.relative(context, file).split(path.sep).join("/");
  if (inContext.startsWith("../") || path.isAbsolute(inContext)) {
    refuse(
      "dockerfile",
      `found ${file}, which is not in ${context}; a build sees only what is in image.context: move it there, or name a folder that holds both`,
    );
  } else if (!fs.statSync(file, { throwIfNoEntry: false })?.isFile()) {
    refuse(dockerfile === undefined ? "context" : "dockerfile", noDockerfile(file, context));
  } else {
    const stage = target === undefined ? undefined : unknownStage(file, target);
    if (stage !== undefined) {
      refuse("target", stage);
    }
  }
  return problems.length > 0
    ? { problems }
    : { build: { context, dockerfile: inContext, target }, problems };
}

function noDockerfile(file: string, context: string): string {
  const known = fs.readdirSync(context).filter((name) => /dockerfile|containerfile/i.test(name));
  const instead =
    known.length > 0
      ? `; ${context} holds ${known.join(", ")}: name it in image.dockerfile`
      : "; write one, or name it in image.dockerfile";
  return `no Dockerfile at ${file}${instead}`;
}

/** Undefined if the Dockerfile has the stage. */
function unknownStage(file: string, target: string): string | undefined {
  const stages = [
    ...fs.readFileSync(file, "utf8").matchAll(/^[ \t]*FROM[ \t][^\n#]*?[ \t]AS[ \t]+(\S+)/gim),
  ].map(([, name = ""]) => name.toLowerCase());
  if (stages.includes(target.toLowerCase()) || /^\d+$/.test(target)) {
    return undefined;
  }
  const meant = nearest(target, stages);
  const known = stages.length > 0 ? `accepted: ${listOf(stages)}` : "none of its stages has a name";
  return `found ${target}, which is no stage of ${file}; ${meant === undefined ? known : `did you mean ${meant}? ${known}`}`;
}

/** Golden requests on this machine, which the release brings along, and what is wrong with that. */
export function planGolden({ image, values, golden, source }: OwnServerSettings): {
  golden?: string;
  problems: Problem[];
} {
  const given = values?.golden;
  const configMap = isMapping(given) ? given.configMap : undefined;
  const isNamed = isMapping(configMap) && configMap.name !== undefined && configMap.name !== "";
  if (isNamed && golden !== undefined) {
    const message = "is set, and values.golden.configMap.name as well; remove one of the two";
    return { problems: [{ path: ["golden"], message }] };
  }
  // Those of a model in a ConfigMap are in that.
  if (isNamed || source?.configMap !== undefined) {
    return { problems: [] };
  }
  try {
    const folder = image.context;
    const found =
      folder === undefined && golden === undefined ? undefined : findGolden(folder ?? "", golden);
    return { golden: found, problems: found === undefined ? [] : tooLarge(found) };
  } catch (error) {
    if (!(error instanceof ModelFileError)) {
      throw error;
    }
    return { problems: [{ path: ["golden"], message: error.message }] };
  }
}

/** What a ConfigMap may hold. */
const MAX_BYTES = 1024 * 1024;

function tooLarge(golden: string): Problem[] {
  const { size } = fs.statSync(golden);
  const message = `${golden} has ${size} bytes; a ConfigMap holds ${MAX_BYTES} (1 MiB): keep fewer rows`;
  return size > MAX_BYTES ? [{ path: ["golden"], message }] : [];
}
