/** What the chart says to the programs of serving/, and what these know. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { at, chartFolder, ofKind, render, type Values } from "./helm";

const servingFolder = join(chartFolder, "../serving");

interface Variable {
  name: string;
  value?: string;
  valueFrom?: unknown;
}

/** What Python prints, and what it complains of. */
export function python(script: string, input = ""): { stdout: string; stderr: string } {
  const done = spawnSync(join(servingFolder, "../.venv/bin/python"), ["-c", script], {
    cwd: servingFolder,
    encoding: "utf8",
    input,
  });
  if (done.error) {
    throw done.error;
  }
  return done;
}

/**
 * The names of all settings of a class, inherited ones too. The programs refuse to start with a
 * setting they do not know.
 */
export function settingsKnownTo(module: string, settings: string): string[] {
  const script = `
import msgspec
from ${module} import ${settings}
print(*[field.encode_name for field in msgspec.structs.fields(${settings})])`;
  const { stdout, stderr } = python(script);
  if (stderr) {
    throw new Error(stderr);
  }
  return stdout.trim().split(" ");
}

/** The server's container; that of the canary is on track 1. */
export const server = (values: Values, track = 0): unknown =>
  at(ofKind(render(values), "Deployment")[track], "spec.template.spec.containers.0");

/** The server's variables whose names begin like that, without this beginning. */
export function settingsWith(prefix: string, values: Values, track = 0): Record<string, unknown> {
  const variables = at(server(values, track), "env") as Variable[];
  return Object.fromEntries(
    variables
      .filter(({ name }) => name.startsWith(prefix))
      .map(({ name, value, valueFrom }) => [name.slice(prefix.length), value ?? valueFrom]),
  );
}
