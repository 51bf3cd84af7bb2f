import * as fs from "node:fs";
import * as path from "node:path";
import { chartFiles } from "../components/release/helmIgnore";
import { packageFolder, relativeToProgram } from "../shared/packageFolder";

/**
 * The chart of this package, for a Release of a program elsewhere. Pulumi keeps packages in its own folder,
 * which is another one on every machine, and a Release records where its chart was. So the chart is copied to
 * where the build contexts lie, beside the program: `.staging/chart`, the same path on every machine.
 */
export function stageChart(chart: string = packageFolder("chart")): string {
  const target = path.join(".staging", "chart");
  const wanted = new Set(chartFiles(chart));
  if (fs.existsSync(target)) {
    for (const file of chartFiles(target).filter((file) => !wanted.has(file))) {
      fs.rmSync(path.join(target, file));
    }
  }
  for (const file of wanted) {
    copyIfDifferent(path.join(chart, file), path.join(target, file));
  }
  return relativeToProgram(target);
}

function copyIfDifferent(source: string, target: string): void {
  const content = fs.readFileSync(source);
  if (fs.existsSync(target) && fs.readFileSync(target).equals(content)) {
    return;
  }
  fs.mkdirSync(path.dirname(target), { recursive: true });
  // Renamed into place: another program of this folder may be reading it.
  const temporary = `${target}.${process.pid}.tmp`;
  fs.writeFileSync(temporary, content);
  fs.renameSync(temporary, target);
}
