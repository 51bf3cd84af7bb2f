import { at, textAt, unknown } from "../known";
import type { Rule } from "../rule";

export const picklePinned: Rule = {
  name: "pickle-pinned",
  description: "A pickle, which may run code when it is loaded, is one whose sha256 is known.",
  severity: { dev: "advisory", staging: "mandatory", prod: "mandatory" },
  release: ({ values }) =>
    [
      { model: at(values, "model"), setting: "sha256", allow: "allowPickle" },
      ...(at(values, "canary", "enabled") === true && hasOwnModel(values)
        ? [
            {
              model: {
                allowPickle: at(values, "model", "allowPickle"),
                ...Object(at(values, "canary", "model")),
              },
              setting: "values.canary.model.sha256",
              allow: "values.canary.model.allowPickle",
            },
          ]
        : []),
    ]
      .filter(
        ({ model }) =>
          at(model, "allowPickle") === true &&
          at(model, "sha256") !== unknown &&
          textAt(model, "sha256") === undefined,
      )
      .map(({ setting, allow }) => ({
        setting,
        message: `missing, and pickles are allowed; set it to the sha256 of the model file, or ${allow} to false`,
      })),
};

function hasOwnModel(values: object): boolean {
  return Object.keys(Object(at(values, "canary", "model"))).length > 0;
}
