/** Tools that the vendor publishes ready built. */
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { run, tryRun } from "../run";
import type { ToolGroup, VendorDownload } from "./catalogue";

/** A vendor's site that does not answer within this many seconds counts as out of reach. */
const ANSWER_SECONDS = 4;

/** This machine in Go's words, which most vendors use. */
export function goPlatform(): { os: string; arch: string } {
  return {
    os: process.platform === "win32" ? "windows" : process.platform,
    arch: process.arch === "x64" ? "amd64" : process.arch,
  };
}

/** The address for this machine and one binary. */
export function downloadUrl(vendor: VendorDownload, template: string, binary: string): string {
  const { os, arch } = goPlatform();
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

/** Downloads all binaries of a group into a folder. The download's checksum is checked if published. */
export async function downloadTools(
  vendor: VendorDownload,
  binaries: string[],
  folder: string,
): Promise<void> {
  fs.mkdirSync(folder, { recursive: true });
  // An archive holds all of them; otherwise there is one file for each.
  const files = vendor.kind === "tar.gz" ? [binaries[0] ?? ""] : binaries;
  for (const binary of files) {
    const url = downloadUrl(vendor, vendor.url, binary);
    const target = path.join(folder, vendor.kind === "tar.gz" ? "download.tar.gz" : binary);
    await run("curl", ["-fL", "--retry", "3", "--progress-bar", "-o", target, url], {
      inherit: true,
    });
    if (vendor.checksumUrl !== undefined) {
      const published = await run("curl", [
        "-sfL",
        "--retry",
        "3",
        downloadUrl(vendor, vendor.checksumUrl, binary),
      ]);
      const found = createHash("sha256").update(fs.readFileSync(target)).digest("hex");
      if (published.trim().split(/\s+/)[0] !== found) {
        throw new Error(`${url} has sha256 ${found}, but its vendor publishes ${published.trim()}`);
      }
    }
    if (vendor.kind === "executable") fs.chmodSync(target, 0o755);
  }
  if (vendor.kind === "tar.gz")
    await unpack(path.join(folder, "download.tar.gz"), binaries, folder);
}

async function unpack(archive: string, binaries: string[], folder: string): Promise<void> {
  const members = (await run("tar", ["-tzf", archive])).split("\n");
  for (const binary of binaries) {
    const member = members.find((name) => path.posix.basename(name) === binary);
    if (member === undefined) throw new Error(`${archive} holds no ${binary}`);
    const depth = member.split("/").length - 1;
    await run("tar", ["-xzf", archive, "-C", folder, `--strip-components=${depth}`, member]);
  }
  fs.rmSync(archive);
}

/** Whether the group can be downloaded from its vendor, asked with its first binary. */
export async function canDownload(group: ToolGroup): Promise<boolean> {
  if (group.vendor === undefined) return false;
  const first = Object.keys(group.binaries)[0] ?? "";
  return isReachable(downloadUrl(group.vendor, group.vendor.url, first));
}
