/** The two images that everything in the cluster starts from, put into the local registry. */
import * as fs from "node:fs";
import * as path from "node:path";
import { step } from "../../shared/progress";
import { run, tryRun } from "../../shared/run";
import { UserError } from "../../shared/userError";
import {
  BASE_IMAGE,
  BUILDKIT_SOCKET,
  BUILDX_CONFIG,
  CACHE_DIR,
  PAUSE_IMAGE,
  PLATFORM_NAME,
  PROJECT_DIR,
  REGISTRY,
  TOOLS_BIN,
} from "../settings";

const SOURCES = path.join(PROJECT_DIR, "local", "images");
const CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt";
const DEBIAN_RELEASE = "trixie";
const DEBIAN_PACKAGES = ["python3", "python3-venv", "python3-pip", "ca-certificates"];

const buildx = (...args: string[]) =>
  run(path.join(TOOLS_BIN, "buildx"), args, { env: { BUILDX_CONFIG } });

/** Makes BuildKit known to buildx, and through it to Pulumi's docker-build provider. */
export async function registerBuilder(): Promise<void> {
  const { code } = await tryRun(path.join(TOOLS_BIN, "buildx"), ["inspect", PLATFORM_NAME], {
    env: { BUILDX_CONFIG },
  });
  if (code === 0) {
    return;
  }
  await buildx(
    "create",
    "--name",
    PLATFORM_NAME,
    "--driver",
    "remote",
    "--use",
    `unix://${BUILDKIT_SOCKET}`,
  );
}

/** Whether the local registry holds the image. */
export async function isInRegistry(image: string): Promise<boolean> {
  const [repository, tag] = image.slice(`${REGISTRY}/`.length).split(":");
  const answer = await fetch(`http://${REGISTRY}/v2/${repository}/manifests/${tag}`, {
    method: "HEAD",
    headers: {
      accept: "application/vnd.oci.image.manifest.v1+json,application/vnd.oci.image.index.v1+json",
    },
  });
  return answer.ok;
}

/** Whether a public registry answers: with 401 too, since anonymous clients must ask for a token. */
async function isRegistryReachable(host: string): Promise<boolean> {
  try {
    const answer = await fetch(`https://${host}/v2/`, { signal: AbortSignal.timeout(4_000) });
    return answer.status === 200 || answer.status === 401;
  } catch {
    return false;
  }
}

/** Builds and pushes an image from a folder that is made for it and removed afterwards. */
async function push(
  image: string,
  dockerfile: string,
  files: Record<string, string>,
): Promise<void> {
  fs.mkdirSync(CACHE_DIR, { recursive: true });
  const context = fs.mkdtempSync(path.join(CACHE_DIR, "context-"));
  try {
    for (const [name, source] of Object.entries(files)) {
      // A hard link where it can be: the root file system's archive is large.
      try {
        fs.linkSync(source, path.join(context, name));
      } catch {
        fs.copyFileSync(source, path.join(context, name));
      }
    }
    await buildx(
      "build",
      "--builder",
      PLATFORM_NAME,
      "--provenance=false",
      "--output",
      `type=image,name=${image},push=true`,
      "--file",
      dockerfile,
      context,
    );
  } finally {
    fs.rmSync(context, { recursive: true, force: true });
  }
}

async function pushPause(): Promise<void> {
  const folder = path.join(SOURCES, "pause");
  const binary = path.join(CACHE_DIR, "pause");
  await run("go", ["build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", binary, "."], {
    cwd: folder,
    env: { CGO_ENABLED: "0", GOWORK: "off" },
  });
  await push(PAUSE_IMAGE, path.join(folder, "Dockerfile"), { pause: binary });
}

/** Debian's Python as an archive, unpacked once and kept in the cache. */
async function debianRootFileSystem(): Promise<string> {
  const archive = path.join(CACHE_DIR, `python-${DEBIAN_RELEASE}.tar`);
  if (fs.existsSync(archive)) {
    return archive;
  }
  const partial = `${archive}.partial-${process.pid}`;
  const args = [
    "--variant=minbase",
    `--include=${DEBIAN_PACKAGES.join(",")}`,
    DEBIAN_RELEASE,
    partial,
  ];
  try {
    await step(
      "Making a base image from Debian's packages",
      () => run("debootstrap", args),
      "90 seconds, once",
    );
    // The package lists and archives are a third of the size and of no use in an image.
    await run("sh", [
      "-c",
      'rm -rf "$1"/var/cache/apt/* "$1"/var/lib/apt/lists/* "$1"/dev/*',
      "sh",
      partial,
    ]);
    await run("tar", ["-C", partial, "--numeric-owner", "-cf", `${partial}.tar`, "."]);
    fs.renameSync(`${partial}.tar`, archive);
  } finally {
    fs.rmSync(partial, { recursive: true, force: true });
    fs.rmSync(`${partial}.tar`, { force: true });
  }
  return archive;
}

async function pushPython(): Promise<void> {
  const folder = path.join(SOURCES, "python");
  if (await isRegistryReachable("registry-1.docker.io")) {
    return push(BASE_IMAGE, path.join(folder, "Dockerfile.public"), {});
  }
  if (!fs.existsSync(CERTIFICATES)) {
    throw new UserError(`${CERTIFICATES} is missing`, "install the package ca-certificates");
  }
  await push(BASE_IMAGE, path.join(folder, "Dockerfile"), {
    "rootfs.tar": await debianRootFileSystem(),
    "ca-certificates.crt": CERTIFICATES,
  });
}

/** Puts both images into the registry, unless they are there. */
export async function pushBaseImages(): Promise<void> {
  if (!(await isInRegistry(PAUSE_IMAGE))) {
    await step(`Pushing ${PAUSE_IMAGE}`, pushPause);
  }
  if (!(await isInRegistry(BASE_IMAGE))) {
    await step(`Pushing ${BASE_IMAGE}`, pushPython, "15 seconds");
  }
}
