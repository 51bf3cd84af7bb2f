import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { packageFolder, relativeToProgram } from "../../shared/packageFolder";
import { UserError } from "../../shared/userError";
import { contentsOf, type LocalModel } from "../model/localModel";
import type { OwnBuild } from "../model/ownServer";

/** Where the copies for the builders lie, relative to the program. Ignored by git, safe to delete. */
const STAGING_FOLDER = ".staging";

/**
 * What has no business in an image and may be large, wherever it lies. The staged copy leaves it out:
 * were that left to the builder, the digest of the context would not be the same with and without, say,
 * a compiled library that a developer has and CI has not.
 */
const NEVER = /^(\..*|tests?|__pycache__|node_modules|.*\.(pyc|so|md))$/;

interface StagedFile {
  source: string;
  executable: boolean;
}

/**
 * Copies what an image is built from to `.staging/<name>` and returns that path.
 *
 * Builders hash names, contents and file modes of their context. The copy has the same names and
 * modes wherever the sources were cloned and whatever the umask was, so the same inputs are no
 * change. Files whose content is unchanged are left alone. Times are left as the file system sets
 * them: BuildKit takes a file of the same size and time for unchanged, so a fixed time would let
 * it build yesterday's model.
 */
export function stageBuildContext(
  name: string,
  model?: LocalModel,
  serving: string = packageFolder("serving"),
  lock?: string,
): string {
  const wanted = new Map<string, StagedFile>();
  const allowed = readAllowed(path.join(serving, ".dockerignore"));
  collect(
    serving,
    "",
    wanted,
    (file) => !NEVER.test(path.basename(file)) && allowed.has(file.split("/", 1)[0] ?? ""),
  );
  for (const [file, source] of model === undefined ? [] : contentsOf(model)) {
    wanted.set(`model/${file}`, { source, executable: false });
  }
  if (lock !== undefined) {
    wanted.set("packages/requirements.lock", { source: lock, executable: false });
  }
  const target = path.join(STAGING_FOLDER, name);
  removeOthers(target, "", wanted);
  for (const [relative, file] of wanted) {
    stage(file, path.join(target, relative));
  }
  return relativeToProgram(target);
}

/** What is in the way of every build, and often in no `.dockerignore`. */
const NEVER_OWN = /^(\.git|\.pulumi|\.staging|__pycache__)$/;

/**
 * The same of a folder with a Dockerfile of somebody's own: the copy has what its `.dockerignore` lets in, and the
 * Dockerfile. Of the folder of the program itself it has no config, whose every edit would be another image.
 */
export function stageOwnContext(name: string, { context, dockerfile }: OwnBuild): string {
  const wanted = new Map<string, StagedFile>();
  const ignored = readIgnored(context, dockerfile);
  const isProgram = path.resolve(context) === process.cwd();
  collect(context, "", wanted, (file, isFolder) => {
    const isConfig = isProgram && /^Pulumi(\.[^/]+)?\.yaml$/.test(file);
    return !NEVER_OWN.test(path.basename(file)) && !isConfig && !ignored(file, isFolder);
  });
  wanted.set(dockerfile, { source: path.join(context, dockerfile), executable: false });
  const target = path.join(STAGING_FOLDER, name);
  removeOthers(target, "", wanted);
  for (const [relative, file] of wanted) {
    stage(file, path.join(target, relative));
  }
  return relativeToProgram(target);
}

/** Whether a file or folder is left out of the context, as Docker reads the file that belongs to the Dockerfile. */
function readIgnored(
  context: string,
  dockerfile: string,
): (file: string, isFolder: boolean) => boolean {
  const file = [`${dockerfile}.dockerignore`, ".dockerignore"]
    .map((name) => path.join(context, name))
    .find((candidate) => fs.existsSync(candidate));
  if (file === undefined) {
    return () => false;
  }
  const lines = fs.readFileSync(file, "utf8").split("\n");
  const { default: dockerIgnore } =
    require("@balena/dockerignore") as typeof import("@balena/dockerignore");
  const rules = dockerIgnore().add(lines);
  // What is in a folder that is left out may be let in again by its own name.
  const hasExceptions = lines.some((line) => line.trim().startsWith("!"));
  return (name, isFolder) => !(isFolder && hasExceptions) && rules.ignores(name);
}

/**
 * The files and folders that `.dockerignore` lets in, which is a list of these: `*`, then a line `!NAME`
 * for each. What it takes out of folders again is only what no copy has anyway.
 */
