/** Writes the table of docs/versions.md: `npm run versions:generate`; a test says when it is stale. */
import * as fs from "node:fs";
import * as path from "node:path";
import { PROJECT_DIR } from "../settings";
import { support } from "./support";

const file = path.join(PROJECT_DIR, "docs", "versions.md");

function table(): string {
  const rows = support().map(({ name, use, pinned, until, source, kept }) => [
    name,
    use,
    pinned,
    until ?? "not stated",
    [source.replace(/^not stated; /, ""), ...(kept ? [`kept: ${kept.because}`] : [])].join("; "),
    kept?.review ?? "",
  ]);
  const head = ["What", "For", "Pinned", "Fixes until", "Says who", "Review by"];
  return [head, head.map(() => "---"), ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}

/** The document as it is, and as it should be. */
export function versions(): { found: string; wanted: string } {
  const found = fs.readFileSync(file, "utf8");
  const wanted = found.replace(
    /(<!-- begin of [^>]*-->\n).*(\n<!-- end of )/s,
    (_, begin: string, end: string) => `${begin}\n${table()}\n${end}`,
  );
  return { found, wanted };
}

if (require.main === module) {
  fs.writeFileSync(file, versions().wanted);
}
