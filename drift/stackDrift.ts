/** Drift of a whole stack, whichever providers have deployed it. */
import { run } from "../shared/run";
import { type Drift, type DriftOptions, findDrift } from "./findDrift";
import { type Deployed, deployedIn } from "./stackState";

export interface DeployedStack {
  name: string;
  /** Folder of its project. */
  project: string;
  /** What `pulumi stack export` says. */
  exported: unknown;
}

export async function findStackDrift(stack: DeployedStack, options: DriftOptions): Promise<Drift> {
  const drifts: Drift[] = [];
  for (const deployed of deployedIn(stack.exported)) {
    drifts.push(await findDrift(await withKubeconfig(deployed, stack), options));
  }
  return {
    isAnswered: drifts.every(({ isAnswered }) => isAnswered),
    releases: drifts.reduce((sum, { releases }) => sum + releases, 0),
    objects: drifts.reduce((sum, { objects }) => sum + objects, 0),
    findings: drifts.flatMap(({ findings }) => findings),
    owners: drifts.flatMap(({ owners }) => owners),
    uncompared: drifts.flatMap(({ uncompared }) => uncompared),
  };
}

/** A kubeconfig that is a secret is not in the state; the stack's config has it, for who can decrypt it. */
async function withKubeconfig(
  deployed: Deployed,
  { name, project }: DeployedStack,
): Promise<Deployed> {
  if (!deployed.hasSecretKubeconfig) {
    return deployed;
  }
  const args = ["config", "get", "kubernetes:kubeconfig", "--stack", name, "--non-interactive"];
  const kubeconfig = (await run("pulumi", args, { cwd: project })).trim();
  return { ...deployed, access: { ...deployed.access, kubeconfig } };
}
