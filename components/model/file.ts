import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { packageFolder } from "../../shared/packageFolder";
import { UserError } from "../../shared/userError";

/**
 * How a model is stored. `pkl` (pickle, joblib) runs code when loaded; XGBoost's `json` and `ubj` do not, nor do
 * the formats of other libraries: `txt` of LightGBM, `cbm` of CatBoost, `onnx`, `skops`. What `bin` is only the server
 * of somebody's own knows.
 */
export type ModelFormat = "pkl" | "json" | "ubj" | "txt" | "cbm" | "onnx" | "skops" | "bin";

/** A model file on this machine. */
export interface ModelFile {
  path: string;
  format: ModelFormat;
  /** Hex digest of the content: the model's identity from here to the prediction. */
  sha256: string;
  size: number;
  /** Whether the content, whatever the name says, is a pickle: loading it may run code. */
  isPickle: boolean;
  /** Requests with expected predictions that travel with the model. */
  goldenPath?: string;
  goldenSize: number;
}

/** By the ending of a file's name. */
export const formats: Readonly<Record<string, ModelFormat>> = {
  ".pkl": "pkl",
  ".pickle": "pkl",
  ".joblib": "pkl",
  ".json": "json",
  ".ubj": "ubj",
  ".txt": "txt",
  ".cbm": "cbm",
  ".onnx": "onnx",
  ".skops": "skops",
};

/** What the server knows of how files begin; `start` in hex. */
interface KnownFormats {
  pickles: { name: string; start: string }[];
  /** How pickles of protocol 0 and 1 begin, which are text. */
  oldPickle: string;
  foreign: { name: string; start: string; remedy: string }[];
}

// The server's own table: what passes here is what it reads, or looks at more closely in the build.
const { pickles, oldPickle, foreign } = JSON.parse(
  fs.readFileSync(
    path.join(packageFolder("serving"), "model_server/model_files/foreign_formats.json"),
    "utf8",
  ),
) as KnownFormats;
const oldPicklePattern = new RegExp(oldPickle);
const ZIP_START = "PK\x03\x04";
/** Of the many texts there are. */
const LIGHTGBM_START = "tree\n";

/** What a local file is for. */
export type LocalFile = "model" | "golden requests" | "requirements";

/** A local file that cannot be used, told in one sentence with the remedy. */
export class ModelFileError extends UserError {
  constructor(
    message: string,
    /** Which of the files it is. */
    public readonly file: LocalFile = "model",
  ) {
    super(message);
  }
}

/**
 * Reads what identifies a model file.
 *
 * @param golden path of the golden requests; by default `golden.json` beside the model, if there
 */
export function readModelFile(modelPath: string, golden?: string): ModelFile {
  const stat = statFile(modelPath, "model");
  const start = readStart(modelPath, 64);
  const known = foreignFormat(modelPath, start);
  if (known !== undefined) {
    throw new ModelFileError(`${modelPath} is ${known}`);
  }
  const format = formats[path.extname(modelPath).toLowerCase()];
  if (format === undefined || (format === "txt" && !start.startsWith(LIGHTGBM_START))) {
    throw new ModelFileError(
      `${modelPath} is not named like a model; accepted endings: ${Object.keys(formats).join(", ")}`,
    );
  }
  if (stat.size === 0) {
    throw new ModelFileError(`${modelPath} is empty`);
  }
  const goldenPath = findGolden(path.dirname(modelPath), golden);
  return {
    path: modelPath,
    format,
    sha256: sha256OfFile(modelPath, stat),
    size: stat.size,
    isPickle: isPickle(start),
    goldenPath,
    goldenSize: goldenPath === undefined ? 0 : fs.statSync(goldenPath).size,
  };
}

/** The same of a file of any form, for a server that is not this package's. */
export function readAnyFile(location: string, golden?: string): ModelFile {
  const stat = statFile(location, "model");
  const goldenPath = findGolden(path.dirname(location), golden);
  return {
    path: location,
    format: "bin",
    sha256: sha256OfFile(location, stat),
    size: stat.size,
    isPickle: false,
    goldenPath,
    goldenSize: goldenPath === undefined ? 0 : fs.statSync(goldenPath).size,
  };
}

