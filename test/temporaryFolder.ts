import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

/** A folder for the tests of one file; removed when all tests are done. */
export function temporaryFolder(name: string): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), `model-deployment-${name}-`));
  after(() => {
    fs.rmSync(folder, { recursive: true });
  });
  return folder;
}
