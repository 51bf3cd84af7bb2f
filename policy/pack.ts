import { PolicyPack } from "@pulumi/policy";
import { policiesOf } from "./rule";
import { rules } from "./rules";

new PolicyPack("model-deployment", { policies: rules.flatMap(policiesOf) });
