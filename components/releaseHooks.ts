import * as pulumi from "@pulumi/pulumi";
import { watchRelease } from "./cluster/watchRelease";
import { refuseExistingRelease } from "./preflight/newRelease";

/** What happens before, while and after Helm works on a release. */
export function releaseHooks(deployment: pulumi.Resource): pulumi.ResourceHookBinding | undefined {
  if (deployment.getProvider("kubernetes:helm.sh/v3:Release") !== undefined) {
    void pulumi.log.debug("the cluster of an explicit provider cannot be asked", deployment);
    return undefined;
  }
  const existing = refuseExistingRelease();
  const { beforeCreate = [], ...watch } = watchRelease(deployment);
  return { ...watch, beforeCreate: [...(existing ? [existing] : []), ...beforeCreate] };
}
