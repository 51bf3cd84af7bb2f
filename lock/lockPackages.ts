/** Makes the lock of requirements: in the base image, by the builder, for the Python and platform that will run it. */
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { PIP_SECRET, pipConfig } from "../components/image/pipConfig";
import { lockBeside } from "../components/model/requirements";
import { packageFolder } from "../shared/packageFolder";
import { redactSecrets } from "../shared/redactSecrets";
import { type RunResult, tryRun } from "../shared/run";
import { UserError } from "../shared/userError";

export interface LockOptions {
  platform: string;
  /** Default: the one that serving/Dockerfile names. */
  baseImage?: string;
  /** Further build arguments of the image, such as `REQUIREMENTS`. */
  buildArgs?: Readonly<Record<string, string>>;
}

export interface Lock {
  path: string;
  /** What was said on the way, for people. */
  notes: string[];
}

/** What the stage `lock` of serving/Dockerfile is made of. */
const CONTEXT = [
  "Dockerfile",
  "model_packages",
  "requirements-packages.txt",
  "requirements-scikit-learn.txt",
  "requirements.txt",
];

/** Name by which the builder gets the configuration of pip. */
const PIP_VARIABLE = "MODEL_DEPLOYMENT_PIP_CONFIG";

export async function lockPackages(requirements: string, options: LockOptions): Promise<Lock> {
  if (!fs.statSync(requirements, { throwIfNoEntry: false })?.isFile()) {
    throw new UserError(`there is no file ${requirements}`, "name the requirements of a model");
  }
  const work = fs.mkdtempSync(path.join(os.tmpdir(), "model-deployment-lock-"));
  try {
    const context = path.join(work, "context");
    const made = path.join(work, "made");
    copyContext(requirements, context);
    await build(context, made, options);
    const said = readLines(path.join(made, "said.txt"));
    const lock = path.join(made, "requirements.lock");
    if (!fs.existsSync(lock)) {
      throw new UserError(
        `${requirements} cannot be locked for ${options.platform}:\n${said.map((line) => `  ${line}`).join("\n")}`,
      );
    }
    const target = lockBeside(requirements);
    fs.copyFileSync(lock, target);
    return { path: target, notes: said };
  } finally {
    fs.rmSync(work, { recursive: true, force: true });
  }
}

function copyContext(requirements: string, context: string): void {
  const serving = packageFolder("serving");
  for (const name of CONTEXT) {
    fs.cpSync(path.join(serving, name), path.join(context, name), {
      recursive: true,
      filter: (source) => path.basename(source) !== "__pycache__",
    });
  }
  fs.mkdirSync(path.join(context, "packages"));
  fs.copyFileSync(requirements, path.join(context, "packages", "requirements.txt"));
}

async function build(
  context: string,
  target: string,
  { platform, baseImage, buildArgs }: LockOptions,
): Promise<void> {
  // What a package index offers changes, and a build that looks the same would not ask it again.
  const all = { ...buildArgs, MOMENT: new Date().toISOString(), BASE_IMAGE: baseImage };
  const args = Object.entries(all).flatMap(([name, value]) =>
    value === undefined ? [] : [`--build-arg=${name}=${value}`],
  );
  const { code, stdout, stderr } = await buildx(
    [
      "build",
      "--target=lock",
      `--platform=${platform}`,
      `--secret=id=${PIP_SECRET},env=${PIP_VARIABLE}`,
      `--output=type=local,dest=${target}`,
      "--progress=plain",
      ...args,
      context,
    ],
    { [PIP_VARIABLE]: pipConfig(process.env) },
  );
  if (code !== 0) {
    const printed = (stderr.trim() || stdout.trim()).split("\n").slice(-20).join("\n");
    throw new UserError(redactSecrets(`the builder has failed:\n${printed}`));
  }
}

/** The builder's client: a program of its own, or a part of Docker. */
async function buildx(args: string[], env: Record<string, string>): Promise<RunResult> {
  try {
    return await tryRun("buildx", args, { env });
  } catch {
    try {
      return await tryRun("docker", ["buildx", ...args], { env });
    } catch {
      throw new UserError(
        "neither buildx nor docker is on PATH",
        "install Docker, in whose base image packages are locked",
      );
    }
  }
}

function readLines(file: string): string[] {
  return redactSecrets(fs.readFileSync(file, "utf8"))
    .split("\n")
    .filter((line) => line.trim() !== "");
}