function isPickle(start: string): boolean {
  return (
    pickles.some((pickle) => start.startsWith(bytesOf(pickle.start))) ||
    oldPicklePattern.test(start)
  );
}

/** What a file is that the server does not serve, and what makes it one that it does. */
function foreignFormat(modelPath: string, start: string): string | undefined {
  const found = foreign.find((format) => start.startsWith(bytesOf(format.start)));
  if (found !== undefined) {
    return `${found.name}: ${found.remedy}`;
  }
  if (start.startsWith(ZIP_START) && path.extname(modelPath) !== ".skops") {
    return "a zip archive, and no model by itself: take the model out of it, or save it as model.ubj";
  }
  return undefined;
}

function bytesOf(hex: string): string {
  return Buffer.from(hex, "hex").toString("latin1");
}

/** The golden requests that are named, which must be there, or those in a folder. */
export function findGolden(folder: string, golden: string | undefined): string | undefined {
  if (golden !== undefined) {
    statFile(golden, "golden requests");
    return golden;
  }
  const beside = path.join(folder, "golden.json");
  return fs.existsSync(beside) ? beside : undefined;
}

/** What the file system says of a file that can be read. */
export function statFile(location: string, what: LocalFile): fs.Stats {
  let stat: fs.Stats;
  try {
    stat = fs.statSync(location);
  } catch (error) {
    throw new ModelFileError(unreadable(location, what, error), what);
  }
  if (!stat.isFile()) {
    throw new ModelFileError(
      `${location} is not a file; give the path of the ${what} file itself`,
      what,
    );
  }
  try {
    fs.accessSync(location, fs.constants.R_OK);
  } catch (error) {
    throw new ModelFileError(unreadable(location, what, error), what);
  }
  return stat;
}

function unreadable(location: string, what: string, error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code !== "ENOENT") {
    return `${location} cannot be read (${code ?? error})`;
  }
  if (fs.lstatSync(location, { throwIfNoEntry: false })?.isSymbolicLink()) {
    return `${location} is a symbolic link to ${fs.readlinkSync(location)}, which does not exist`;
  }
  return `no ${what} file at ${location}${otherFiles(location)}`;
}

/** What does exist where the file was looked for: usually the typo is plain to see. */
function otherFiles(location: string): string {
  let folder = path.dirname(location);
  while (!fs.existsSync(folder) && folder !== path.dirname(folder)) {
    folder = path.dirname(folder);
  }
  const names = fs.readdirSync(folder).filter((name) => !name.startsWith("."));
  const shown = names.length > 8 ? [...names.slice(0, 8), "…"] : names;
  return `; ${folder} holds ${shown.length > 0 ? shown.join(", ") : "nothing"}`;
}

function readStart(location: string, length: number): string {
  const file = fs.openSync(location, "r");
  try {
    const buffer = Buffer.alloc(length);
    const read = fs.readSync(file, buffer, 0, length, 0);
    return buffer.toString("latin1", 0, read);
  } finally {
    fs.closeSync(file);
  }
}

const digests = new Map<string, string>();

/** Hex sha256 of a file. In pieces (a model may be larger than a Buffer), and once per program for an unchanged file. */
export function sha256OfFile(location: string, stat: fs.Stats): string {
  const key = [path.resolve(location), stat.ino, stat.size, stat.mtimeMs, stat.ctimeMs].join("\0");
  const known = digests.get(key);
  if (known !== undefined) {
    return known;
  }
  const hash = createHash("sha256");
  const buffer = Buffer.alloc(1 << 20);
  const file = fs.openSync(location, "r");
  try {
    for (;;) {
      const read = fs.readSync(file, buffer);
      if (read === 0) {
        break;
      }
      hash.update(buffer.subarray(0, read));
    }
  } finally {
    fs.closeSync(file);
  }
  const digest = hash.digest("hex");
  digests.set(key, digest);
  return digest;
}
