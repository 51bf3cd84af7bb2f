/** Looks, before anything is built or changed, for what would let an update fail half-way. */

import * as pulumi from "@pulumi/pulumi";
import { UserError } from "../../shared/userError";
import { defaults } from "../arguments/defaults";
import { hasEngine } from "../cluster/access";
import type { StackConfig } from "../config/resolve";
import type { ServingImageArgs } from "../image/servingImage";
import { servingImageArgs } from "../image/servingImageArgs";
import type * as clusterModule from "./cluster";
import type * as dockerModule from "./dockerDaemon";
import { type Finding, textOf } from "./finding";
import type * as registriesModule from "./registries";
import { warn, warnLater } from "./warnings";

/**
 * In an update, resolves when nothing stands in the way, and rejects with all that does. In a preview
 * it resolves at once, and what stands in the way becomes a warning.
 *
 * @returns nothing to depend on; `dependsOn` takes it
 */
export async function preflight(config: StackConfig): Promise<pulumi.Resource[]> {
  if (!config.preflight || !hasEngine()) {
    return [];
  }
  // Each with what it loads: a preview does not need the half of it.
  const { checkCluster } = require("./cluster") as typeof clusterModule;
  if (pulumi.runtime.isDryRun()) {
    warnLater([checkCluster(config, 3_000), checkBuilders(config)]);
    return [];
  }
  const found = await Promise.all([
    checkCluster(config, 10_000),
    checkBuilders(config),
    checkRegistries(config),
  ]);
  const findings = found.flat();
  const certain = findings.filter(({ uncertain, isWarning }) => !uncertain && !isWarning);
  await warn(findings.filter((finding) => !certain.includes(finding)));
  if (certain.length > 0) {
    throw new UserError(
      `nothing was changed, since this update could not succeed:\n${textOf(certain)}\n` +
        `These checks can be left out: pulumi config set preflight false --stack ${pulumi.getStack()}`,
    );
  }
  return [];
}

/** What is built and pushed: images of single models, and those that models share. */
function buildsOf({ models, images }: StackConfig): ServingImageArgs[] {
  const own = models.flatMap(({ plan: { server }, args }) =>
    server.kind === "buildOwn" || (server.kind === "build" && server.model !== undefined)
      ? [servingImageArgs(server, args.image)]
      : [],
  );
  return [...own, ...Object.values(images)];
}

async function checkBuilders(config: StackConfig): Promise<Finding[]> {
  const builders = buildsOf(config).map(({ builder = defaults.image.builder }) => builder);
  if (!builders.includes("docker")) {
    return [];
  }
  const { checkDockerDaemon } = require("./dockerDaemon") as typeof dockerModule;
  return await checkDockerDaemon();
}

async function checkRegistries(config: StackConfig): Promise<Finding[]> {
  const builds = buildsOf(config);
  if (builds.length === 0) {
    return [];
  }
  const { checkRegistry } = require("./registries") as typeof registriesModule;
  const pushes = builds.map(({ repository, credentials }) => ({
    repository: String(repository),
    credentials,
  }));
  const findings = await Promise.all(pushes.map(checkRegistry));
  // A registry says the same of each of its repositories.
  return [...new Map(findings.flat().map((finding) => [finding.message, finding])).values()];
}
