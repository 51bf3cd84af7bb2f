/** Tools built from their official Go modules, for machines that reach no vendor's site. */
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { run } from "../../shared/run";
import { UserError } from "../../shared/userError";
import { installPackages, missingDebianPackages } from "../node/packages";
import type { ToolGroup } from "./catalogue";
import { executablesOnPath } from "./onPath";

const MINIMUM_GO = "1.26";

/** Committed files that decide what a build gives: go.mod, go.sum, and the code beside them. */
function sourceFiles(folder: string): string[] {
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /(^go\.(mod|sum)|\.go|-exec)$/.test(entry.name))
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();
}

/** Name of the cache folder for a group: another version, go.sum or build setting is another name. */
export function cacheKey(group: ToolGroup, folder: string): string {
  const hash = createHash("sha256").update(JSON.stringify([group, process.platform, process.arch]));
  for (const file of sourceFiles(folder)) {
    hash.update(`\0${file}\0`).update(fs.readFileSync(path.join(folder, file)));
  }
  return `${group.name}-${hash.digest("hex").slice(0, 12)}`;
}

/** Builds all binaries of a group. Go's own cache makes an interrupted build resume. */
export async function buildTools(
  group: ToolGroup,
  folder: string,
  workFolder: string,
  outputFolder: string,
): Promise<void> {
  if (executablesOnPath("go").length === 0) {
    throw new UserError(
      `${Object.keys(group.binaries).join(", ")}: not on PATH, no download whose checksum is in local/tools/checksums.json can be had here, and Go to build it is missing`,
      `install Go ${MINIMUM_GO} or later, or put the tool on PATH${
        group.vendor === undefined && group.pulumiPlugin === undefined
          ? ""
          : "; or set DOWNLOAD_UNVERIFIED=1 to take it from its vendor's site as it is"
      }`,
    );
  }
  if (group.cgo !== undefined) {
    await installPackages(await missingDebianPackages(group.cgo));
  }
  const source =
    group.embedded === undefined ? folder : await withEmbeddedFiles(group, folder, workFolder);
  const variables = Object.entries(group.linkVariables ?? {}).map(
    ([name, value]) => `-X ${name}=${value}`,
  );
  const compiled = Object.entries(group.binaries).filter(([, { isScript }]) => !isScript);
  const scripts = Object.entries(group.binaries).filter(([, { isScript }]) => isScript);
  const [name, ...others] = compiled.map(([binary]) => binary);
  fs.mkdirSync(outputFolder, { recursive: true });
  await run(
    "go",
    [
      "build",
      "-trimpath",
      "-buildvcs=false",
      `-ldflags=${["-s", "-w", ...(group.cgo ? ['-extldflags "-static"'] : []), ...variables].join(" ")}`,
      ...(group.tags === undefined ? [] : [`-tags=${group.tags.join(",")}`]),
      ...(group.unoptimised === undefined ? [] : [`-gcflags=${group.unoptimised}=-N -l`]),
      "-o",
      // One alone may be named otherwise than its package.
      path.join(outputFolder, others.length === 0 ? (name ?? "") : path.sep),
      ...compiled.map(([, binary]) => binary.package),
    ],
    // The compiler spends a good part of its time collecting garbage; memory is there to be used.
    {
      cwd: source,
      env: { CGO_ENABLED: group.cgo ? "1" : "0", GOGC: process.env.GOGC ?? "400", GOWORK: "off" },
    },
  );
  for (const [binary, { package: script }] of scripts) {
    fs.copyFileSync(path.join(folder, script), path.join(outputFolder, binary));
  }
  if (others.length === 0) {
    return;
  }
  // Several are named by their packages, whatever they are called elsewhere.
  for (const [binary, { package: main }] of compiled) {
    fs.renameSync(path.join(outputFolder, path.basename(main)), path.join(outputFolder, binary));
  }
}

/** A copy of the group's folder with the files that its main package embeds beside it. */
async function withEmbeddedFiles(
  group: ToolGroup,
  folder: string,
  workFolder: string,
): Promise<string> {
  fs.rmSync(workFolder, { recursive: true, force: true });
  fs.cpSync(folder, workFolder, { recursive: true });
  const { Dir: module } = JSON.parse(
    await run("go", ["mod", "download", "-json", `${group.module}@${group.version}`], {
      cwd: folder,
    }),
  ) as { Dir: string };
  for (const file of group.embedded ?? []) {
    const content = JSON.parse(fs.readFileSync(path.join(module, file.from), "utf8")) as object;
    fs.writeFileSync(path.join(workFolder, file.to), JSON.stringify({ ...content, ...file.set }));
  }
  return workFolder;
}
