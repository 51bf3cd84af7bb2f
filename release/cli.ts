/** `ts-node release/cli.ts version <x.y.z>` and `… notes <x.y.z>`: what the Makefile and the workflow call. */
import * as fs from "node:fs";
import * as path from "node:path";
import { UserError } from "../shared/userError";
import { notesOf, VERSIONED_FILES, withVersion } from "./version";

const ROOT = path.join(__dirname, "..");
const read = (name: string) => fs.readFileSync(path.join(ROOT, name), "utf8");

const COMMANDS: Record<string, (version: string) => void> = {
  /** Raises the version, everywhere it stands. */
  version(version) {
    const files = Object.fromEntries(VERSIONED_FILES.map((name) => [name, read(name)]));
    const day = new Date().toISOString().slice(0, 10);
    const changed = withVersion(files, version, read("chart/releases.yaml"), day);
    for (const [name, text] of Object.entries(changed)) {
      fs.writeFileSync(path.join(ROOT, name), text);
    }
    process.stdout.write(
      `${VERSIONED_FILES.join(", ")} say ${version}\n\nNext: git diff; commit it, and after the review: git tag v${version} && git push origin v${version}\n`,
    );
  },

  /** Prints what the change log says of a version, which must be the one of this checkout. */
  notes(version) {
    const { version: own } = JSON.parse(read("package.json")) as { version: string };
    if (version !== own) {
      throw new UserError(
        `the tag says ${version}, package.json ${own}`,
        `git tag v${own}, or make release VERSION=${version} first`,
      );
    }
    const notes = notesOf(read("CHANGELOG.md"), version);
    if (notes === "") {
      throw new UserError(`CHANGELOG.md says nothing of ${version}`);
    }
    process.stdout.write(`${notes}\n`);
  },
};

try {
  const [name = "", version = ""] = process.argv.slice(2);
  const command = COMMANDS[name];
  if (command === undefined) {
    throw new UserError(
      `unknown command “${name}”`,
      `one of: ${Object.keys(COMMANDS).join(", ")}, each with a version`,
    );
  }
  command(version);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
