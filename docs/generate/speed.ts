/** Writes the measurements of the program, the tables of docs/speed.md. */
import {
  inFiles,
  manyModels,
  newModelsTable,
  oneModel,
  readResults,
} from "../../bench/program/report";

export function measurements(): string {
  const results = readResults("bench/program/results");
  return [
    "## Nothing to change",
    oneModel(results),
    "## Many models in one stack",
    manyModels(results),
    ...(results.manyModels === undefined ? [] : [inFiles(results)]),
    ...(results.newModels === undefined ? [] : ["## A new model", newModelsTable(results)]),
  ].join("\n\n");
}
