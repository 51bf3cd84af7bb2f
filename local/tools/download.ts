/** Tools that the vendor publishes ready built. */
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { say } from "../../shared/progress";
import { run, tryRun } from "../../shared/run";
import { UserError } from "../../shared/userError";
import type { ToolGroup, VendorDownload } from "./catalogue";
import committed from "./checksums.json";

/** A vendor's site that does not answer within this many seconds counts as out of reach. */
const ANSWER_SECONDS = 4;

/** sha256 of downloads by their address, which names version and platform: `make checksums`. */
export type Checksums = Readonly<Record<string, string>>;

/** What a download must be. */
export interface Trust {
  checksums: Checksums;
  /** Whether one without a checksum here may be taken from its vendor as it is. */
  unverified: boolean;
}

export const committedChecksums: Checksums = committed;

/**
 * Where this repository knows no checksum: a person at a machine gets the download, and is told what it was
 * compared with; what runs unattended gets a build. DOWNLOAD_UNVERIFIED=1 or 0 says otherwise.
 */
export function trustOfUser(environment: NodeJS.ProcessEnv = process.env): Trust {
  const { DOWNLOAD_UNVERIFIED: choice = "", CI: unattended = "" } = environment;
  const unverified = choice === "" ? ["", "0", "false"].includes(unattended) : choice === "1";
  return { checksums: committedChecksums, unverified };
}

/** An operating system and processor in Go's words, which most vendors use. */
export interface Platform {
  os: string;
  arch: string;
}

/** This machine. */
export function goPlatform(): Platform {
  return {
    os: process.platform === "win32" ? "windows" : process.platform,
    arch: process.arch === "x64" ? "amd64" : process.arch,
  };
}

/** The address for one binary. */
export function downloadUrl(
  vendor: VendorDownload,
  template: string,
  binary: string,
  { os, arch }: Platform = goPlatform(),
): string {
  return template
    .replaceAll("{os}", os)
    .replaceAll("{arch}", vendor.architectures?.[arch] ?? arch)
    .replaceAll("{binary}", binary);
}

/** Whether the address answers a HEAD request within a few seconds. */
export async function isReachable(url: string): Promise<boolean> {
  const seconds = String(ANSWER_SECONDS);
  const { code } = await tryRun("curl", [
    "-sfIL",
    "-o",
    "/dev/null",
    "--max-time",
    seconds,
    url,
  ]).catch(() => ({ code: -1 }));
  return code === 0;
}

/** One for each file that the vendor publishes: an archive holds all binaries. */
function filesOf(vendor: VendorDownload, binaries: readonly string[]): string[] {
  return vendor.kind === "tar.gz" ? [binaries[0] ?? ""] : [...binaries];
}

/** Whether each download for this machine has its checksum in this repository. */
export function hasChecksums(
  vendor: VendorDownload,
  binaries: readonly string[],
  checksums: Checksums,
): boolean {
  return filesOf(vendor, binaries).every(
    (binary) => checksums[downloadUrl(vendor, vendor.url, binary)] !== undefined,
  );
}

async function download(url: string, target: string): Promise<string> {
  await run("curl", ["-fL", "--retry", "3", "--progress-bar", "-o", target, url], {
    inherit: true,
  });
  const hash = createHash("sha256");
  for await (const part of fs.createReadStream(target)) {
    hash.update(part as Buffer);
  }
  return hash.digest("hex");
}

/** Refuses what is not what its vendor publishes beside it. False: nothing is published. */
async function matchesPublished(
  vendor: VendorDownload,
  binary: string,
  found: string,
  platform: Platform = goPlatform(),
): Promise<boolean> {
  if (vendor.checksumUrl === undefined) {
    return false;
  }
  const address = downloadUrl(vendor, vendor.checksumUrl, binary, platform);
  const published = await run("curl", ["-sfL", "--retry", "3", address]);
  if (published.trim().split(/\s+/)[0] !== found) {
    const url = downloadUrl(vendor, vendor.url, binary, platform);
    throw new Error(`${url} has sha256 ${found}, but its vendor publishes ${published.trim()}`);
  }
  return true;
}

