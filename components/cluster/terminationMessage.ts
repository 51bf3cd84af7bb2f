/** What a program said last, made readable and free of what nobody else should read. */
import { redactSecrets } from "../../shared/redactSecrets";

const MAX_LINES = 4;
const MAX_CHARACTERS = 800;

interface LogLine {
  level?: string;
  message: string;
}

/**
 * The lines that tell why a program ended: of structured logs the last error, of others the end.
 * Empty if it said nothing.
 */
export function lastWords(log: string | undefined): string[] {
  const lines = (log ?? "").split("\n").filter((line) => line.trim() !== "");
  const error = lines
    .map(parsed)
    .filter((line) => /^(error|critical|fatal)$/i.test(line?.level ?? ""))
    .at(-1);
  const chosen =
    error === undefined
      ? lines.slice(-MAX_LINES).map((line) => parsed(line)?.message ?? line)
      : [error.message];
  return shortened(redactSecrets(chosen.join("\n")))
    .split("\n")
    .filter((line) => line !== "");
}

function parsed(line: string): LogLine | undefined {
  if (!line.startsWith("{")) {
    return undefined;
  }
  try {
    const { level, message, msg } = JSON.parse(line) as Record<string, unknown>;
    const text = message ?? msg;
    return typeof text === "string" ? { level: String(level), message: text } : undefined;
  } catch {
    return undefined;
  }
}

/** The end of a long text, which is where programs say what went wrong. */
function shortened(text: string): string {
  return text.length <= MAX_CHARACTERS ? text : `…${text.slice(-MAX_CHARACTERS)}`;
}
