/**
 * Makes every tool available under one folder of links: what the machine has is used first, then
 * the vendor's download if its checksum is known here, then a build from the official Go module.
 */
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { say, step } from "../../shared/progress";
import { run } from "../../shared/run";
import { CACHE_DIR, TOOLS_BIN } from "../settings";
import { buildTools, cacheKey } from "./build";
import { TOOL_GROUPS, type ToolGroup, type VendorDownload } from "./catalogue";
import {
  canDownload,
  committedChecksums,
  downloadTools,
  downloadUrl,
  hasChecksums,
  isReachable,
  mergedChecksums,
  trustOfUser,
  vendorChecksums,
} from "./download";
import { kubernetesGroup } from "./kubernetesGroup";
import { findOnPath } from "./onPath";

/** Where Pulumi keeps its plugins. */
function pulumiPluginFolder(plugin: { name: string; version: string }): string {
  const home = process.env.PULUMI_HOME ?? path.join(os.homedir(), ".pulumi");
  return path.join(home, "plugins", `resource-${plugin.name}-${plugin.version}`);
}

function copyOrLink(target: string, file: string): void {
  try {
    fs.linkSync(target, file);
  } catch {
    // The cache is on another file system.
    fs.copyFileSync(target, file);
  }
}

function link(name: string, target: string): void {
  const file = path.join(TOOLS_BIN, name);
  fs.rmSync(file, { force: true });
  // Pulumi looks for its language hosts beside itself and warns if it finds them elsewhere on PATH,
  // so both must really be in one folder.
  if (name.startsWith("pulumi") && target.startsWith(CACHE_DIR)) {
    copyOrLink(target, file);
  } else {
    fs.symlinkSync(target, file);
  }
}

/** Downloads or builds a group into the cache, all binaries or none. Returns their folder. */
async function provide(group: ToolGroup): Promise<string> {
  const sources = path.join(__dirname, group.modules ?? group.name);
  const folder = path.join(CACHE_DIR, "tools", cacheKey(group, sources));
  if (fs.existsSync(folder)) {
    return folder;
  }
  const names = Object.keys(group.binaries);
  const files = fileNames(group);
  const { vendor } = group;
  const trust = trustOfUser();
  const isVerified = vendor !== undefined && hasChecksums(vendor, files, trust.checksums);
  if (vendor !== undefined && !isVerified && trust.unverified) {
    // Of no use to whoever does not say so again.
    const unverified = `${folder}-unverified`;
    if (fs.existsSync(unverified)) {
      return unverified;
    }
    if (await canDownload(group)) {
      return complete(group, unverified, (partial) => fetchTools(group, vendor, partial));
    }
  }
  return complete(group, folder, async (partial) => {
    if (vendor !== undefined && isVerified && (await canDownload(group))) {
      await fetchTools(group, vendor, partial);
    } else {
      await step(
        `Building ${names.join(", ")} from ${group.module} ${group.version}`,
        () => buildTools(group, sources, path.join(CACHE_DIR, "build", group.name), partial),
        `${group.buildTime} on 2 cores, once`,
      );
    }
  });
}

/** What the vendor calls the executables of a group. */
const fileNames = (group: ToolGroup): string[] =>
  Object.entries(group.binaries).map(([name, { file }]) => file ?? name);

function fetchTools(group: ToolGroup, vendor: VendorDownload, folder: string): Promise<void> {
  const files = fileNames(group);
  return step(
    `Downloading ${files.join(", ")} ${group.version}`,
    async () => {
      await downloadTools(vendor, files, folder, trustOfUser());
      for (const [name, { file = name }] of Object.entries(group.binaries)) {
        fs.renameSync(path.join(folder, file), path.join(folder, name));
      }
    },
    "under a minute",
  );
}

/** Makes a folder of a group's binaries, all or none. */
async function complete(
  group: ToolGroup,
  folder: string,
  make: (partial: string) => Promise<void>,
): Promise<string> {
  const partial = `${folder}.partial-${process.pid}`;
  try {
    await make(partial);
    const absent = Object.keys(group.binaries).filter(
      (name) => !fs.existsSync(path.join(partial, name)),
    );
    if (absent.length > 0) {
      throw new Error(`${group.name} came without ${absent.join(", ")}`);
    }
    fs.renameSync(partial, folder);
  } finally {
    fs.rmSync(partial, { recursive: true, force: true });
  }
  return folder;
}

