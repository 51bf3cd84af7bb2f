import { UserError } from "../../shared/userError";
import type { ModelSource, SourceKind } from "../arguments/source";
import { type ModelFile, ModelFileError, readModelFile } from "./file";

/** What decides about a model's file. */
export interface ModelToServe {
  source?: ModelSource;
  sha256?: string;
  golden?: string;
  allowPickle?: boolean;
  image?: { digest?: unknown };
}

/** A model that must not or cannot be served as it was asked for; names the setting at fault. */
export class ModelSourceError extends UserError {
  constructor(
    public readonly setting: readonly string[],
    public readonly reason: string,
  ) {
    super(`${setting.join(".")}: ${reason}`);
  }
}

/** What a ConfigMap may hold. Kubernetes counts the values, before base64. */
export const CONFIG_MAP_LIMIT = 1024 * 1024;

/**
 * Reads the model file of a source that has one on this machine, and refuses what could not be
 * served: before anything is built or changed, and not first in a pod.
 */
export function readLocalModel(kind: SourceKind, model: ModelToServe): ModelFile | undefined {
  const local = kind === "image" || kind === "configMap" ? model.source?.[kind] : undefined;
  if (local === undefined) {
    checkRemoteModel(model);
    return undefined;
  }
  const file = readFile(kind, local.path, model.golden);
  if (model.sha256 !== undefined && model.sha256 !== file.sha256) {
    throw new ModelSourceError(
      ["sha256"],
      `found ${model.sha256}, but ${file.path} has ${file.sha256}`,
    );
  }
  if (model.allowPickle === false && file.isPickle) {
    throw new ModelSourceError(
      ["source", kind, "path"],
      `${file.path} is a pickle, which may run code when it is loaded, and allowPickle is false; ` +
        "save the model as .ubj or .json with XGBoost's save_model",
    );
  }
  if (kind === "configMap" && file.size + file.goldenSize > CONFIG_MAP_LIMIT) {
    throw new ModelSourceError(
      ["source", kind, "path"],
      `${file.path} has ${file.size} bytes${file.goldenPath === undefined ? "" : `, its golden requests ${file.goldenSize}`}; ` +
        `a ConfigMap holds ${CONFIG_MAP_LIMIT} (1 MiB). Bake the model into the image instead ` +
        "(source.image.path) or mount it from a volume (source.persistentVolumeClaim)",
    );
  }
  return file;
}

function readFile(kind: SourceKind, path: string, golden: string | undefined): ModelFile {
  try {
    return readModelFile(path, golden);
  } catch (error) {
    if (!(error instanceof ModelFileError)) {
      throw error;
    }
    const setting = error.file === "model" ? ["source", kind, "path"] : ["golden"];
    throw new ModelSourceError(setting, error.message);
  }
}

function checkRemoteModel(model: ModelToServe): void {
  if (model.sha256 === undefined) {
    throw new ModelSourceError(
      ["sha256"],
      "missing; needed because the model file is not on this machine; accepted: 64 hex digits",
    );
  }
  if (model.golden !== undefined) {
    throw new ModelSourceError(
      ["golden"],
      "only for a model file on this machine; " +
        (model.source?.uri === undefined
          ? "put golden.json beside the model in the volume"
          : "use source.uri.goldenLocation"),
    );
  }
  checkUri(model);
}

function checkUri({ source, image }: ModelToServe): void {
  if (source?.uri === undefined) {
    return;
  }
  if (image?.digest !== undefined && source.uri.image === undefined) {
    throw new ModelSourceError(
      ["source", "uri", "image"],
      "missing; needed because with image.digest nothing is built, the program that downloads neither; " +
        "accepted: a mapping with repository and digest",
    );
  }
  if (source.uri.goldenSha256 !== undefined && source.uri.goldenLocation === undefined) {
    throw new ModelSourceError(
      ["source", "uri", "goldenSha256"],
      "is the sum of nothing without source.uri.goldenLocation; say where the golden requests are",
    );
  }
}
