/** Has what goes wrong in a release's pods told during its update, as diagnostics of the resource. */

import * as pulumi from "@pulumi/pulumi";
import { redactSecrets } from "../../shared/redactSecrets";
import { connect, hasEngine } from "./access";
import type * as releaseWatchModule from "./releaseWatch";
import type { ReleaseWatch, WatchedRelease } from "./releaseWatch";

/**
 * The hooks that go with a release. They run in an update only, and only if the release changes; a
 * watch can neither fail nor delay it.
 *
 * @param resource what the diagnostics are of
 */
export function watchRelease(resource: pulumi.Resource): pulumi.ResourceHookBinding {
  if (pulumi.runtime.isDryRun() || !hasEngine()) {
    return {};
  }
  let watch: ReleaseWatch | undefined;
  const start = ({ newInputs = {} }: pulumi.ResourceHookArgs) => {
    const { name, namespace, timeout, atomic } = newInputs;
    watch = begin({ name, namespace, timeout, atomic }, resource);
  };
  const stop = () => watch?.stop();
  return { beforeCreate: [start], beforeUpdate: [start], afterCreate: [stop], afterUpdate: [stop] };
}

function begin(release: WatchedRelease, resource: pulumi.Resource): ReleaseWatch | undefined {
  const log = (level: "warn" | "info" | "debug") => (message: string) => {
    // Without the engine there is nobody left to tell.
    pulumi.log[level](message, resource).catch(() => undefined);
  };
  const reporter = { problem: log("warn"), info: log("info"), debug: log("debug") };
  try {
    const { ReleaseWatch: Watch } = require("./releaseWatch") as typeof releaseWatchModule;
    const watch = new Watch(release, connect(), reporter);
    watch.start();
    return watch;
  } catch (error) {
    reporter.debug(`the pods are not watched: ${redactSecrets(String(error))}`);
    return undefined;
  }
}
