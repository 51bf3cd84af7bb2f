/** From a fresh checkout to a prediction, and back. */
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { tooLarge } from "../components/config/size";
import { completeRow, findGolden, type Golden } from "../shared/golden";
import { awaitPrediction } from "../shared/predict";
import { say, step } from "../shared/progress";
import { run, tryRun } from "../shared/run";
import { UserError } from "../shared/userError";
import { environment, PULUMI_STATE_DIR, readStackConfig, usesLocalPlatform } from "./environment";
import * as platform from "./platform";
import { MODELS_DIR, PROJECT_DIR, TOOLS_BIN } from "./settings";
import { installTools } from "./tools/install";

/** What the program exports for each model. */
export interface DeployedModel {
  releaseName: string;
  namespace: string;
  image: string;
  model: { name: string; version: string; sha256: string };
  url: string;
  ingressUrl?: string;
}

const pulumi = path.join(TOOLS_BIN, "pulumi");

async function selectStack(stack: string, env: Record<string, string>): Promise<void> {
  if (env.PULUMI_BACKEND_URL === `file://${PULUMI_STATE_DIR}`) {
    fs.mkdirSync(PULUMI_STATE_DIR, { recursive: true });
  }
  await run(pulumi, ["stack", "select", "--create", stack], { cwd: PROJECT_DIR, env });
}

async function pulumiCommand(
  args: string[],
  env: Record<string, string>,
  remedy: string,
): Promise<void> {
  const { code } = await tryRun(pulumi, args, { cwd: PROJECT_DIR, env, inherit: true });
  if (code !== 0) {
    throw new UserError(`pulumi ${args[0]} ended with ${code ?? "a signal"}`, remedy);
  }
}

async function deployedModels(
  env: Record<string, string>,
  stack: string,
): Promise<DeployedModel[]> {
  const output = await run(pulumi, ["stack", "output", "--json", "--stack", stack], {
    cwd: PROJECT_DIR,
    env,
  });
  const { models } = JSON.parse(output) as { models: Record<string, DeployedModel> };
  return Object.values(models);
}

/** Reaches a model's Service through the API server while the work goes on. */
async function withPortForward<T>(
  model: DeployedModel,
  env: Record<string, string>,
  work: (url: string) => Promise<T>,
): Promise<T> {
  const args = [
    "port-forward",
    `--namespace=${model.namespace}`,
    `service/${model.releaseName}`,
    ":80",
  ];
  const child = spawn("kubectl", args, {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const port = await new Promise<string>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`kubectl port-forward ended with ${code}`)));
      child.stdout.on("data", (line: Buffer) => {
        const found = /127\.0\.0\.1:(\d+)/.exec(line.toString())?.[1];
        if (found !== undefined) {
          resolve(found);
        }
      });
    });
    return await work(`http://127.0.0.1:${port}`);
  } finally {
    child.removeAllListeners("exit");
    child.kill();
  }
}

async function predict(
  model: DeployedModel,
  golden: Golden,
  env: Record<string, string>,
): Promise<void> {
  const { name, version } = model.model;
  const check = (url: string) => awaitPrediction(url, { golden, sha256: model.model.sha256 });
  const answer = await step(`Asking ${name} ${version} for a prediction`, () =>
    model.ingressUrl === undefined ? withPortForward(model, env, check) : check(model.ingressUrl),
  );
  say(`✓ ${name} ${version} answers ${answer.body.trim()}, as plain XGBoost does`);
}

