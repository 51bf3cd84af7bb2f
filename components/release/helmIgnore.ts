import * as fs from "node:fs";
import * as path from "node:path";

type Rule = (file: string, isFolder: boolean) => boolean;

/**
 * Files of a chart that Helm loads, by path relative to the chart, sorted. Follows `.helmignore`
 * (not its negations: a file too many is only one more that counts as part of the chart).
 */
export function chartFiles(chart: string): string[] {
  const rules = [rule("templates/.?*"), ...rulesOf(path.join(chart, ".helmignore"))];
  const files: string[] = [];
  const walk = (folder: string) => {
    for (const entry of fs.readdirSync(path.join(chart, folder), { withFileTypes: true })) {
      const file = path.posix.join(folder, entry.name);
      if (rules.some((isIgnored) => isIgnored(file, entry.isDirectory()))) {
        continue;
      }
      if (entry.isDirectory()) {
        walk(file);
      } else {
        files.push(file);
      }
    }
  };
  walk("");
  return files.sort();
}

function rulesOf(ignoreFile: string): Rule[] {
  const text = fs.existsSync(ignoreFile) ? fs.readFileSync(ignoreFile, "utf8") : "";
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !/^[#!]/.test(line))
    .map(rule);
}

function rule(line: string): Rule {
  const onlyFolders = line.endsWith("/");
  const glob = onlyFolders ? line.slice(0, -1) : line;
  const pattern = globPattern(glob.replace(/^\//, ""));
  return (file, isFolder) =>
    (isFolder || !onlyFolders) &&
    // Without a slash it is about names, in whatever folder.
    pattern.test(glob.includes("/") ? file : path.posix.basename(file));
}

function globPattern(glob: string): RegExp {
  const source = glob
    .replace(/[.+^${}()|\\]/g, "\\$&")
    .replace(/\*/g, "[^/]*")
    .replace(/\?/g, "[^/]");
  return new RegExp(`^${source}$`);
}
