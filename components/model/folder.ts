/** A model that is a folder: MLflow's, own code with what it reads, or a file with further ones beside it. */
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { formats, ModelFileError, readModelFile, sha256OfFile } from "./file";

/** A file in the folder of a model. */
export interface FolderFile {
  /** Path in the folder, with `/`. */
  name: string;
  /** Where it lies. */
  source: string;
  size: number;
}

/** What a folder holds, besides further files. */
export type FolderKind =
  /** `MLmodel`, as MLflow saves it. */
  | "mlflow"
  /** `predictor.py`: own code. */
  | "code"
  /** One file `model.*`. */
  | "file";

/** A model on this machine that is a folder. */
export interface ModelFolder {
  path: string;
  format: "folder";
  kind: FolderKind;
  /** Hex digest of names and contents: the model's identity, see {@link identityOf}. */
  sha256: string;
  size: number;
  /** Whether a pickle is among the files: loading it may run code. */
  isPickle: boolean;
  /** All files but the golden requests, by name. */
  files: readonly FolderFile[];
  /** Requests with expected predictions that travel with the model. */
  goldenPath?: string;
  goldenSize: number;
}

/** A folder with more files than that is something else, such as a home folder. */
export const MAX_FILES = 1000;

/** What is left out of a model: caches of Python, and whatever is hidden, such as `.git` and `.ipynb_checkpoints`. */
const LEFT_OUT = /^(\..*|__pycache__)$/;

const GOLDEN = "golden.json";

/** What makes a folder a model, for messages. */
const ACCEPTED = `MLmodel (of MLflow), predictor.py, or one file model.* (${Object.keys(formats).join(", ")})`;

/**
 * Reads what identifies the model in a folder, which must be there.
 *
 * @param golden the golden requests that go with it, if there are any
 * @throws ModelFileError with all that keeps it from being served
 */
export function readModelFolder(location: string, golden?: string): ModelFolder {
  const found: Found = { files: [], problems: [] };
  collect(location, "", found);
  if (found.files.length > MAX_FILES) {
    throw new ModelFileError(
      `${location} holds more than ${MAX_FILES} files; name the folder with the model alone`,
    );
  }
  const files = found.files.sort(byName);
  const kind = kindOf(location, files, found.problems);
  if (kind === undefined || found.problems.length > 0) {
    throw new ModelFileError(found.problems.join("; "));
  }
  return {
    path: location,
    format: "folder",
    kind,
    sha256: identityOf(files),
    size: files.reduce((sum, { size }) => sum + size, 0),
    isPickle: files.some(isPickle),
    files,
    goldenPath: golden,
    goldenSize: golden === undefined ? 0 : fs.statSync(golden).size,
  };
}

/** The model's file, if the folder holds nothing else: such a folder is the same model as the file. */
export function onlyFile(location: string): string | undefined {
  const found: Found = { files: [], problems: [] };
  collect(location, "", found);
  const [file, ...more] = found.files;
  const isAlone = more.length === 0 && found.problems.length === 0;
  return isAlone && file !== undefined && isModelFile(file) ? file.source : undefined;
}

/**
 * Hex sha256 of the lines that `sha256sum` prints for each file, in the order of their names' bytes. The server
 * computes the same of the folder that it finds.
 */
export function identityOf(files: readonly FolderFile[]): string {
  const lines = [...files]
    .sort(byName)
    .map(({ name, source }) => `${sha256OfFile(source, fs.statSync(source))}  ${name}\n`);
  return createHash("sha256").update(lines.join("")).digest("hex");
}

function byName(one: FolderFile, other: FolderFile): number {
  return Buffer.compare(Buffer.from(one.name), Buffer.from(other.name));
}

interface Found {
  files: FolderFile[];
  problems: string[];
}

function collect(root: string, folder: string, into: Found): void {
  for (const entry of fs.readdirSync(path.join(root, folder), { withFileTypes: true })) {
    const name = path.posix.join(folder, entry.name);
    const source = path.join(root, name);
    if (LEFT_OUT.test(entry.name) || name === GOLDEN || into.files.length > MAX_FILES) {
      continue;
    }
    if (entry.isDirectory()) {
      collect(root, name, into);
    } else if (!entry.isFile()) {
      const what = entry.isSymbolicLink() ? "a symbolic link" : "not a regular file";
      into.problems.push(`${source} is ${what}; put a copy of the file there instead`);
    } else if (/[\\\p{Cc}]/u.test(entry.name)) {
      into.problems.push(
        `${JSON.stringify(source)} has a backslash or a control character in its name; rename it`,
      );
    } else if (!isReadable(source)) {
      into.problems.push(`${source} cannot be read; allow it to who runs this`);
    } else {
      into.files.push({ name, source, size: fs.statSync(source).size });
    }
  }
}

function isReadable(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

function kindOf(
  location: string,
  files: readonly FolderFile[],
  problems: string[],
): FolderKind | undefined {
  const has = (name: string) => files.some((file) => file.name === name);
  if (has("MLmodel") && has("predictor.py")) {
    problems.push(
      `${location} holds both MLmodel and predictor.py, and nobody can tell which is meant; remove one of them`,
    );
    return undefined;
  }
  if (has("MLmodel")) {
    return "mlflow";
  }
  if (has("predictor.py")) {
    return "code";
  }
  const models = files.filter(isModelFile);
  const [model, ...more] = models;
  if (model === undefined) {
    const names = files.map(({ name }) => name);
    const shown = names.length > 8 ? [...names.slice(0, 8), "…"] : names;
    problems.push(
      `${location} holds no model (${shown.join(", ") || "no file"}); accepted: ${ACCEPTED}`,
    );
  } else if (more.length > 0) {
    problems.push(
      `${location} holds ${models.map(({ name }) => name).join(" and ")}; keep one of them, or say in predictor.py what to do with them`,
    );
  } else {
    return checkedFile(model, problems);
  }
  return undefined;
}

/** The file of the model is judged as if it were alone. */
function checkedFile(model: FolderFile, problems: string[]): FolderKind | undefined {
  try {
    readModelFile(model.source);
    return "file";
  } catch (error) {
    if (!(error instanceof ModelFileError)) {
      throw error;
    }
    problems.push(error.message);
    return undefined;
  }
}

function isModelFile({ name }: FolderFile): boolean {
  return /^model\.[^/]+$/.test(name) && path.extname(name).toLowerCase() in formats;
}

/** By content only where the name says that it is a model: any data may begin like a compressed pickle. */
function isPickle(file: FolderFile): boolean {
  if (formats[path.extname(file.name).toLowerCase()] === "pkl") {
    return true;
  }
  return isModelFile(file) && readModelFile(file.source).isPickle;
}
