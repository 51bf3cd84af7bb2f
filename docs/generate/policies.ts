/** Writes the reference of the policies, the table of docs/policies.md. */
import { environments } from "../../policy/environment";
import { rules } from "../../policy/rules";

export function policies(): string {
  const rows = rules.map((rule) => [
    `\`${rule.name}\``,
    rule.description,
    ...environments.map((environment) => rule.severity[environment]),
  ]);
  const head = ["Policy", "What must hold", ...environments];
  return [head, head.map(() => "---"), ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}
