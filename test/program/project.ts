/** A copy of this project on a machine that reaches no cluster, no Docker daemon and no account. */
import * as fs from "node:fs";
import * as path from "node:path";
import { stringify } from "yaml";
import { PROJECT_DIR } from "../../local/settings";
import { type Preview, readEvents } from "../../review/events";
import { type RunResult, tryRun } from "../../shared/run";
import { WorkingCopy } from "../end-to-end/workingCopy";
import { environmentOfNowhere } from "./nowhere";

export class Project {
  private constructor(
    private readonly copy: WorkingCopy,
    private readonly env: Record<string, string>,
  ) {}

  static create(): Project {
    const copy = WorkingCopy.create("program");
    return new Project(copy, environmentOfNowhere(copy.pathBeside()));
  }

  /** Writes a stack's whole configuration, in the project's namespace unless it names another. */
  writeConfig(stack: string, config: Record<string, unknown>): void {
    const keys = Object.entries(config).map(([key, value]) => [
      key.includes(":") ? key : `model-deployment:${key}`,
      value,
    ]);
    fs.writeFileSync(
      this.path(`Pulumi.${stack}.yaml`),
      stringify({ config: Object.fromEntries(keys) }),
    );
  }

  path(...names: string[]): string {
    return this.copy.path(...names);
  }

  /** Someone's clone: with a state of its own in files, which the stack is made in. */
  async withState(stack: string): Promise<void> {
    const { code, stderr } = await this.run("pulumi", ["stack", "init", stack, "--no-select"]);
    if (code !== 0) {
      throw new Error(stderr);
    }
  }

  /** A real preview with the policies. */
  async preview(stack: string): Promise<RunResult & Preview> {
    const log = this.copy.pathBeside("events");
    fs.rmSync(log, { force: true });
    const args = ["preview", "--stack", stack, "--policy-pack", "policy", "--event-log", log];
    // The option is hidden without this.
    const result = await this.run("pulumi", args, { PULUMI_DEBUG_COMMANDS: "true" });
    return { ...result, ...readEvents(fs.readFileSync(log, "utf8")) };
  }

  /** What `make preview` prints, and the Markdown it writes. */
  async review(stack: string, { fork = false } = {}): Promise<RunResult & { markdown: string }> {
    const markdown = this.copy.pathBeside(`summary-${stack}.md`);
    fs.rmSync(markdown, { force: true });
    const cli = path.join(PROJECT_DIR, "review", "cli.ts");
    const args = ["--require", "ts-node/register/transpile-only", cli];
    const result = await this.run(
      process.execPath,
      [...args, "--project", this.path(), "--markdown", markdown, stack],
      // A fork has neither the state nor what decrypts it.
      fork ? { PULUMI_BACKEND_URL: "", PULUMI_CONFIG_PASSPHRASE: "" } : {},
    );
    return {
      ...result,
      markdown: fs.existsSync(markdown) ? fs.readFileSync(markdown, "utf8") : "",
    };
  }

  pulumi(...args: string[]): Promise<RunResult> {
    return this.run("pulumi", [...args, "--non-interactive", "--color", "never"]);
  }

  /** An edit of a stack's configuration by command, in the copy. */
  promotion(...args: string[]): Promise<RunResult> {
    const cli = path.join(PROJECT_DIR, "promotion", "cli.ts");
    const register = require.resolve("ts-node/register/transpile-only");
    return tryRun(process.execPath, ["--require", register, cli, ...args], { cwd: this.path() });
  }

  private run(
    program: string,
    args: string[],
    env: Record<string, string> = {},
  ): Promise<RunResult> {
    return tryRun(program, args, {
      cwd: program === process.execPath ? PROJECT_DIR : this.path(),
      env: {
        ...this.env,
        PULUMI_BACKEND_URL: this.copy.env.PULUMI_BACKEND_URL ?? "",
        ...env,
      },
    });
  }

  remove(): void {
    this.copy.remove();
  }
}
