import * as pulumi from "@pulumi/pulumi";
import {
  ModelDeployment,
  type ModelDeploymentArgs,
  ServingImage,
  type ServingImageArgs,
} from "../components";
import { isMapping, type Values } from "../shared/mappings";
import { stageChart } from "./chart";

type Make = (
  name: string,
  args: Values,
  opts: pulumi.ComponentResourceOptions,
) => pulumi.ComponentResource;

/** The components of this package, as other languages make them. */
export const components: Readonly<Record<string, Make>> = {
  ModelDeployment(name, args, opts) {
    const { server, fetcher, chart = stageChart() } = args;
    const images = { server: builtImage(server), fetcher: builtImage(fetcher) };
    return new ModelDeployment(
      name,
      { ...args, ...images, chart } as unknown as ModelDeploymentArgs,
      opts,
    );
  },
  ServingImage(name, args, opts) {
    return new ServingImage(name, args as unknown as ServingImageArgs, opts);
  },
};

/** The outputs of a `ServingImage`, which other languages hand over one by one. */
function builtImage(image: unknown): unknown {
  return isMapping(image)
    ? Object.fromEntries(Object.entries(image).map(([key, value]) => [key, pulumi.output(value)]))
    : image;
}
