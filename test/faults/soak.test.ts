/** The long run, by option: updates for minutes on end, and every answer checked by plain XGBoost. */
import * as assert from "node:assert/strict";
import * as path from "node:path";
import { PROJECT_DIR } from "../../local/settings";
import { run } from "../../shared/run";
import { TEST_TIMEOUT_MS } from "../timeouts";
import { type FaultStack, faultStack, MODELS, RECORDS } from "./stack";

/** Minutes; none by default. */
const SOAK = Number(process.env.SOAK ?? 0);
/** From the start of one update to the start of the next, in milliseconds. */
const INTERVAL = 30_000;

const title = `${SOAK} minutes with an update each 30 seconds`;

function soak(this: Mocha.Suite): void {
  this.timeout(SOAK * 60_000 + TEST_TIMEOUT_MS);

  let stack: FaultStack;

  before(async () => {
    stack = await faultStack();
    await stack.update("1.0.0");
  });

  it("lose no request and give no wrong answer", async () => {
    const versions = ["2.0.0", "1.0.0"] as const;
    let updates = 0;
    const traffic = await stack.withoutFailure(MODELS, async () => {
      const end = Date.now() + SOAK * 60_000;
      while (Date.now() < end) {
        const next = Date.now() + INTERVAL;
        stack.configure(versions[updates % 2] ?? "1.0.0");
        await stack.copy.up();
        updates += 1;
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, next - Date.now())));
      }
    });
    const requests = Object.values(traffic).reduce((sum, { total }) => sum + total, 0);
    process.stdout.write(`      ${updates} updates, ${requests} requests\n`);
    assert.ok(updates >= SOAK, "the updates take too long");
  });

  it("gave answers that plain XGBoost gives for the same features", async () => {
    const checker = path.join(__dirname, "check_record.py");
    const records = MODELS.map((model) => path.join(RECORDS, `${model}.jsonl`));
    const models = path.join(PROJECT_DIR, "models", "breast-cancer");
    const python = path.join(PROJECT_DIR, ".venv", "bin", "python");
    process.stdout.write(`      ${await run(python, [checker, models, ...records])}`);
  });
}

// Without a number of minutes there is nothing to run, and nothing that was left out.
if (SOAK > 0) {
  describe(title, soak);
}
