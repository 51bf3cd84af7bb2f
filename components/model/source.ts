/** Where a model comes from, and what keeps it from being served from there. */
import type { Values } from "../../shared/mappings";
import type { ModelDeploymentArgs } from "../arguments/modelDeployment";
import { oldNamesIn } from "../arguments/oldNames";
import { kindsOf, type ModelSource, type SourceKind, sourceKinds } from "../arguments/source";
import { listOf } from "../problems/listOf";
import type { KeyPath, Problem } from "../problems/problem";
import { ModelFileError, readAnyFile } from "./file";
import { type LocalModel, readModel } from "./localModel";

/** What was decided about a model's source, with the file that was read if it is on this machine. */
export type PlannedSource =
  /** Baked into an image that is built. */
  | { kind: "image"; file: LocalModel }
  /** In an image that exists: whoever built it had the file. */
  | { kind: "existingImage" }
  /** Put into a ConfigMap, which pods mount. */
  | { kind: "configMap"; file: LocalModel }
  /** In a volume, which pods mount. */
  | { kind: "persistentVolumeClaim"; claim: NonNullable<ModelSource["persistentVolumeClaim"]> }
  /** Downloaded by each pod. */
  | { kind: "uri"; uri: NonNullable<ModelSource["uri"]> };

/** What decides about it. */
export interface SourceSettings
  extends Pick<ModelDeploymentArgs, "source" | "sha256" | "golden" | "allowPickle"> {
  image: { digest?: unknown };
  /** Whether the server is not this package's, and takes whatever model it does. */
  ownServer?: boolean;
}

/** What is planned, if that is clear, and all that speaks against it. */
interface Decision {
  source?: PlannedSource;
  problems: Problem[];
}

/** What a ConfigMap may hold. Kubernetes counts the values, before base64. */
export const CONFIG_MAP_LIMIT = 1024 * 1024;

/**
 * Decides where a model comes from, reads its file if that is on this machine, and finds what could
 * not be served: before anything is built or changed, and not first in a pod.
 */
export function planSource(settings: SourceSettings): Decision {
  const [kind, ...more] = kindsOf(settings.source);
  if (more.length > 0) {
    const message = `found ${[kind, ...more].join(" and ")}; accepted: exactly one of them`;
    return { problems: [{ path: ["source"], message }] };
  }
  if (kind !== undefined) {
    return decide(kind, settings);
  }
  // Whatever somebody's own Dockerfile puts into the image.
  if (settings.image.digest !== undefined || settings.ownServer) {
    return { source: { kind: "existingImage" }, problems: [] };
  }
  const message = `missing; accepted: a mapping with ${listOf(sourceKinds)} (or set image.digest)`;
  return { problems: [{ path: ["source"], message }] };
}

function decide<K extends SourceKind>(kind: K, settings: SourceSettings): Decision {
  return decisions[kind](settings.source?.[kind] as NonNullable<ModelSource[K]>, settings);
}

const decisions: {
  [K in SourceKind]: (given: NonNullable<ModelSource[K]>, settings: SourceSettings) => Decision;
} = {
  image({ path }, settings) {
    if (settings.ownServer) {
      const message =
        `found ${path}, but the image is that of a server of your own, into which your Dockerfile copies the model; ` +
        "remove it, or mount the model by source.configMap, source.persistentVolumeClaim or source.uri";
      return { problems: [{ path: ["source", "image"], message }] };
    }
    return settings.image.digest === undefined
      ? ofFile("image", path, settings)
      : { source: { kind: "existingImage" }, problems: [] };
  },

  configMap({ path }, settings) {
    const { source, problems } = ofFile("configMap", path, settings);
    if (source === undefined) {
      return { problems };
    }
    return { source, problems: [...problems, ...tooLarge(source.file), ...tooMany(source.file)] };
  },

  persistentVolumeClaim(claim, settings) {
    const problems = problemsElsewhere(settings, "put golden.json beside the model in the volume");
    return { source: { kind: "persistentVolumeClaim", claim }, problems };
  },

  uri(uri, settings) {
    const problems = problemsElsewhere(settings, "use source.uri.goldenLocation");
    if (settings.image.digest !== undefined && uri.image === undefined) {
      problems.push({
        path: ["source", "uri", "image"],
        message:
          "missing; needed because with image.digest nothing is built, the program that downloads neither; " +
          "accepted: a mapping with repository and digest",
      });
    }
    problems.push(...saidTwice(uri), ...folderToDownload(uri));
    if (uri.goldenSha256 !== undefined && uri.goldenLocation === undefined) {
      problems.push({
        path: ["source", "uri", "goldenSha256"],
        message:
          "is the sum of nothing without source.uri.goldenLocation; say where the golden requests are",
      });
    }
    return { source: { kind: "uri", uri }, problems };
  },
};

