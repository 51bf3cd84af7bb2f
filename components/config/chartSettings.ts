// Generated from chart/values.yaml by `npm run chart:generate`. Do not edit: edit chart/values.yaml.
import { z } from "zod";
import { resourcesOf } from "./resources";
import {
  chartText,
  deprecated,
  flag,
  group,
  listOfTexts,
  mapOfTexts,
  oneOf,
  quantity,
  required,
  setting,
  wholeNumber,
} from "./setting";

/** Of `image`. */
export const image = {
  tag: chartText(
    "Tag; default: the chart's appVersion. One that looks like a number or a date needs quotes, on the command line `--set-string`",
    "a tag such as 1.0.0, in quotes if it looks like a number",
    { max: 128, pattern: /^([A-Za-z0-9_][A-Za-z0-9._-]*)?$/ },
  ),
  digest: setting(
    z.string().regex(/^(sha256:[a-f0-9]{64})?$/),
    "Digest; when set, it alone decides which image runs and the tag is not used",
    "sha256: and 64 hex digits",
  ),
  pullPolicy: oneOf(
    ["Always", "IfNotPresent", "Never"],
    "When the node asks the registry",
    "IfNotPresent",
  ),
};

/** Of `model`. */
export const model = {
  sha256: setting(
    z.string().regex(/^([a-f0-9]{64})?$/),
    "sha256 of the model in hex; a server whose file or folder differs never becomes ready. Required for a pickle, and for every source but `image`",
    "64 hex digits",
  ),
  allowPickle: flag(
    "Whether the server loads a pickle or a `predictor.py`, which run code; even then only with `sha256` set",
    true,
  ),
  persistentVolumeClaim: {
    existingClaim: chartText(
      "Existing claim that holds the model; it is mounted read-only",
      "the name of a claim: lower-case letters, digits, - and .",
      { max: 253, pattern: /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$/ },
    ),
    subPath: chartText(
      "Folder of the volume that holds the model, and golden requests as `golden.json` if there are any; empty: its root",
      "a path that does not start with /",
      { pattern: /^([^/].*)?$/ },
    ),
    file: chartText(
      "Name of the model file in that folder; empty: the folder is the model, or holds the one file `model.*`",
      "the name of a file",
      { pattern: /^[^/]*$/ },
    ),
    create: {
      enabled: flag(
        "Make a claim, for a volume that already holds the model: one bound by name, cloned or restored. It outlives the release",
        false,
      ),
      volumeName: chartText("Volume the claim is bound to", "text", {}),
      dataSourceRef: group("Snapshot or claim the volume is filled from", {
        apiGroup: chartText("API group of the source", "text", {}),
        kind: required(chartText("Kind of the source, such as VolumeSnapshot", "text", {})),
        name: required(chartText("Name of the source", "text", {})),
        namespace: chartText("Namespace of the source, if it is another", "text", {}),
      }),
      storageClassName: chartText(
        'Storage class; null: the cluster\'s default, "": none',
        "the name of a storage class",
        {},
      ),
      accessModes: setting(
        z
          .array(z.enum(["ReadOnlyMany", "ReadWriteOnce", "ReadWriteMany", "ReadWriteOncePod"]))
          .min(1),
        "Access modes",
        "a list of ReadOnlyMany, ReadWriteOnce, ReadWriteMany or ReadWriteOncePod",
        ["ReadOnlyMany"],
      ),
      size: setting(quantity, "Size of the volume", "a quantity such as 1Gi", "1Gi"),
    },
  },
  uri: {
    location: chartText(
      "Where each pod downloads the model from before the server starts: `https://`, `http://`, `s3://bucket/key`, `gs://bucket/key`, `az://container/key`, `hf://owner/repository@revision/path` or `oci://registry/repository:tag`",
      "https://…, http://…, s3://bucket/key, gs://bucket/key, az://container/key, hf://owner/repository/path or oci://registry/repository:tag, without an account, which existingSecret or registrySecretName is for",
      { pattern: /^((https?|s3|gs|az|hf|oci):\/\/[^/?#@\s]+([/?#]\S*)?)?$/ },
    ),
    goldenLocation: chartText(
      "Where it downloads golden requests from; empty: there are none",
      "https://…, http://…, s3://bucket/key, gs://bucket/key, az://container/key, hf://owner/repository/path or oci://registry/repository:tag, without an account, which existingSecret or registrySecretName is for",
      { pattern: /^((https?|s3|gs|az|hf|oci):\/\/[^/?#@\s]+([/?#]\S*)?)?$/ },
    ),
    goldenSha256: setting(
      z.string().regex(/^([a-f0-9]{64})?$/),
      "sha256 of the golden requests in hex",
      "64 hex digits",
    ),
    image: {
      repository: chartText(
        "Image of the program that downloads, without tag",
        "an image repository",
        { min: 1, pattern: /^[a-z0-9][a-zA-Z0-9._:/-]*$/ },
        "model-fetcher",
      ),
      tag: chartText(
        "Tag; default: the chart's appVersion",
        "a tag such as 1.0.0, in quotes if it looks like a number",
        { max: 128, pattern: /^([A-Za-z0-9_][A-Za-z0-9._-]*)?$/ },
      ),
      digest: setting(
        z.string().regex(/^(sha256:[a-f0-9]{64})?$/),
        "Digest; when set, it alone decides which image runs and the tag is not used",
        "sha256: and 64 hex digits",
      ),
      pullPolicy: oneOf(
        ["Always", "IfNotPresent", "Never"],
        "When the node asks the registry",
        "IfNotPresent",
      ),
    },
    existingSecret: chartText(
      "Existing Secret whose keys become environment variables of the download, for example `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, or `MODEL_FETCHER_HTTP_AUTHORIZATION`",
      "the name of a Secret",
      { max: 253, pattern: /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$/ },
    ),
    secretName: deprecated(
      chartText("Deprecated: the old name of `existingSecret`", "the name of a Secret", {
        max: 253,
        pattern: /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$/,
      }),
    ),
    registrySecretName: chartText(
      "Existing Secret of type `kubernetes.io/dockerconfigjson` with credentials of the registry",
      "the name of a Secret",
      { max: 253, pattern: /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$/ },
    ),
    caConfigMapName: chartText(
      "Existing ConfigMap whose key `ca.crt` holds the certificates of the authorities to trust, for servers with a certificate that is not publicly trusted",
      "the name of a ConfigMap",
      { max: 253, pattern: /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$/ },
    ),
    authorityConfigMapName: deprecated(
      chartText("Deprecated: the old name of `caConfigMapName`", "the name of a ConfigMap", {
        max: 253,
        pattern: /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$/,
      }),
    ),
    s3Endpoint: chartText(
      "Address of the S3 server; empty: `AWS_ENDPOINT_URL_S3` or `AWS_ENDPOINT_URL` of the Secret, else that of AWS",
      "an address such as https://minio.example.com",
      { pattern: /^(https?:\/\/[^/?#@\s]+\/?)?$/ },
    ),
    s3Region: chartText(
      "Region of the bucket; empty: what `existingSecret` says as `AWS_REGION` or `AWS_DEFAULT_REGION`, else us-east-1",
      "a region such as eu-central-1",
      { pattern: /^[-A-Za-z0-9]*$/ },
    ),
    s3Addressing: oneOf(
      ["auto", "path", "virtual"],
      "Whether the bucket is in the path or in the host name of a request",
      "auto",
    ),
    s3Anonymous: flag("Whether the bucket is asked without credentials", false),
    gsEndpoint: chartText(
      "Address of Google Cloud Storage; empty: the public one",
      "an address such as https://storage.example.com",
      { pattern: /^(https?:\/\/[^/?#@\s]+\/?)?$/ },
    ),
    gsAnonymous: flag(
      "Whether the bucket of Google Cloud Storage is asked without credentials",
      false,
    ),
    azAccount: chartText(
      "Azure's storage account; empty: what `existingSecret` says as `AZURE_STORAGE_ACCOUNT_NAME`",
      "the name of a storage account",
      { pattern: /^([a-z0-9]{3,24})?$/ },
    ),
    azEndpoint: chartText(
      "Address of the storage account; empty: `https://ACCOUNT.blob.core.windows.net`",
      "an address such as https://wine.blob.core.windows.net",
      { pattern: /^(https?:\/\/[^?#@\s]+)?$/ },
    ),
    azAnonymous: flag("Whether the storage account is asked without credentials", false),
    hfEndpoint: chartText(
      "Address of the Hugging Face Hub; empty: what `existingSecret` says as `HF_ENDPOINT`, else the public one",
      "an address such as https://hub.example.com",
      { pattern: /^(https?:\/\/[^?#@\s]+)?$/ },
    ),
    ociPlainHttp: flag(
      "Whether the registry is spoken to without TLS, which then gets no credentials",
      false,
    ),
    maxBytes: wholeNumber("Largest file in bytes that is downloaded", 1, undefined, 1073741824),
    timeoutSeconds: wholeNumber(
      "Seconds the download may take, all attempts together",
      1,
      undefined,
      120,
    ),
    resources: resourcesOf("Resources of the download", {
      requests: { cpu: "100m", memory: "128Mi" },
      limits: { cpu: "500m", memory: "256Mi" },
    }),
  },
};

/** Of `resources`. */
export const resources = resourcesOf(
  "Resources of the server; the memory limit must hold the loaded model. `limits.cpu: none` is no limit of the CPU",
  { requests: { cpu: "250m", memory: "256Mi" }, limits: { cpu: "500m", memory: "512Mi" } },
);

/** Of `ingress`. */
export const ingress = {
  enabled: flag("Make the model reachable from outside the cluster by host name", false),
  className: chartText(
    "Ingress class; empty: the cluster's default class",
    "the name of an ingress class",
    {},
    "nginx",
  ),
  annotations: mapOfTexts("Annotations for the ingress controller"),
  hosts: setting(
    z.array(
      z.strictObject({
        host: required(
          chartText("Host name, may start with `*.`", "a host name such as model.example.com", {
            pattern: /^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
          }),
        ),
        paths: setting(
          z.array(
            z.strictObject({
              path: required(
                chartText("Path, starting with /", "a path that starts with /", { pattern: /^\// }),
              ),
              pathType: oneOf(
                ["Exact", "Prefix", "ImplementationSpecific"],
                "How the path is matched; default: Prefix",
              ),
            }),
          ),
          "Paths of this host that lead to the model",
          "a list of mappings with path and pathType",
        ),
      }),
    ),
    "Hosts and their paths; a host without paths gets `/` as prefix",
    "a list of mappings with host and paths",
  ),
  tls: setting(
    z.array(
      z.strictObject({
        secretName: chartText("Name of the TLS Secret", "the name of a Secret", {}),
        hosts: listOfTexts("Hosts the certificate is for", "a list of host names"),
      }),
    ),
    "Certificates: names of existing TLS Secrets and the hosts each is for",
    "a list of mappings with secretName and hosts",
  ),
};
