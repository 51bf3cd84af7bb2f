/** A program in one of the languages, and how it comes to an SDK of the package. */
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { PROJECT_DIR } from "../../local/settings";
import { type RunResult, tryRun } from "../../shared/run";

export const LANGUAGES = ["go", "python", "typescript", "yaml"] as const;
export type Language = (typeof LANGUAGES)[number];

/** Holds what `examples/python/requirements.txt` asks for, see the Makefile. */
const PYTHON = path.join(PROJECT_DIR, ".tools", "languages", "bin");
const SDK = "./sdks/pulumi-model-deployment";
const NPM = ["--no-progress", "--loglevel=error", "--no-audit", "--no-fund", "--prefer-offline"];
const PIP = ["--quiet", "--disable-pip-version-check", "--force-reinstall", "--no-deps"];

/** What makes the SDK known to the program, as Pulumi does by itself; and what checks the program by its types. */
const COMMANDS: Record<Language, { link?: string[]; check?: string[] }> = {
  // Its go.mod says already where the SDK lies.
  go: { check: ["go", "vet", ".", "example.com/pulumi-model-deployment/sdk/go/..."] },
  python: {
    link: ["pip", "install", ...PIP, SDK],
    // Pulumi's generator gives a helper of its own a type that mypy does not follow.
    check: ["mypy", "--strict", "--follow-imports=silent", "__main__.py"],
  },
  typescript: {
    link: ["npm", "install", ...NPM],
    check: ["node_modules/.bin/tsc", "--noEmit", "--project", "."],
  },
  yaml: {},
};

export class Program {
  constructor(
    readonly language: Language,
    readonly folder: string,
    private readonly env: Record<string, string>,
  ) {}

  get check(): string[] | undefined {
    return COMMANDS[this.language].check;
  }

  /** `pulumi package add`, of which language hosts that are older than the CLI do the first half only. */
  async addPackage(source: string): Promise<void> {
    const { code, stdout, stderr } = await this.tryPulumi("package", "add", source);
    if (code !== 0) {
      assert.match(stderr, /^error: linking package: grpc: /m, `${stdout}\n${stderr}`);
    }
    if (this.language === "typescript") {
      this.mendImports();
    }
    const [command, ...args] = COMMANDS[this.language].link ?? [];
    if (command !== undefined) {
      await this.run(command, ...args);
    }
  }

  /** A host of that age that Go 1.26 has built takes the folder of the types for the one above it. */
  private mendImports(): void {
    for (const file of ["index.ts", "input.ts", "output.ts"]) {
      const types = path.join(this.folder, SDK, "types", file);
      const text = fs.readFileSync(types, "utf8");
      const mended = text.replace(/from "\.\/(utilities|types\/(?:in|out)put)"/g, 'from "../$1"');
      fs.writeFileSync(types, mended);
    }
  }

  tryRun(program: string, ...args: string[]): Promise<RunResult> {
    const env = {
      ...this.env,
      PATH: [PYTHON, this.env.PATH ?? process.env.PATH].join(path.delimiter),
      // As the tools are built, so that what they have in common with the program is compiled already.
      CGO_ENABLED: "0",
      GOFLAGS: "-trimpath -buildvcs=false",
    };
    return tryRun(program, args, { cwd: this.folder, env });
  }

  async run(program: string, ...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.tryRun(program, ...args);
    assert.equal(code, 0, `${program} ${args.join(" ")}:\n${stdout}\n${stderr}`);
    return stdout;
  }

  pulumi(...args: string[]): Promise<string> {
    return this.run("pulumi", ...args, "--non-interactive");
  }

  tryPulumi(...args: string[]): Promise<RunResult> {
    return this.tryRun("pulumi", ...args, "--non-interactive");
  }
}
