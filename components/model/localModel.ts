/** A model on this machine, be it a file or a folder. */
import * as fs from "node:fs";
import * as path from "node:path";
import { findGolden, type ModelFile, readModelFile } from "./file";
import { type ModelFolder, onlyFile, readModelFolder } from "./folder";

export type LocalModel = ModelFile | ModelFolder;

/**
 * Reads what identifies a model. A folder that holds nothing but the model's file, and golden requests for it, is
 * the same model as that file.
 *
 * @param golden path of the golden requests; by default `golden.json` beside the model's file or in its folder
 */
export function readModel(location: string, golden?: string): LocalModel {
  if (!fs.statSync(location, { throwIfNoEntry: false })?.isDirectory()) {
    return readModelFile(location, golden);
  }
  const file = onlyFile(location);
  return file === undefined
    ? readModelFolder(location, findGolden(location, golden))
    : readModelFile(file, golden);
}

/** What a server finds of it: where each file lies on this machine, by its path in the model's folder. */
export function contentsOf(model: LocalModel): Map<string, string> {
  const files =
    model.format === "folder"
      ? model.files.map(({ name, source }): [string, string] => [name, source])
      : [[`model.${model.format}`, model.path] as [string, string]];
  const golden: [string, string][] =
    model.goldenPath === undefined ? [] : [["golden.json", model.goldenPath]];
  return new Map([...files, ...golden]);
}

/** The folder in which what belongs to the model lies. */
export function folderOf(model: LocalModel): string {
  return model.format === "folder" ? model.path : path.dirname(model.path);
}
