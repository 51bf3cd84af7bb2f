import {
  createNamespaces,
  ModelDeployment,
  preflight,
  readStackConfig,
  ServingImage,
} from "model-deployment";

const config = readStackConfig();
const ready = preflight(config);
const namespaces = createNamespaces(config.namespaces, { dependsOn: ready });
const dependsOn = ready.then(() => namespaces);
const images = new Map(
  Object.entries(config.images).map(([name, args]) => [
    name,
    new ServingImage(name, args, { dependsOn: ready }),
  ]),
);

/** What is deployed, by model: `pulumi stack output models`. */
export const models = Object.fromEntries(
  config.models.map(({ name, args, plan, server = "", fetcher = "" }) => {
    const shared = { server: images.get(server), fetcher: images.get(fetcher) };
    const deployment = new ModelDeployment(name, { ...args, plan, ...shared }, { dependsOn });
    const { releaseName, namespace, image, model, url, ingressUrl } = deployment;
    return [name, { releaseName, namespace, image, model, url, ingressUrl }];
  }),
);
