import { execFileSync } from "node:child_process";
import { join } from "node:path";

const root = join(__dirname, "../..");

/** TypeScript as the rest of the package is formatted, so that its linter takes it. */
export function formatted(path: string, source: string): string {
  return execFileSync(
    join(root, "node_modules/.bin/biome"),
    ["format", `--stdin-file-path=${path}`],
    { cwd: root, input: source, encoding: "utf8" },
  );
}