/** Downloads all binaries of a group into a folder: none that is not what it must be. */
export async function downloadTools(
  vendor: VendorDownload,
  binaries: string[],
  folder: string,
  { checksums, unverified }: Trust,
): Promise<void> {
  fs.mkdirSync(folder, { recursive: true });
  for (const binary of filesOf(vendor, binaries)) {
    const url = downloadUrl(vendor, vendor.url, binary);
    const expected = checksums[url];
    if (expected === undefined && !unverified) {
      throw new Error(`${url} has no checksum in local/tools/checksums.json`);
    }
    const target = path.join(folder, vendor.kind === "tar.gz" ? "download.tar.gz" : binary);
    const found = await download(url, target);
    if (expected !== undefined) {
      if (found !== expected) {
        throw new Error(
          `${url} has sha256 ${found}, but local/tools/checksums.json says ${expected}`,
        );
      }
    } else {
      const isPublished = await matchesPublished(vendor, binary, found);
      say(
        `! ${url} is used without a checksum of this repository (DOWNLOAD_UNVERIFIED=0 builds it instead): ${
          isPublished
            ? "its sha256 is the one that the same site publishes"
            : "its vendor publishes none that it could be compared with"
        }`,
      );
    }
    if (vendor.kind === "executable") {
      fs.chmodSync(target, 0o755);
    }
  }
  if (vendor.kind === "tar.gz") {
    await unpack(path.join(folder, "download.tar.gz"), binaries, folder);
  }
}

/** The checksums of what a vendor offers for some platforms; files that are not there are left out. */
export async function vendorChecksums(
  vendor: VendorDownload,
  binaries: readonly string[],
  platforms: readonly Platform[],
  folder: string,
): Promise<Checksums> {
  const found: Record<string, string> = {};
  const target = path.join(folder, "download");
  for (const platform of platforms) {
    for (const binary of filesOf(vendor, binaries)) {
      const url = downloadUrl(vendor, vendor.url, binary, platform);
      if (!(await isReachable(url))) {
        continue;
      }
      const sha256 = await download(url, target);
      await matchesPublished(vendor, binary, sha256, platform);
      fs.rmSync(target);
      found[url] = sha256;
    }
  }
  return found;
}

async function unpack(archive: string, binaries: string[], folder: string): Promise<void> {
  const members = (await run("tar", ["-tzf", archive])).split("\n");
  for (const binary of binaries) {
    const member = members.find((name) => path.posix.basename(name) === binary);
    if (member === undefined) {
      throw new Error(`${archive} holds no ${binary}`);
    }
    const depth = member.split("/").length - 1;
    await run("tar", ["-xzf", archive, "-C", folder, `--strip-components=${depth}`, member]);
  }
  fs.rmSync(archive);
}

/** Whether the group can be downloaded from its vendor, asked with its first binary. */
export async function canDownload(group: ToolGroup): Promise<boolean> {
  if (group.vendor === undefined) {
    return false;
  }
  const first = Object.keys(group.binaries)[0] ?? "";
  return isReachable(downloadUrl(group.vendor, group.vendor.url, first));
}

/** The file of checksums with what was found now: what is known already must not have changed. */
export function mergedChecksums(
  known: Checksums,
  found: Checksums,
): { text: string; added: number } {
  if (Object.keys(found).length === 0) {
    throw new UserError(
      "no vendor's site can be reached, so nothing was written",
      "run it where get.pulumi.com, dl.k8s.io and get.helm.sh answer",
    );
  }
  const changed = Object.keys(found).filter((url) => known[url] && known[url] !== found[url]);
  if (changed.length > 0) {
    throw new UserError(
      `published files are others than before, so nothing was written: ${changed.join(", ")}`,
      "a version's file never changes: ask the vendor why it did, and remove the line only then",
    );
  }
  // Lines of other versions are left to git: a site that does not answer now must not lose its own.
  const all = Object.entries({ ...known, ...found }).sort(([a], [b]) => (a < b ? -1 : 1));
  const added = Object.keys(found).filter((url) => known[url] === undefined).length;
  return { text: `${JSON.stringify(Object.fromEntries(all), null, 2)}\n`, added };
}
