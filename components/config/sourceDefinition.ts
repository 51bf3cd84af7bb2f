import { model } from "./chartSettings";
import { explained, group, nonEmpty, otherwise, PLACEHOLDERS, required, text } from "./setting";

const localFile = {
  path: required(
    text(
      `Path of the model's file or folder, relative to Pulumi.yaml; ${PLACEHOLDERS}`,
      "the path of a file (.pkl, .json, .ubj, …) or of a folder that holds one, MLmodel or predictor.py",
    ),
  ),
};

const { persistentVolumeClaim: claim, uri } = model;
const { image, ...download } = uri;

/** Where a model comes from. What is the chart's is as the chart has it, but for what a default of the chart is. */
export const source = group("Where a model comes from: exactly one of these", {
  image: group(
    "Baked into the image: for models of any size; a new model is a new image",
    localFile,
  ),
  configMap: group(
    "Mounted from a ConfigMap made of it: for models up to 1 MiB; a new model is no new image",
    localFile,
  ),
  persistentVolumeClaim: group(
    "Mounted from a volume that holds the model already: for large models; needs sha256",
    {
      ...claim,
      create: group("Make a claim, for a volume that holds the model already", {
        ...claim.create,
        storageClassName: explained(claim.create.storageClassName, {
          description: "Storage class; empty: none",
          byDefault: otherwise("the cluster's default"),
        }),
      }),
    },
  ),
  uri: group(
    "Downloaded by each pod before its server starts: for models in the object store of a cloud, a hub, a registry or on a web server; needs sha256",
    {
      ...download,
      location: required(nonEmpty(uri.location)),
      image: group(
        "Image of the downloading program that exists, instead of one that is built; needed with image.digest",
        {
          repository: required(explained(image.repository, { byDefault: undefined })),
          digest: required(nonEmpty(image.digest)),
        },
      ),
    },
  ),
});
