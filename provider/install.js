// Run by `npm install`, and so by Pulumi, when this folder becomes a package: prepares the repository around it.
const { execSync } = require("node:child_process");
const { existsSync } = require("node:fs");
const path = require("node:path");

const root = path.join(__dirname, "..");
const run = (command) => execSync(command, { cwd: root, stdio: "inherit" });

// A checkout that somebody works in has its packages, and `npm ci` would first remove them.
if (!existsSync(path.join(root, "node_modules"))) {
  run("npm ci --no-progress --loglevel=error --ignore-scripts");
}
run("node --require ts-node/register/transpile-only release/build.ts --without-types");
