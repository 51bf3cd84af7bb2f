/**
 * Builds `dist/`, what other programs load: the code in one file, with the libraries that it alone uses, and its
 * types. A program then has one copy of each Pulumi SDK, and a hundredth more in `node_modules` than those need.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { build, type Metafile } from "esbuild";
import { run } from "../shared/run";

const ROOT = path.join(__dirname, "..");
const DIST = path.join(ROOT, "dist");

/** By the name in `dist/`. */
const ENTRY_POINTS = {
  index: "components/index.ts",
  "provider/index": "provider/index.ts",
  "lock/cli": "lock/cli.ts",
};

/**
 * What the program that uses the package brings along (the SDKs), and what the SDKs bring along (the agents for
 * proxies, which are loaded only where there is a proxy).
 */
const EXTERNAL = ["@pulumi/*", "http-proxy-agent", "https-proxy-agent", "socks-proxy-agent"];

async function main(): Promise<void> {
  fs.rmSync(DIST, { recursive: true, force: true });
  const entryPoints = Object.fromEntries(
    Object.entries(ENTRY_POINTS).filter(([, source]) => fs.existsSync(path.join(ROOT, source))),
  );
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints,
    outdir: DIST,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    external: EXTERNAL,
    metafile: true,
    logLevel: "warning",
  });
  fs.writeFileSync(path.join(DIST, "THIRD-PARTY-LICENSES.txt"), licences(metafile));
  // Where nobody compiles against it, they are left out: they take most of the time.
  if (process.argv.includes("--without-types")) {
    return;
  }
  const compiler = path.join(ROOT, "node_modules", "typescript", "bin", "tsc");
  await run(process.execPath, [compiler, "--project", "tsconfig.build.json"], { cwd: ROOT });
}

/** The licences of the libraries that became part of the file: they ask to be handed on with it. */
function licences({ inputs }: Metafile): string {
  const names = Object.keys(inputs).flatMap(
    (file) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? [],
  );
  return [...new Set(names)]
    .sort()
    .map((name) => {
      const folder = path.join(ROOT, "node_modules", name);
      const { version, license } = JSON.parse(
        fs.readFileSync(path.join(folder, "package.json"), "utf8"),
      ) as { version: string; license: string };
      const file = fs.readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
      if (file === undefined) {
        throw new Error(`${name} has no file with its licence, which must come along`);
      }
      const text = fs.readFileSync(path.join(folder, file), "utf8").trim();
      return `${name} ${version} (${license})\n\n${text}\n`;
    })
    .join(`\n${"-".repeat(80)}\n\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