export function nextSteps(model: DeployedModel, golden: Golden | undefined): string {
  const url = model.ingressUrl ?? "http://127.0.0.1:8000";
  const forward =
    model.ingressUrl === undefined
      ? `  kubectl port-forward --namespace ${model.namespace} service/${model.releaseName} 8000:80 &\n`
      : "";
  const features = JSON.stringify(golden?.features[completeRow(golden) ?? 0] ?? []);
  const { host, hostname } = new URL(url);
  const isLocal = hostname.endsWith(".localhost");
  const address = isLocal ? url.replace(host, host.replace(hostname, "127.0.0.1")) : url;
  return `${model.model.name} ${model.model.version}: ${url}
  image ${model.image}

Ask it yourself:
${forward}  curl ${url.replace(/\/$/, "")}/predict --header 'content-type: application/json' --data '{"features": ${features}}'
  python3 -c 'import json, urllib.request as r
body = json.dumps({"features": ${features}}).encode()
headers = {"content-type": "application/json"${isLocal ? `, "host": "${host}"` : ""}}
print(r.urlopen(r.Request("${address.replace(/\/$/, "")}/predict", body, headers)).read().decode())'
${
  isLocal
    ? `
Curl and browsers know that *.localhost is this machine. Most other programs do not: they take the address
http://127.0.0.1:${new URL(url).port || 80} and the host ${host} in a header, as above.
`
    : ""
}`;
}

/** Deploys a stack and asks every sample model in it for a prediction. */
export async function up(stack: string): Promise<void> {
  const config = readStackConfig(stack);
  if (config === "") {
    throw new UserError(
      `Pulumi.${stack}.yaml does not exist`,
      `copy Pulumi.dev.yaml to Pulumi.${stack}.yaml and edit it`,
    );
  }
  const large = tooLarge(stack, (parse(config) as { config?: object }).config ?? {});
  if (large !== undefined) {
    throw new UserError(large.message, large.remedy);
  }
  const local = usesLocalPlatform(config);
  // Helm renders what the policies judge.
  await installTools([
    ...["pulumi", "pulumi-language-nodejs", "pulumi-kubernetes", "docker-build", "helm"],
  ]);
  if (local) {
    await platform.up();
  } else {
    say(`Stack ${stack} names a registry of your own: using the current kube context`);
  }
  const env = environment(local);
  await selectStack(stack, env);
  await step(
    `pulumi up, stack ${stack}`,
    () =>
      pulumiCommand(
        ["up", "--yes", "--skip-preview", "--policy-pack", "policy", "--stack", stack],
        env,
        "correct what the messages above name, then run it again: what is deployed still serves",
      ),
    "2 minutes the first time, seconds if nothing changes",
  );
  const models = await deployedModels(env, stack);
  for (const model of models) {
    const golden = findGolden(model.model.sha256, MODELS_DIR);
    if (golden === undefined || completeRow(golden) === undefined) {
      say(`${model.model.name}: no golden requests here that every server takes, none sent`);
    } else {
      await predict(model, golden, env);
    }
  }
  for (const model of models) {
    process.stdout.write(`\n${nextSteps(model, findGolden(model.model.sha256, MODELS_DIR))}`);
  }
  process.stdout.write(`
Next:
  pulumi config set --path 'models.${models[0]?.model.name}.tag' 2.0.0   a new model is one line
  make up                 apply it
  eval "$(make env)"      use pulumi, kubectl and helm yourself
  make down               remove everything
`);
}

/** Destroys a stack; stops the local platform if the stack ran there. */
export async function down(stack: string): Promise<void> {
  const local = usesLocalPlatform(readStackConfig(stack));
  const env = environment(local);
  const hasStack = fs.existsSync(pulumi) && (!local || (await platform.isRunning()));
  if (hasStack) {
    const selected = await tryRun(pulumi, ["stack", "select", stack], { cwd: PROJECT_DIR, env });
    if (selected.code === 0) {
      await pulumiCommand(
        ["destroy", "--yes", "--skip-preview", "--stack", stack],
        env,
        "`make platform-down` stops the local platform all the same",
      );
    }
  }
  if (!local) {
    return;
  }
  await platform.down();
  // Without its cluster the state describes nothing.
  if (env.PULUMI_BACKEND_URL === `file://${PULUMI_STATE_DIR}`) {
    fs.rmSync(PULUMI_STATE_DIR, { recursive: true, force: true });
  }
}
