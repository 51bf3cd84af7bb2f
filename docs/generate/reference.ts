/** Writes the reference of all settings, the tables of docs/configuration.md. */
import { z } from "zod";
import { modelSettings, type Setting, topSettings, withNested } from "./settings";

export function reference(): string {
  const sharedSettings = topSettings.filter(({ key }) => key !== "models");
  return [
    "### Settings of a model",
    table(modelSettings),
    "### Settings for all models, or of one",
    table(sharedSettings.flatMap(withNested)),
  ].join("\n\n");
}

function table(settings: readonly Setting[]): string {
  const rows = settings.map((setting) => [
    `\`${setting.key}\``,
    setting.description,
    setting.node instanceof z.ZodObject ? "a mapping" : setting.accepts,
    defaultOf(setting),
  ]);
  const head = ["Key", "Meaning", "Accepted", "Default"];
  return [head, head.map(() => "---"), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`)
    .join("\n");
}

function defaultOf({ required, otherwise, default: byDefault }: Setting): string {
  if (required) {
    return "required";
  }
  if (byDefault !== undefined) {
    return `\`${typeof byDefault === "string" ? byDefault : JSON.stringify(byDefault)}\``;
  }
  return otherwise ?? "";
}