function readAllowed(ignoreFile: string): ReadonlySet<string> {
  const [all, ...lines] = fs
    .readFileSync(ignoreFile, "utf8")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  const odd = [
    ...(all === "*" ? [] : [all ?? "nothing"]),
    ...lines.filter((line) => {
      const isName = /^![^/*?[\]\\]+$/.test(line);
      const isNever =
        line.startsWith("**/") && NEVER.test(line.slice("**/".length).replace("*", ""));
      return !isName && !isNever;
    }),
  ];
  if (odd.length > 0) {
    throw new UserError(
      `${ignoreFile}: found ${odd.join(", ")}; accepted: a line *, then a line !NAME for each file and folder of its folder that images are built from`,
    );
  }
  return new Set(lines.filter((line) => line.startsWith("!")).map((line) => line.slice(1)));
}

/** Digest of a staged build context and of what else a build depends on, 12 hex digits. */
export function buildContextDigest(context: string, further: unknown): string {
  const files = new Map<string, StagedFile>();
  collect(context, "", files, () => true);
  const hash = createHash("sha256").update(JSON.stringify(further));
  for (const [relative, { source, executable }] of [...files].sort(([a], [b]) =>
    a < b ? -1 : 1,
  )) {
    const content = fs.readFileSync(source);
    hash.update(`${relative}\0${executable}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex").slice(0, 12);
}

function collect(
  root: string,
  folder: string,
  into: Map<string, StagedFile>,
  isWanted: (file: string, isFolder: boolean) => boolean,
): void {
  for (const entry of fs.readdirSync(path.join(root, folder), { withFileTypes: true })) {
    const relative = path.posix.join(folder, entry.name);
    if (!isWanted(relative, entry.isDirectory())) {
      continue;
    }
    const source = path.join(root, relative);
    if (entry.isDirectory()) {
      collect(root, relative, into, isWanted);
    } else if (entry.isFile()) {
      // Git keeps this one bit, and no umask in use takes it from the owner.
      const executable = (fs.statSync(source).mode & 0o100) !== 0;
      into.set(relative, { source, executable });
    } else {
      throw new UserError(
        `${source} is ${entry.isSymbolicLink() ? "a symbolic link" : "not a regular file"}; ` +
          "an image is built from regular files only, put a copy there instead",
      );
    }
  }
}

function removeOthers(target: string, folder: string, wanted: Map<string, StagedFile>): void {
  const here = path.join(target, folder);
  const stat = fs.lstatSync(here, { throwIfNoEntry: false });
  if (stat !== undefined && !stat.isDirectory()) {
    fs.rmSync(here);
  }
  fs.mkdirSync(here, { recursive: true });
  fs.chmodSync(here, 0o755);
  for (const entry of fs.readdirSync(here, { withFileTypes: true })) {
    const relative = path.posix.join(folder, entry.name);
    if (entry.isDirectory() && [...wanted.keys()].some((file) => file.startsWith(`${relative}/`))) {
      removeOthers(target, relative, wanted);
    } else if (!entry.isFile() || !wanted.has(relative)) {
      fs.rmSync(path.join(target, relative), { recursive: true });
    }
  }
}

function stage(file: StagedFile, target: string): void {
  const mode = file.executable ? 0o755 : 0o644;
  if (!sameContent(file.source, target)) {
    ensureFolder(path.dirname(target));
    // Renamed into place, so that neither a crash nor a second run ever leaves half a file.
    const temporary = `${target}.${process.pid}.tmp`;
    fs.copyFileSync(file.source, temporary, fs.constants.COPYFILE_FICLONE);
    fs.chmodSync(temporary, mode);
    // The copy must not carry the time of an older file, see above.
    const now = new Date();
    fs.utimesSync(temporary, now, now);
    fs.renameSync(temporary, target);
  } else if ((fs.statSync(target).mode & 0o777) !== mode) {
    fs.chmodSync(target, mode);
  }
}

function ensureFolder(folder: string): void {
  if (!fs.existsSync(folder)) {
    ensureFolder(path.dirname(folder));
    fs.mkdirSync(folder);
    fs.chmodSync(folder, 0o755);
  }
}

function sameContent(source: string, target: string): boolean {
  const targetStat = fs.lstatSync(target, { throwIfNoEntry: false });
  if (!targetStat?.isFile() || targetStat.size !== fs.statSync(source).size) {
    return false;
  }
  const files = [fs.openSync(source, "r"), fs.openSync(target, "r")] as const;
  const buffers = [Buffer.alloc(1 << 18), Buffer.alloc(1 << 18)] as const;
  try {
    for (;;) {
      const read = fs.readSync(files[0], buffers[0]);
      const readTarget = fs.readSync(files[1], buffers[1]);
      if (read !== readTarget || buffers[0].compare(buffers[1], 0, read, 0, read) !== 0) {
        return false;
      }
      if (read === 0) {
        return true;
      }
    }
  } finally {
    files.forEach((file) => {
      fs.closeSync(file);
    });
  }
}
