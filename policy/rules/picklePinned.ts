import { pickleServersOf } from "../pickles";
import type { Rule } from "../rule";

export const picklePinned: Rule = {
  name: "pickle-pinned",
  description: "A pickle, which may run code when it is loaded, is one whose sha256 is known.",
  severity: { dev: "advisory", staging: "mandatory", prod: "mandatory" },
  release: (release) =>
    pickleServersOf(release)
      .filter(({ sha256 }) => sha256 === undefined)
      .map(({ settings }) => ({
        setting: settings.sha256,
        message: `missing, and pickles are allowed; set it to the sha256 of the model file, or ${settings.forbid} to false`,
      })),
};