function ofFile<K extends "image" | "configMap">(
  kind: K,
  location: string,
  { sha256, golden, allowPickle, ownServer }: SourceSettings,
): { source?: { kind: K; file: LocalModel }; problems: Problem[] } {
  const path: KeyPath = ["source", kind, "path"];
  let file: LocalModel;
  try {
    file = ownServer ? readAnyFile(location, golden) : readModel(location, golden);
  } catch (error) {
    if (!(error instanceof ModelFileError)) {
      throw error;
    }
    const isGolden = error.file === "golden requests";
    return { problems: [{ path: isGolden ? ["golden"] : path, message: error.message }] };
  }
  const problems: Problem[] = [];
  if (sha256 !== undefined && sha256 !== file.sha256) {
    const message = `found ${sha256}, but ${file.path} has ${file.sha256}`;
    problems.push({ path: ["sha256"], message });
  }
  if (allowPickle === false && file.format === "folder" && file.kind === "code") {
    const message =
      `${file.path} holds predictor.py, code which the server runs, and allowPickle is false; ` +
      "allowPickle: true lets the code of a model run, as that of a pickle";
    problems.push({ path, message });
  } else if (allowPickle === false && file.isPickle) {
    const message =
      `${file.path} ${file.format === "folder" ? "holds" : "is"} a pickle, which may run code when it is loaded, and allowPickle is false; ` +
      "save the model as .ubj or .json with XGBoost's save_model";
    problems.push({ path, message });
  }
  return { source: { kind, file }, problems };
}

function tooLarge({ path, size, goldenPath, goldenSize }: LocalModel): Problem[] {
  if (size + goldenSize <= CONFIG_MAP_LIMIT) {
    return [];
  }
  const golden = goldenPath === undefined ? "" : `, its golden requests ${goldenSize}`;
  const message =
    `${path} has ${size} bytes${golden}; ` +
    `a ConfigMap holds ${CONFIG_MAP_LIMIT} (1 MiB). Bake the model into the image instead ` +
    "(source.image.path) or mount it from a volume (source.persistentVolumeClaim)";
  return [{ path: ["source", "configMap", "path"], message }];
}

/** Each is mounted by itself. */
export const MAX_MOUNTED_FILES = 50;

function tooMany(model: LocalModel): Problem[] {
  if (model.format !== "folder" || model.files.length <= MAX_MOUNTED_FILES) {
    return [];
  }
  const message =
    `${model.path} has ${model.files.length} files; from a ConfigMap at most ${MAX_MOUNTED_FILES} are mounted. ` +
    "Bake the model into the image instead (source.image.path) or mount it from a volume (source.persistentVolumeClaim)";
  return [{ path: ["source", "configMap", "path"], message }];
}

/** What ends so holds several files, and a pod downloads one. */
const SEVERAL_FILES = /(\/|\.(tar|tgz|zip|tar\.\w+))$/i;

function folderToDownload({ location }: NonNullable<ModelSource["uri"]>): Problem[] {
  const file = location.split(/[?#]/, 1)[0] ?? "";
  if (!SEVERAL_FILES.test(file) || /^\w+:\/\/[^/]*\/?$/.test(file)) {
    return [];
  }
  const message =
    `found ${file}, a folder or an archive; a pod downloads one file. ` +
    "Bake a folder into the image instead (source.image.path) or mount it from a volume (source.persistentVolumeClaim.subPath)";
  return [{ path: ["source", "uri", "location"], message }];
}

/** What is set under its old name and its new one, and not to the same. */
function saidTwice(uri: NonNullable<ModelSource["uri"]>): Problem[] {
  const values: Values = { ...uri };
  return oldNamesIn({ model: { uri } }).flatMap(({ path, name }) => {
    const old = String(path.at(-1));
    return values[name] === undefined || values[name] === values[old]
      ? []
      : [
          {
            path: ["source", "uri", old],
            message: `is the old name of ${name}, and they are set to ${values[old]} and ${values[name]}; remove the old one`,
          },
        ];
  });
}

/** Of a model whose file is not on this machine. */
function problemsElsewhere(
  { sha256, golden, ownServer }: SourceSettings,
  remedy: string,
): Problem[] {
  const problems: Problem[] = [];
  if (sha256 === undefined) {
    const message =
      "missing; needed because the model file is not on this machine; accepted: 64 hex digits";
    problems.push({ path: ["sha256"], message });
  }
  if (golden !== undefined && !ownServer) {
    const message = `only for a model file on this machine; ${remedy}`;
    problems.push({ path: ["golden"], message });
  }
  return problems;
}
