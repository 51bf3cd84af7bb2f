/** Lets a stack run the model that another one has proven, by the same digests: nothing is built. */
import type { Values } from "../shared/mappings";
import { Cluster } from "./cluster";
import { historyProblem, lastDeployment, MAX_UPDATES } from "./history";
import { plan } from "./plan";
import { exportStack, stackHistory } from "./pulumiStack";
import { Refusal } from "./refusal";
import { type Move, proveImages } from "./registry";
import { type ServedModel, servedModel } from "./servedModel";
import { type Change, refuseProblems, StackFile } from "./stackFile";

export interface Promotion {
  model: string;
  from: string;
  to: string;
  /** Milliseconds the source must have served it. */
  soak: number;
  /** Ask the source's cluster. */
  checkCluster: boolean;
  /** Context of the source's cluster for kubectl. Default: what its stack uses. */
  context?: string;
}

export interface Outcome {
  file: StackFile;
  changes: Change[];
  before: Values;
  version: string;
  /** What was proven, for people. */
  facts: string[];
  /** Images that the stack is going to run, if they come from another one. */
  images?: Move[];
}

/** Proves, edits and checks; writes nothing. */
export async function promote(promotion: Promotion): Promise<Outcome> {
  const { model: name, from, to } = promotion;
  if (from === to) {
    throw new Refusal(`${name} cannot be promoted`, [`${from} is the source and the target`]);
  }
  const target = StackFile.read(to);
  const { served, facts } = await prove(promotion);
  const { changes, images } = plan(target, served, from);
  facts.push(...(await proveImages(images)));
  const file = target.withModel(name, changes);
  refuseProblems(name, target, file);
  const before = target.model(name) ?? {};
  return { file, changes, before, version: served.version, facts, images };
}

async function prove(promotion: Promotion): Promise<{ served: ServedModel; facts: string[] }> {
  const { model: name, from } = promotion;
  const [exported, history] = await Promise.all([
    exportStack(from),
    stackHistory(from, MAX_UPDATES),
  ]);
  const { served, cluster, problems } = servedModel(from, name, exported);
  const context = promotion.context === undefined ? {} : { context: promotion.context };
  const failed = historyProblem(from, history);
  if (failed !== undefined) {
    problems.unshift(failed);
  }
  const facts = [
    `the last update of ${from} succeeded, at ${lastDeployment(history)?.endTime}; nothing is pending`,
  ];
  if (served !== undefined && promotion.checkCluster) {
    const question = { stack: from, served, soak: promotion.soak };
    const finding = await new Cluster({ ...cluster, ...context }).check(question);
    facts.push(...finding.facts);
    problems.push(...finding.problems);
    if (finding.unreachable !== undefined) {
      problems.push(
        `the cluster of ${from} cannot be asked: ${finding.unreachable}. Name its context with --context, ` +
          "or promote what the stack's state says alone with --without-cluster-check",
      );
    }
  }
  if (served === undefined || problems.length > 0) {
    throw new Refusal(`${name} is not promoted from ${from}`, problems);
  }
  if (!promotion.checkCluster) {
    facts.push("the cluster was not asked, as you said");
  }
  return { served, facts };
}
