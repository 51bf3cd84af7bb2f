/** Parts of Markdown documents, safe for text from outside. */

export function bullets(title: string, lines: readonly string[]): string[] {
  return lines.length === 0
    ? []
    : [[`**${title}:**`, "", ...lines.map((line) => `- ${line}`)].join("\n")];
}

export function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

/** Text from outside in one line of a table or list, where it must not be markup. */
export function cell(text: string): string {
  return escaped(text)
    .replaceAll("|", "\\|")
    .replace(/\s*\n\s*/g, " ");
}

export function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll("@", "&#64;");
}

/** Inline code; a back-tick in it would end it. */
export function code(text: string): string {
  return text === ""
    ? ""
    : `\`${text.replaceAll("`", "'").replaceAll("|", "\\|").replaceAll("\n", " ")}\``;
}

/** A block of code; a fence longer than any in it cannot be ended by it. */
export function fenced(text: string, language = ""): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(Math.max(3, longest + 1));
  return `${fence}${language}\n${text}\n${fence}`;
}
