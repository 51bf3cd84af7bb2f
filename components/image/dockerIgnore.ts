import * as fs from "node:fs";

/** Says of a path, relative to a build context, whether its `.dockerignore` leaves it out. */
export function readDockerIgnore(ignoreFile: string): (file: string) => boolean {
  const text = fs.existsSync(ignoreFile) ? fs.readFileSync(ignoreFile, "utf8") : "";
  const rules = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const exception = line.startsWith("!");
      const glob = line.slice(exception ? 1 : 0).replace(/^\/+|\/+$/g, "");
      return { exception, pattern: globPattern(glob) };
    });
  // The last rule that matches decides.
  return (file) => rules.filter(({ pattern }) => pattern.test(file)).at(-1)?.exception === false;
}

/** Matches what a glob names, and everything below it. */
function globPattern(glob: string): RegExp {
  const source = glob
    .replace(/[.+^${}()|\\]/g, "\\$&")
    .replace(/\*\*\/|\*\*|\*|\?/g, (wildcard) =>
      wildcard === "**/"
        ? "(.*/)?"
        : wildcard === "**"
          ? ".*"
          : `[^/]${wildcard === "*" ? "*" : ""}`,
    );
  return new RegExp(`^${source}(/|$)`);
}
