/** docs/runbook.md as the tests use it: what it says is seen must be seen, what it says helps must help. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { environment } from "../../local/environment";
import { PROJECT_DIR } from "../../local/settings";
import { tryRun } from "../../shared/run";
import type { WorkingCopy } from "../end-to-end/workingCopy";

const RUNBOOK = path.join(PROJECT_DIR, "docs", "runbook.md");

export interface Entry {
  /** Messages by which it is recognised; `…` stands for anything, `<word>` for one word. */
  symptoms: string[];
  /** Commands that put it right, one after the other. */
  commands: string[];
}

/** The entry with this heading. */
export function runbookEntry(heading: string): Entry {
  const text = fs.readFileSync(RUNBOOK, "utf8");
  const section = text.split(/^## /m).find((part) => part.split("\n")[0] === heading);
  assert.ok(section, `docs/runbook.md has no entry "${heading}"`);
  const [, seen = ""] = /^```text\n([\s\S]*?)^```$/m.exec(section) ?? [];
  const [, done = ""] = /^```sh\n([\s\S]*?)^```$/m.exec(section) ?? [];
  const lines = (block: string) => block.split("\n").filter((line) => line.trim() !== "");
  return { symptoms: lines(seen), commands: lines(done) };
}

/** Headings of all entries. */
export function runbookHeadings(): string[] {
  return [...fs.readFileSync(RUNBOOK, "utf8").matchAll(/^## (.*)$/gm)].map(([, name = ""]) => name);
}

function pattern(symptom: string): RegExp {
  const escaped = symptom.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(escaped.replaceAll("…", "[\\s\\S]*?").replace(/<[a-z0-9 -]+>/g, "\\S+"));
}

/** Whether one of the messages of an entry is in what was printed. */
export function isSeen(heading: string, printed: string): boolean {
  return runbookEntry(heading).symptoms.some((symptom) => pattern(symptom).test(printed));
}

/** Every message of an entry must be in what was printed. */
export function assertSeen(heading: string, printed: string): void {
  const { symptoms } = runbookEntry(heading);
  assert.ok(symptoms.length > 0, `"${heading}" names no message`);
  for (const symptom of symptoms) {
    assert.match(printed, pattern(symptom), `"${heading}" says that this is seen`);
  }
}

/**
 * Does what an entry says, in the folder of the stack.
 *
 * @param names what stands for the placeholders of the commands
 * @param printed where the commands stand of which the page cannot know the placeholders
 */
export async function follow(
  heading: string,
  copy: WorkingCopy,
  { names = {}, printed = "" }: { names?: Record<string, string>; printed?: string } = {},
): Promise<void> {
  const { commands } = runbookEntry(heading);
  assert.ok(commands.length > 0, `"${heading}" has no commands`);
  const lines = printed.split("\n").map((line) => line.trim());
  for (const template of commands) {
    const command = Object.entries(names).reduce(
      (text, [name, value]) => text.replaceAll(`<${name}>`, value),
      template,
    );
    const [beginning = ""] = command.split("<");
    const isKnown = beginning === command;
    for (const line of isKnown ? [command] : lines.filter((one) => one.startsWith(beginning))) {
      // Who reads the page answers pulumi's question with yes.
      const env = { ...environment(true), ...copy.env, PULUMI_SKIP_CONFIRMATIONS: "true" };
      const result = await tryRun("bash", ["-c", line], { cwd: copy.folder, env });
      assert.equal(result.code, 0, `${line}\n${result.stdout}${result.stderr}`);
    }
  }
}
