/** Writes the table of docs/versions.md. */
import { support } from "../../local/tools/support";

export function versions(): string {
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
