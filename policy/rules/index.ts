import type { Rule } from "../rule";
import { disruptionBudget } from "./disruptionBudget";
import { enoughReplicas } from "./enoughReplicas";
import { imagePinned } from "./imagePinned";
import { labels } from "./labels";
import { noLatest } from "./noLatest";
import { noPickle } from "./noPickle";
import { ownNamespace } from "./ownNamespace";
import { picklePinned } from "./picklePinned";
import { podSecurity } from "./podSecurity";
import { resourcesSet } from "./resourcesSet";
import { tlsOnIngress } from "./tlsOnIngress";

/** All rules, in the order of the reference. */
export const rules: readonly Rule[] = [
  imagePinned,
  noLatest,
  resourcesSet,
  enoughReplicas,
  disruptionBudget,
  picklePinned,
  noPickle,
  podSecurity,
  tlsOnIngress,
  ownNamespace,
  labels,
];
