// Run by npm before it packs the package, and when a program installs it from git: `dist/` is no part of the
// repository. Plain JavaScript, since a fresh clone has nothing installed that could run TypeScript.
const { execSync } = require("node:child_process");
const { existsSync } = require("node:fs");
const path = require("node:path");

const root = path.join(__dirname, "..");
const run = (command) => execSync(command, { cwd: root, stdio: ["ignore", 2, 2] });

// `npm ci` in a checkout that somebody works in asks for no package.
const isOwnInstallation =
  process.env.npm_lifecycle_event === "prepare" &&
  path.resolve(process.env.npm_config_local_prefix ?? "") === root;
if (!isOwnInstallation) {
  if (!existsSync(path.join(root, "node_modules", "esbuild"))) {
    run("npm ci --no-progress --loglevel=error --ignore-scripts");
  }
  run("npm run --silent build");
}
