/** Has what goes wrong in a release's pods told during its update, as diagnostics of the resource. */

import * as pulumi from "@pulumi/pulumi";
import { redactSecrets } from "../../shared/redactSecrets";
import { connect } from "./access";
import type * as releaseWatchModule from "./releaseWatch";
import type { ReleaseWatch, WatchedRelease } from "./releaseWatch";

/** The releases that Helm works on. A watch can neither fail nor delay an update. */
export class ReleaseWatches {
  private readonly watches = new Map<string, ReleaseWatch>();

  /**
   * @param inputs of the release
   * @param resource what the diagnostics are of
   */
  // biome-ignore lint/suspicious/noExplicitAny: as the engine hands them over
  start(urn: string, inputs: Record<string, any>, resource: pulumi.Resource): void {
    const { name, namespace, timeout, atomic } = inputs;
    const watch = begin({ name, namespace, timeout, atomic }, resource);
    if (watch !== undefined) {
      this.watches.set(urn, watch);
    }
  }

  stop(urn: string): void {
    this.watches.get(urn)?.stop();
  }
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
