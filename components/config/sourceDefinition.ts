import { z } from "zod";
import { flag, group, otherwise, PLACEHOLDERS, quantity, required, setting, text } from "./setting";
import { uri } from "./uriDefinition";

const localFile = {
  path: required(
    text(
      `Path of the model file, relative to Pulumi.yaml; ${PLACEHOLDERS}`,
      "the path of a file (.pkl, .json, .ubj)",
    ),
  ),
};

/** Where a model comes from. */
export const source = group("Where a model comes from: exactly one of these", {
  image: group(
    "Baked into the image: for models of any size; a new model is a new image",
    localFile,
  ),
  configMap: group(
    "Mounted from a ConfigMap made of the file: for models up to 1 MiB; a new model is no new image",
    localFile,
  ),
  persistentVolumeClaim: group(
    "Mounted from a volume that holds the model already: for large models; needs sha256",
    {
      existingClaim: setting(
        z.string().regex(/^[a-z0-9{]([-a-z0-9.{}]*[a-z0-9}])?$/),
        `Claim that holds the model; ${PLACEHOLDERS}`,
        "the name of a claim: lower-case letters, digits, - and .",
      ),
      subPath: setting(
        z.string().regex(/^[^/]/),
        `Folder of the volume; ${PLACEHOLDERS}`,
        "a path that does not start with /",
        otherwise("the volume's root"),
      ),
      file: text(
        `Name of the model file in the folder; ${PLACEHOLDERS}`,
        "the name of a file",
        otherwise("the one file model.*"),
      ),
      create: group("Make a claim, for a volume that holds the model already", {
        enabled: flag("Whether to make one", false),
        volumeName: text("Volume the claim is bound to", "the name of a volume"),
        dataSourceRef: group("Snapshot or claim the volume is filled from", {
          apiGroup: text("API group of the source"),
          kind: required(text("Kind of the source, such as VolumeSnapshot")),
          name: required(text("Name of the source")),
        }),
        storageClassName: setting(
          z.string(),
          "Storage class; empty: none",
          "the name of a storage class",
          otherwise("the cluster's default"),
        ),
        accessModes: setting(
          z.array(z.enum(["ReadOnlyMany", "ReadWriteOnce", "ReadWriteMany", "ReadWriteOncePod"])),
          "Access modes",
          "a list of ReadOnlyMany, ReadWriteOnce, ReadWriteMany or ReadWriteOncePod",
          ["ReadOnlyMany"],
        ),
        size: setting(quantity, "Size of the volume", "a quantity such as 1Gi", "1Gi"),
      }),
    },
  ),
  uri,
});