/** Where Pulumi itself fetches a plugin from. */
function pluginDownload(plugin: NonNullable<ToolGroup["pulumiPlugin"]>): VendorDownload {
  return {
    url: `https://get.pulumi.com/releases/plugins/${plugin.binary}-${plugin.version}-{os}-{arch}.tar.gz`,
    kind: "tar.gz",
  };
}

/** Whether Pulumi's plugin folder holds the plugin, after Pulumi fetched it where it can. */
async function hasPulumiPlugin(plugin: NonNullable<ToolGroup["pulumiPlugin"]>): Promise<boolean> {
  if (fs.existsSync(pulumiPluginFolder(plugin))) {
    return true;
  }
  const vendor = pluginDownload(plugin);
  const url = downloadUrl(vendor, vendor.url, plugin.binary);
  const { checksums, unverified } = trustOfUser();
  const expected = checksums[url];
  if ((expected === undefined && !unverified) || !(await isReachable(url))) {
    return false;
  }
  if (expected === undefined) {
    say(`! ${url} is used without a checksum (DOWNLOAD_UNVERIFIED=0 builds it instead)`);
  }
  await step(`Fetching Pulumi's ${plugin.name} provider ${plugin.version}`, () =>
    pulumiPluginInstall(plugin, ...(expected === undefined ? [] : ["--checksum", expected])),
  );
  return true;
}

async function pulumiPluginInstall(
  plugin: { name: string; version: string },
  ...options: string[]
): Promise<void> {
  const args = ["plugin", "install", "resource", plugin.name, plugin.version, ...options];
  await run(path.join(TOOLS_BIN, "pulumi"), args, { env: { PULUMI_SKIP_UPDATE_CHECK: "true" } });
}

async function installGroup(group: ToolGroup): Promise<void> {
  const plugin = group.pulumiPlugin;
  const missing: string[] = [];
  for (const [name, binary] of Object.entries(group.binaries)) {
    if (name === plugin?.binary) {
      if (!(await hasPulumiPlugin(plugin))) {
        missing.push(name);
      }
      continue;
    }
    const found = await findOnPath(name, binary);
    if (found === undefined) {
      missing.push(name);
    } else {
      link(name, found);
    }
  }
  if (missing.length === 0) {
    return;
  }
  const folder = await provide(group);
  for (const name of missing) {
    if (name === plugin?.binary) {
      await step(`Installing Pulumi's ${plugin.name} provider ${plugin.version}`, () =>
        pulumiPluginInstall(plugin, "--file", path.join(folder, name)),
      );
    } else {
      link(name, path.join(folder, name));
    }
  }
}

/** Installs the named groups, or all but those that have to be named. Quick if everything is there. */
export async function installTools(names?: readonly string[]): Promise<void> {
  fs.mkdirSync(TOOLS_BIN, { recursive: true });
  const kubernetes = kubernetesGroup();
  for (const group of TOOL_GROUPS) {
    const isWanted = names === undefined ? !group.onlyByName : names.includes(group.name);
    if (isWanted) {
      await installGroup(group.name === "kubernetes" ? kubernetes : group);
    }
  }
  say(`Tools are in place: ${TOOLS_BIN}`);
}

/** What `make up` may run on. */
const PLATFORMS = ["linux", "darwin"].flatMap((system) =>
  ["amd64", "arm64"].map((arch) => ({ os: system, arch })),
);

/** Downloads all that is to be downloaded, for every platform, and writes down what it is. */
export async function writeChecksums(): Promise<void> {
  const work = fs.mkdtempSync(path.join(os.tmpdir(), "checksums-"));
  const found: Record<string, string> = {};
  try {
    for (const { name, vendor, binaries, pulumiPlugin } of TOOL_GROUPS) {
      const downloads: [VendorDownload, string[]][] = [];
      if (vendor !== undefined) {
        downloads.push([vendor, Object.keys(binaries)]);
      }
      if (pulumiPlugin !== undefined) {
        downloads.push([pluginDownload(pulumiPlugin), [pulumiPlugin.binary]]);
      }
      for (const [each, names] of downloads) {
        await step(`Downloading ${name} for all platforms`, async () => {
          Object.assign(found, await vendorChecksums(each, names, PLATFORMS, work));
        });
      }
    }
  } finally {
    fs.rmSync(work, { recursive: true, force: true });
  }
  const { text, added } = mergedChecksums(committedChecksums, found);
  fs.writeFileSync(path.join(__dirname, "checksums.json"), text);
  say(
    `${added} checksums added to local/tools/checksums.json; compare them with others' and commit`,
  );
}
