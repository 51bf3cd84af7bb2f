/** Says in time that a release to be made exists already, which Helm says last and less clearly. */
import type * as pulumi from "@pulumi/pulumi";
import { UserError } from "../../shared/userError";
import { connect } from "../cluster/access";
import type * as queriesModule from "./clusterQueries";
import { textOf } from "./finding";
import { findingOfNewRelease, findingOfRelease } from "./releases";
import { allWarned } from "./warnings";

const TIMEOUT_MS = 10_000;

/**
 * The hook of releases whose cluster is the default one. It runs in previews as well, and only for what the
 * stack's state does not have: nothing but the engine knows that.
 */
export async function refuseExistingRelease({
  newInputs = {},
}: Pick<pulumi.ResourceHookArgs, "newInputs">): Promise<void> {
  const { name, namespace }: Record<string, unknown> = newInputs;
  if (typeof name !== "string" || typeof namespace !== "string") {
    return;
  }
  const { ClusterQueries } = require("./clusterQueries") as typeof queriesModule;
  let cluster: queriesModule.ClusterQueries;
  try {
    cluster = new ClusterQueries(connect(), TIMEOUT_MS);
  } catch {
    return;
  }
  const release = { namespace, name };
  const revisions = await cluster.revisions(namespace, [name]);
  const finding = findingOfRelease(release, revisions) ?? findingOfNewRelease(release, revisions);
  if (finding !== undefined) {
    await allWarned();
    throw new UserError(`Helm would refuse to install:\n${textOf([finding])}`);
  }
}
