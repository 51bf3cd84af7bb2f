import { z } from "zod";
import { DIGEST_PATTERN } from "../../shared/digest";
import { resourcesOf } from "./resources";
import {
  flag,
  group,
  oneOf,
  otherwise,
  PLACEHOLDERS,
  required,
  setting,
  text,
  wholeNumber,
} from "./setting";

// What stands before an @ of the host is an account, which everybody could read in the cluster.
const address = z.string().regex(/^(https?|s3|oci):\/\/[^/?#@\s]+([/?#]\S*)?$/);
const accepted =
  "https://…, http://…, s3://bucket/key or oci://registry/repository:tag, without an account, which secretName or registrySecretName is for";
const secretName = "the name of a Secret";

/** A model that each pod downloads. */
export const uri = group(
  "Downloaded by each pod before its server starts: for models in S3, a registry or on a web server; needs sha256",
  {
    location: required(setting(address, `Where the model is; ${PLACEHOLDERS}`, accepted)),
    goldenLocation: setting(
      address,
      `Where golden requests for it are; ${PLACEHOLDERS}`,
      accepted,
      otherwise("there are none"),
    ),
    goldenSha256: setting(
      z.string().regex(/^[0-9a-f]{64}$/),
      "sha256 the golden requests must have",
      "64 hex digits",
      otherwise("not checked"),
    ),
    secretName: text(
      "Secret whose keys become environment variables of the download, such as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
      secretName,
    ),
    registrySecretName: text(
      "Secret of type kubernetes.io/dockerconfigjson with credentials of the registry",
      secretName,
    ),
    authorityConfigMapName: text(
      "ConfigMap whose key ca.crt holds certificates of authorities to trust, for servers not publicly trusted",
      "the name of a ConfigMap",
    ),
    s3Endpoint: setting(
      z.string().regex(/^https?:\/\/[^/?#@\s]+\/?$/),
      "Address of the S3 server",
      "an address such as https://minio.example.com",
      otherwise("AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL of the Secret, else Amazon's"),
    ),
    s3Region: text(
      "Region of the bucket",
      "text",
      otherwise("AWS_REGION or AWS_DEFAULT_REGION of the Secret, else us-east-1"),
    ),
    s3Addressing: oneOf(
      ["auto", "path", "virtual"],
      "Whether the bucket is in the path or in the host name of a request",
      "auto",
    ),
    s3Anonymous: flag("Whether the bucket is asked without credentials", false),
    ociPlainHttp: flag(
      "Whether the registry is spoken to without TLS, which then gets no credentials",
      false,
    ),
    maxBytes: wholeNumber(
      "Largest file in bytes that is downloaded",
      1,
      Number.MAX_SAFE_INTEGER,
      1024 ** 3,
    ),
    timeoutSeconds: wholeNumber(
      "Seconds the download may take, all attempts together",
      1,
      86_400,
      120,
    ),
    resources: resourcesOf("the download"),
    image: group(
      "Image of the downloading program that exists, instead of one that is built; needed with image.digest",
      {
        repository: required(text("Where the image lies, without tag", "an image repository")),
        digest: required(
          setting(
            z.string().regex(DIGEST_PATTERN),
            "Digest of the image",
            "sha256: and 64 hex digits",
          ),
        ),
      },
    ),
  },
);
