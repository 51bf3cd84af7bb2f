import { pickleServersOf } from "../pickles";
import type { Rule } from "../rule";

export const noPickle: Rule = {
  name: "no-pickle",
  description: "Pickles, which may run code when loaded, are refused; .ubj and .json cannot.",
  severity: { dev: "disabled", staging: "disabled", prod: "advisory" },
  release: (release) =>
    pickleServersOf(release).map(({ settings, found }) => ({
      setting: settings.allowPickle,
      message: `found ${found}; save the model as .ubj with XGBoost's save_model and set it to false`,
    })),
};
