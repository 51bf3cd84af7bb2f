/** What MLflow writes beside a model, and what an image makes of it. */
import * as fs from "node:fs";
import * as path from "node:path";
import { defaults } from "../arguments/defaults";
import type { LocalModel } from "./localModel";

/** Says so if packages are named where nobody reads them. */
export function unreadRequirements(model: LocalModel): string | undefined {
  if (model.format !== "folder" || !has(model, "conda.yaml")) {
    return undefined;
  }
  return (
    `${path.join(model.path, "conda.yaml")} is not read, and there is no requirements.txt beside it; ` +
    "write the packages that conda.yaml has below pip into one, or name another file in image.requirements " +
    "(none, if the server's own packages are enough)"
  );
}

/** What is to be known of a model that another Python has saved. */
export function pythonNotes(model: LocalModel): string[] {
  const saved = model.format === "folder" ? savedBy(model.path) : undefined;
  const { python } = defaults.image;
  return saved === undefined || saved === python
    ? []
    : [
        `${model.path} was saved by Python ${saved}, and the image has ${python}: golden requests show whether it predicts the same there`,
      ];
}

/** The Python that MLflow has noted, without its last number. */
function savedBy(folder: string): string | undefined {
  const notes: [file: string, pattern: RegExp][] = [
    ["python_env.yaml", /^python: *["']?(\d+\.\d+)/m],
    ["MLmodel", /^ *python_version: *["']?(\d+\.\d+)/m],
  ];
  for (const [name, pattern] of notes) {
    const file = path.join(folder, name);
    const found = fs.existsSync(file) && pattern.exec(fs.readFileSync(file, "utf8"))?.[1];
    if (found) {
      return found;
    }
  }
  return undefined;
}

function has(model: LocalModel & { format: "folder" }, name: string): boolean {
  return model.files.some((file) => file.name === name);
}
