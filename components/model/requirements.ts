/** Packages that a model needs beside the server's own: named in requirements, installed by a lock of those. */
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { packageFolder } from "../../shared/packageFolder";
import { ModelFileError, statFile } from "./file";
import { folderOf, type LocalModel } from "./localModel";

/** In place of a path: the server's own packages are enough. */
export const NO_REQUIREMENTS = "none";

/** The name that requirements have beside a model. */
const BESIDE = "requirements.txt";

/** What a lock is made for. */
export interface LockedFor {
  platform: string;
  /** The base image, if it is not the usual one and can be told. */
  baseImage?: string;
}

/**
 * The requirements that lie beside a model's file or in its folder, if what they name could be of use: XGBoost's own
 * formats are read by the server alone.
 */
export function requirementsBeside(model: LocalModel): string | undefined {
  const isReadByServer = (model.format === "json" || model.format === "ubj") && !model.isPickle;
  const beside = path.join(folderOf(model), BESIDE);
  return isReadByServer || !fs.existsSync(beside) ? undefined : beside;
}

/**
 * The lock of some requirements: the file itself if it has a hash for each package, else the one beside it that
 * was made of it.
 *
 * @returns the path; undefined if no package is required
 * @throws ModelFileError if there is none, or one for something else
 */
export function findLock(requirements: string, wanted: LockedFor): string | undefined {
  statFile(requirements, "requirements");
  const text = readText(requirements);
  const lines = logicalLines(text);
  const loose = lines.filter(({ isHashed }) => !isHashed);
  if (lines.length === 0) {
    return undefined;
  }
  if (loose.length === 0) {
    refuseUnlocked(requirements, lines);
    return requirements;
  }
  const remedy = `lock them: ${lockCommand(requirements, wanted)}`;
  if (loose.length < lines.length) {
    throw refusal(
      `${requirements} has hashes for some packages and none for ${namesOf(loose)}; remove the hashes and ${remedy}`,
    );
  }
  const lock = lockBeside(requirements);
  if (!fs.existsSync(lock)) {
    throw refusal(
      `the packages in ${requirements} are not locked: there is no ${lock}; ${remedy} ` +
        `(or set image.requirements to ${NO_REQUIREMENTS} if the server's own are enough)`,
    );
  }
  checkLock(requirements, text, lock, wanted, remedy);
  return lock;
}

/** Where the lock of requirements lies: `requirements.lock` for `requirements.txt`. */
export function lockBeside(requirements: string): string {
  return `${requirements.replace(/\.(txt|in)$/, "")}.lock`;
}

/** sha256 of requirements, by which a lock says what it was made of. */
export function digestOfRequirements(text: string): string {
  return createHash("sha256").update(text.replaceAll("\r\n", "\n")).digest("hex");
}

function checkLock(
  requirements: string,
  text: string,
  lock: string,
  { platform }: LockedFor,
  remedy: string,
): void {
  const lockText = readText(lock);
  const fact = (name: string) => new RegExp(`^# ${name}: (\\S+)$`, "m").exec(lockText)?.[1];
  const source = fact("source");
  if (source === undefined) {
    throw refusal(
      `${lock} does not say what it was made of; if it is complete, name it in image.requirements, else ${remedy}`,
    );
  }
  if (source !== `sha256:${digestOfRequirements(text)}`) {
    throw refusal(`${requirements} has changed since ${lock} was made of it; ${remedy}`);
  }
  const lockedFor = fact("platform");
  if (lockedFor !== platform) {
    throw refusal(`${lock} is for ${lockedFor}, but image.platform is ${platform}; ${remedy}`);
  }
  refuseUnlocked(lock, logicalLines(lockText));
}

/** The command that makes a lock: of a checkout of this project, or of the package. */
export function lockCommand(requirements: string, { platform, baseImage }: LockedFor): string {
  const isCheckout = fs.existsSync(path.join(packageFolder("serving"), "..", "Makefile"));
  const of = path.relative(process.cwd(), requirements) || requirements;
  const options = [
    ...(platform === "linux/amd64" ? [] : [`--platform=${platform}`]),
    ...(baseImage === undefined ? [] : [`--base-image=${baseImage}`]),
  ];
  if (!isCheckout) {
    return ["npx model-deployment-lock", ...options, of].join(" ");
  }
  const args = options.length === 0 ? "" : ` ARGS="${options.join(" ")}"`;
  return `make lock-model REQUIREMENTS=${of}${args}`;
}

interface LogicalLine {
  number: number;
  text: string;
  isHashed: boolean;
}

/** Requirements as pip reads them: without comments, and with what `\` continues. */
function logicalLines(text: string): LogicalLine[] {
  const found: LogicalLine[] = [];
  let open: { number: number; text: string } | undefined;
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.replace(/(^|\s)#.*$/, "").trim();
    const { number, text: before } = open ?? { number: index + 1, text: "" };
    const whole = `${before} ${line.replace(/\\$/, "")}`.trim();
    open = line.endsWith("\\") ? { number, text: whole } : undefined;
    if (open === undefined && whole !== "") {
      found.push({ number, text: whole, isHashed: /\s--hash=\w+:\w+/.test(whole) });
    }
  }
  return found;
}

function refuseUnlocked(lock: string, lines: readonly LogicalLine[]): void {
  const odd = lines.filter(
    ({ text, isHashed }) =>
      !isHashed || !/^[A-Za-z0-9][\w.-]*(\[[^\]]*\])?\s*===?\s*[^\s;,*]+(?=[\s;])/.test(text),
  );
  if (odd.length > 0) {
    const lineOf = ({ number, text }: LogicalLine) => `line ${number}: ${text.split(" --hash")[0]}`;
    throw refusal(
      `${lock} must hold a version and a hash for each package, and nothing else; found ${odd.map(lineOf).join(", ")}`,
    );
  }
}

function namesOf(lines: readonly LogicalLine[]): string {
  return lines.map(({ text }) => text.split(/[\s;]/)[0]).join(", ");
}

function readText(location: string): string {
  return fs.readFileSync(location, "utf8").replace(/^\uFEFF/, "");
}

function refusal(message: string): ModelFileError {
  return new ModelFileError(message, "requirements");
}
