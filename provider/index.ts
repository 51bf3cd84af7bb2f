/** Started by Pulumi's engine, in the folder of the program: paths mean here what they mean there. */
import { provider } from "@pulumi/pulumi";
import { ModelDeploymentProvider } from "./provider";

void provider.main(new ModelDeploymentProvider(), process.argv.slice(2));
