import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";

/**
 * Remembers that the chart was rendered for a model. Rendering depends on nothing but its inputs and
 * takes most of what a changed model costs in a preview, and there may be several before the update.
 */
export class RenderCache {
  private readonly file: string;
  private readonly digest: string;

  /** @param inputs all that the result depends on, the files of the chart included */
  constructor(name: string, inputs: readonly string[]) {
    // Beside the copies for the builders: ignored by git, safe to delete. No image is named so.
    this.file = path.join(".staging", pulumi.getStack(), ".rendered", name);
    this.digest = createHash("sha256").update(JSON.stringify(inputs)).digest("hex");
  }

  get isKnown(): boolean {
    return fs.existsSync(this.file) && fs.readFileSync(this.file, "utf8") === this.digest;
  }

  remember(): void {
    fs.mkdirSync(path.dirname(this.file), { recursive: true });
    fs.writeFileSync(this.file, this.digest);
  }
}
