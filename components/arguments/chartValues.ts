// Generated from chart/values.yaml by `npm run chart:generate`. Do not edit: edit chart/values.yaml.

export type Quantity = number | string;
export type IntOrString = number | string;
export type Time = string;

export interface ChartValues {
  /**
   * Replaces the chart's name in labels and object names
   */
  nameOverride?: string;
  /**
   * Name of every object; default: the release name, joined with the chart's name where that is not part of it
   */
  fullnameOverride?: string;
  /**
   * Labels added to every object; a value that looks like a number, a date, true or false needs quotes
   */
  commonLabels?: {
    [k: string]: string;
  };
  /**
   * Annotations added to every object; a value that looks like a number, a date, true or false needs quotes
   */
  commonAnnotations?: {
    [k: string]: string;
  };
  /**
   * Refuse to install or upgrade while what the values name is not in the namespace: the model's ConfigMap with its keys, its claim, the Secrets and authorities of its download, of the feature store, of the payload log and of the log forwarding, `imagePullSecrets`, and what `env`, `envFrom` and `volumes` name. Takes the right to `get` `configmaps`, `secrets` and `persistentvolumeclaims` there
   */
  validateReferences?: boolean;
  image?: {
    /**
     * Image of the server, without tag
     */
    repository?: string;
    /**
     * Tag; default: the chart's appVersion. One that looks like a number or a date needs quotes, on the command line `--set-string`
     */
    tag?: string;
    /**
     * Digest; when set, it alone decides which image runs and the tag is not used
     */
    digest?: string;
    /**
     * When the node asks the registry
     */
    pullPolicy?: "Always" | "IfNotPresent" | "Never";
  };
  /**
   * Secrets with registry credentials
   */
  imagePullSecrets?: LocalObjectReference[];
  model?: {
    /**
     * Name clients and metrics know the model by; default: the full name
     */
    name?: string;
    /**
     * Version of the model; default: the image's tag. One that looks like a number or a date needs quotes
     */
    version?: string;
    /**
     * sha256 of the model in hex; a server whose file or folder differs never becomes ready. Required for a pickle, and for every source but `image`
     */
    sha256?: string;
    /**
     * Whether the server loads a pickle or a `predictor.py`, which run code; even then only with `sha256` set
     */
    allowPickle?: boolean;
    /**
     * Where the model comes from
     */
    source?: "image" | "configMap" | "persistentVolumeClaim" | "uri";
    /**
     * Where the server finds the model: a file or a folder; default: `/model` in the image, else where the source is mounted
     */
    path?: string;
    configMap?: {
      /**
       * Existing ConfigMap that holds the model
       */
      name?: string;
      /**
       * Its key with the model file
       */
      key?: string;
      /**
       * Its keys with the files of a model that is a folder, and the path of each in that folder; empty: the model is the one file of `key`
       *
       * @maxItems 50
       */
      files?: {
        /**
         * Path in the model's folder
         */
        path: string;
        /**
         * Key of the ConfigMap
         */
        key: string;
      }[];
      /**
       * Its key with the golden requests, replayed before the server is ready; empty: none
       */
      goldenKey?: string;
    };
    persistentVolumeClaim?: {
      /**
       * Existing claim that holds the model; it is mounted read-only
       */
      existingClaim?: string;
      /**
       * Folder of the volume that holds the model, and golden requests as `golden.json` if there are any; empty: its root
       */
      subPath?: string;
      /**
       * Name of the model file in that folder; empty: the folder is the model, or holds the one file `model.*`
       */
      file?: string;
      create?: {
        /**
         * Make a claim, for a volume that already holds the model: one bound by name, cloned or restored. It outlives the release
         */
        enabled?: boolean;
        /**
         * Volume the claim is bound to
         */
        volumeName?: string;
        /**
         * Snapshot or claim the volume is filled from
         */
        dataSourceRef?: null | TypedObjectReference;
        /**
         * Storage class; null: the cluster's default, "": none
         */
        storageClassName?: string | null;
        /**
         * Access modes
         *
         * @minItems 1
         */
        accessModes?: ("ReadOnlyMany" | "ReadWriteOnce" | "ReadWriteMany" | "ReadWriteOncePod")[];
        /**
         * Size of the volume
         */
        size?: Quantity;
      };
    };
    uri?: {
      /**
       * Where each pod downloads the model from before the server starts: `https://`, `http://`, `s3://bucket/key`, `gs://bucket/key`, `az://container/key`, `hf://owner/repository@revision/path` or `oci://registry/repository:tag`
       */
      location?: string;
      /**
       * Where it downloads golden requests from; empty: there are none
       */
      goldenLocation?: string;
      /**
       * sha256 of the golden requests in hex
       */
      goldenSha256?: string;
      image?: {
        /**
         * Image of the program that downloads, without tag
         */
        repository?: string;
        /**
         * Tag; default: the chart's appVersion
         */
        tag?: string;
        /**
         * Digest; when set, it alone decides which image runs and the tag is not used
         */
        digest?: string;
        /**
         * When the node asks the registry
         */
        pullPolicy?: "Always" | "IfNotPresent" | "Never";
      };
      /**
       * Existing Secret whose keys become environment variables of the download, for example `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, or `MODEL_FETCHER_HTTP_AUTHORIZATION`
       */
      existingSecret?: string;
      /**
       * @deprecated
       * Deprecated: the old name of `existingSecret`
       */
      secretName?: string;
      /**
       * Existing Secret of type `kubernetes.io/dockerconfigjson` with credentials of the registry
       */
      registrySecretName?: string;
      /**
       * Existing ConfigMap whose key `ca.crt` holds the certificates of the authorities to trust, for servers with a certificate that is not publicly trusted
       */
      caConfigMapName?: string;
      /**
       * @deprecated
       * Deprecated: the old name of `caConfigMapName`
       */
      authorityConfigMapName?: string;
      /**
       * Address of the S3 server; empty: `AWS_ENDPOINT_URL_S3` or `AWS_ENDPOINT_URL` of the Secret, else that of AWS
       */
      s3Endpoint?: string;
      /**
       * Region of the bucket; empty: what `existingSecret` says as `AWS_REGION` or `AWS_DEFAULT_REGION`, else us-east-1
       */
      s3Region?: string;
      /**
       * Whether the bucket is in the path or in the host name of a request
       */
      s3Addressing?: "auto" | "path" | "virtual";
      /**
       * Whether the bucket is asked without credentials
       */
      s3Anonymous?: boolean;
      /**
       * Address of Google Cloud Storage; empty: the public one
       */
      gsEndpoint?: string;
      /**
       * Whether the bucket of Google Cloud Storage is asked without credentials
       */
      gsAnonymous?: boolean;
      /**
       * Azure's storage account; empty: what `existingSecret` says as `AZURE_STORAGE_ACCOUNT_NAME`
       */
      azAccount?: string;
      /**
       * Address of the storage account; empty: `https://ACCOUNT.blob.core.windows.net`
       */
      azEndpoint?: string;
      /**
       * Whether the storage account is asked without credentials
       */
      azAnonymous?: boolean;
      /**
       * Address of the Hugging Face Hub; empty: what `existingSecret` says as `HF_ENDPOINT`, else the public one
       */
      hfEndpoint?: string;
      /**
       * Whether the registry is spoken to without TLS, which then gets no credentials
       */
      ociPlainHttp?: boolean;
      /**
       * Largest file in bytes that is downloaded
       */
      maxBytes?: number;
      /**
       * Seconds the download may take, all attempts together
       */
      timeoutSeconds?: number;
      /**
       * Resources of the download
       */
      resources?: {
        claims?: ResourceClaim[];
        limits?: {
          [k: string]: "none" | Quantity;
        };
        requests?: {
          [k: string]: "none" | Quantity;
        };
      };
    };
  };
  server?: {
    /**
     * Which server the image holds: `model-server`, that of this package, or `own`, any other that answers HTTP
     */
    kind?: "model-server" | "own";
    /**
     * Port for requests to the model
     */
    port?: number;
    /**
     * Port for probes and metrics, which no Service, Ingress or HTTPRoute leads to; 0: `port` is for these as well, as an image needs that is not of this package, or older than this port
     */
    managementPort?: number;
    /**
     * Port for the Open Inference Protocol over gRPC, usually 8081; `service.grpcPort` leads to it. Default: none. An image that is older than this port does not know its variable
     */
    grpcPort?: number | null | string;
    /**
     * Least severe level that is logged
     */
    logLevel?: "debug" | "info" | "warning" | "error" | null | "none";
    /**
     * Share of the successful requests that are logged, from 0 to 1; refused and failed ones always are
     */
    logSample?: number | null | string;
    /**
     * Whether logged requests show their body, which may hold personal data
     */
    logFeatures?: boolean | null | string;
    /**
     * Whether a pickle that holds more than a model of XGBoost, such as a pipeline of scikit-learn, may be loaded by running the code in it; needs an image with scikit-learn
     */
    runPickles?: boolean | null | string;
    /**
     * What a pickle needs that another version of scikit-learn made: `warn` serves it and says so in the log and in the metadata, `golden` refuses it unless golden requests pass
     */
    pickleVersionCheck?: "warn" | "golden" | null | "none";
    /**
     * Threads that one prediction by a pickled estimator of scikit-learn may use; default: 1, as more make single rows slower
     */
    estimatorThreads?: number | null | string;
    /**
     * What predicts: `auto` the native evaluator where that is exact, `xgboost` always XGBoost
     */
    engine?: "auto" | "xgboost" | null | "none";
    /**
     * What `null` in a row means: `reject` refuses the request, `accept` takes it for a missing value (as does `"null"`, which without quotes would be nothing at all)
     */
    missingValues?: "reject" | "accept" | "null" | null | "none";
    /**
     * Number that stands for a missing value, as `missing=` of XGBoost's scikit-learn interface: for models that were trained with one and whose file does not tell it, as no `.ubj` or `.json` does since XGBoost 2.0
     */
    missingMarker?: number | null | string;
    /**
     * Largest request body in bytes
     */
    maxBodyBytes?: number | null | string;
    /**
     * Bytes of all request bodies together that are being received
     */
    maxBufferedBytes?: number | null | string;
    /**
     * Most rows in one request
     */
    maxRows?: number | null | string;
    /**
     * Most requests that may wait for each other; new connections then get a 503
     */
    maxConcurrency?: number | null | string;
    /**
     * Most open connections, idle ones included
     */
    maxConnections?: number | null | string;
    /**
     * Seconds a client gets to send the header of a request
     */
    headerTimeout?: number | null | string;
    /**
     * Seconds a client gets to send the body of a request
     */
    bodyTimeout?: number | null | string;
    /**
     * Seconds a client gets to take the response
     */
    responseTimeout?: number | null | string;
    /**
     * Seconds an idle connection stays open
     */
    keepAliveTimeout?: number | null | string;
    /**
     * Command of the container of an `own` server; empty: the image's
     */
    command?: string[];
    /**
     * Arguments of an `own` server; empty: the image's, unless there is a `command`
     */
    args?: string[];
    /**
     * Path that answers 200 once an `own` server takes requests, for the startup and the readiness probe; empty: they ask whether `port` takes connections, as the liveness probe does, since a restart helps no server that is merely busy
     */
    healthPath?: string;
    /**
     * Where an `own` server looks for the model, such as `/app/model.pkl`: there it is mounted, if `model.source` is not `image`
     */
    modelPath?: string;
    /**
     * Folders that an `own` server may write to, each empty when its pod starts; the others are read-only, unless `securityContext.readOnlyRootFilesystem` is false. `/tmp` always is one
     */
    writableFolders?: string[];
    /**
     * Path of an `own` server's metrics, for the monitors; without a monitor the pods' annotations tell Prometheus of it. Empty: it has none
     */
    metricsPath?: string;
  };
  golden?: {
    configMap?: {
      /**
       * Existing ConfigMap with golden requests: JSON with `features`, `predictions` and maybe a `tolerance`; empty: those of `model.configMap.goldenKey`
       */
      name?: string;
      /**
       * Its key
       */
      key?: string;
    };
    /**
     * Path they are posted to
     */
    path?: string;
    /**
     * Body of a request, in JSON: `$features` stands for the list of a row's values, `$count` for their number
     */
    body?: string;
    /**
     * Where the prediction is in the answer: keys and numbers with dots between, such as `outputs.0.data.0`
     */
    answer?: string;
    /**
     * Let no pod get ready that does not answer them as expected: an update with such a pod fails, and the version before serves on. Takes Python in the image
     */
    inRollout?: boolean;
    /**
     * Seconds that all of them together may take
     */
    timeoutSeconds?: number;
  };
  featureStore?: {
    /**
     * Ask it
     */
    enabled?: boolean;
    /**
     * Address of the feature server, for example `http://feast.features:6566`. In the cluster, or by IP address, the network policy allows it by itself
     */
    url?: string;
    /**
     * Join keys that a request must bring, and the type of each: `integer` (of 64 bits), `int32`, `string`, `number` or `boolean`
     */
    entityKeys?: {
      [k: string]: "integer" | "int32" | "string" | "number" | "boolean";
    };
    /**
     * Features to ask for, as `view:feature`: in the model's order, or in any if the model has feature names
     */
    features?: string[];
    /**
     * Feature service to ask for instead, if the model has feature names
     */
    featureService?: string;
    /**
     * Whether the model's features are named `view__feature` instead of `feature`
     */
    fullFeatureNames?: boolean;
    /**
     * Seconds after which a feature is too old, by the event timestamp that Feast answers with; 0: never
     */
    maxAgeSeconds?: number;
    /**
     * The same for single feature views, such as their `ttl`, which Feast's server does not look at
     */
    maxAgesSeconds?: {
      [k: string]: number;
    };
    /**
     * Seconds it gets to answer
     */
    timeoutSeconds?: number;
    auth?: {
      /**
       * Existing Secret with the token that is sent as `Authorization: Bearer`; pods read it when they start
       */
      existingSecret?: string;
      /**
       * @deprecated
       * Deprecated: the old name of `existingSecret`
       */
      secretName?: string;
      /**
       * Its key
       */
      secretKey?: string;
      /**
       * Header that carries the secret instead, as it is, for example `x-api-key`
       */
      header?: string;
    };
    /**
     * Existing ConfigMap whose key `ca.crt` holds the certificates of the authorities to trust, for a server with a certificate that is not publicly trusted
     */
    caConfigMapName?: string;
    /**
     * @deprecated
     * Deprecated: the old name of `caConfigMapName`
     */
    authorityConfigMapName?: string;
    /**
     * What follows when it is down, slow or wrong: `fail` refuses the request, `defaults` predicts from `defaults` and says so in the answer
     */
    onFailure?: "fail" | "defaults";
    /**
     * What follows when it does not know an entity: `refuse` refuses the request, `defaults` takes the features' defaults and says so in the answer
     */
    onMissing?: "refuse" | "defaults";
    /**
     * Value of each feature where there is none
     */
    defaults?: {
      [k: string]: number;
    };
    /**
     * Most requests of a pod that wait for it at the same time
     */
    maxCalls?: number | null | string;
    /**
     * Failures one after the other until it is left alone
     */
    breakerFailures?: number | null | string;
    /**
     * Seconds it is left alone
     */
    breakerPauseSeconds?: number | null | string;
  };
  payloadLogging?: {
    /**
     * Log payloads
     */
    enabled?: boolean;
    /**
     * Share of the requests whose payloads are logged, from 0 to 1; the request id decides
     */
    sampling?: number;
    /**
     * Which payloads: what was asked (`request`), what was answered (`response`), or both (`all`)
     */
    mode?: "all" | "request" | "response";
    sink?: {
      /**
       * Where they go: `stdout`, as lines of the log with `event` being `payload`, or an address that takes CloudEvents, for example `http://receiver.monitoring:8080/`. In the cluster, or by IP address, the network policy allows it by itself
       */
      url?: string;
      /**
       * How an address gets them: `binary` one by one, as KServe's logger sends them, or `batch` many at once, for a fraction of the cost
       */
      format?: "binary" | "batch";
      auth?: {
        /**
         * Existing Secret with the token that is sent as `Authorization: Bearer`; pods read it when they start
         */
        existingSecret?: string;
        /**
         * @deprecated
         * Deprecated: the old name of `existingSecret`
         */
        secretName?: string;
        /**
         * Its key
         */
        secretKey?: string;
        /**
         * Header that carries the secret instead, as it is, for example `x-api-key`
         */
        header?: string;
      };
      /**
       * Existing ConfigMap whose key `ca.crt` holds the certificates of the authorities to trust, for an address with a certificate that is not publicly trusted
       */
      caConfigMapName?: string;
      /**
       * @deprecated
       * Deprecated: the old name of `caConfigMapName`
       */
      authorityConfigMapName?: string;
      /**
       * Seconds the address gets to take a delivery
       */
      timeoutSeconds?: number | null | string;
      /**
       * How often a delivery is tried again that was not taken
       */
      retries?: number | null | string;
      /**
       * Most connections of a pod to the address
       */
      connections?: number | null | string;
    };
    /**
     * Largest body in bytes that is logged; of a larger one only the size is
     */
    maxBodyBytes?: number | null | string;
    queue?: {
      /**
       * Most requests of a pod that wait for the sink; the payloads of further ones are dropped, and counted
       */
      requests?: number | null | string;
      /**
       * Most bytes that their payloads hold
       */
      bytes?: number | null | string;
      /**
       * Most requests in one batch
       */
      batchRequests?: number | null | string;
      /**
       * Seconds after which a batch goes as it is
       */
      batchSeconds?: number | null | string;
    };
    /**
     * What else each payload carries, beside `namespace` and `endpoint` (`default`, or `canary`): names of at most 20 lower-case letters and digits
     */
    attributes?: {
      [k: string]: string;
    };
  };
  /**
   * Number of pods
   */
  replicaCount?: number;
  /**
   * Resources of the server; the memory limit must hold the loaded model. `limits.cpu: none` is no limit of the CPU
   */
  resources?: {
    claims?: ResourceClaim[];
    limits?: {
      [k: string]: "none" | Quantity;
    };
    requests?: {
      [k: string]: "none" | Quantity;
    };
  };
  /**
   * Further environment variables of the server (`MODEL_SERVER_*` ones are its settings)
   */
  env?: EnvVar[];
  /**
   * ConfigMaps and Secrets that become environment variables of the server
   */
  envFrom?: EnvFromSource[];
  /**
   * How pods are replaced; by default a new one is ready before an old one leaves
   */
  strategy?: {
    rollingUpdate?: "none" | RollingUpdateDeployment;
    type?: "none" | string;
  };
  /**
   * Seconds a rollout may stand still before it counts as failed
   */
  progressDeadlineSeconds?: number;
  /**
   * Seconds a pod must stay ready before the rollout goes on
   */
  minReadySeconds?: number;
  /**
   * Old ReplicaSets kept for a rollback
   */
  revisionHistoryLimit?: number;
  /**
   * Labels added to the pods
   */
  podLabels?: {
    [k: string]: string;
  };
  /**
   * Annotations added to the pods
   */
  podAnnotations?: {
    [k: string]: string;
  };
  /**
   * Containers that run before the server; with `restartPolicy: Always` they run beside it, start first and stop last
   */
  initContainers?: Container[];
  /**
   * Containers beside the server
   */
  sidecars?: Container[];
  /**
   * Further volumes of the pods
   */
  volumes?: Volume[];
  /**
   * Further mounts of the server's container
   */
  volumeMounts?: VolumeMount[];
  /**
   * Hooks of the server's container; for a pause before the end see `shutdown.preStopSeconds`
   */
  lifecycle?: Lifecycle;
  service?: {
    /**
     * Type of the Service
     */
    type?: "ClusterIP" | "NodePort" | "LoadBalancer";
    /**
     * Port of the Service; it leads to `server.port`
     */
    port?: number;
    /**
     * Port on the nodes for the types NodePort and LoadBalancer; default: Kubernetes picks one
     */
    nodePort?: number | null | string;
    /**
     * Port of the Service for gRPC, if there is `server.grpcPort`; named `grpc`, with the appProtocol `kubernetes.io/h2c`
     */
    grpcPort?: number;
    /**
     * Annotations of the Service
     */
    annotations?: {
      [k: string]: string;
    };
  };
  ingress?: {
    /**
     * Make the model reachable from outside the cluster by host name
     */
    enabled?: boolean;
    /**
     * Ingress class; empty: the cluster's default class
     */
    className?: string;
    /**
     * Annotations for the ingress controller
     */
    annotations?: {
      [k: string]: string;
    };
    /**
     * Hosts and their paths; a host without paths gets `/` as prefix
     */
    hosts?: {
      /**
       * Host name, may start with `*.`
       */
      host: string;
      /**
       * Paths of this host that lead to the model
       */
      paths?: {
        /**
         * Path, starting with /
         */
        path: string;
        /**
         * How the path is matched; default: Prefix
         */
        pathType?: "Exact" | "Prefix" | "ImplementationSpecific";
      }[];
    }[];
    /**
     * Certificates: names of existing TLS Secrets and the hosts each is for
     */
    tls?: IngressTLS[];
  };
  httpRoute?: {
    /**
     * Attach the model to a gateway
     */
    enabled?: boolean;
    /**
     * Gateways, by name and namespace
     *
     * @maxItems 32
     */
    parentRefs?: {
      group?: string;
      kind?: string;
      name: string;
      namespace?: string;
      port?: number;
      sectionName?: string;
    }[];
    /**
     * Host names; empty: all that the gateway serves
     *
     * @maxItems 16
     */
    hostnames?: string[];
    /**
     * What is led to the model; empty: everything
     *
     * @maxItems 64
     */
    matches?: {
      /**
       * @maxItems 16
       */
      headers?: {
        name: string;
        type?: "Exact" | "RegularExpression";
        value: string;
      }[];
      method?:
        | "GET"
        | "HEAD"
        | "POST"
        | "PUT"
        | "DELETE"
        | "CONNECT"
        | "OPTIONS"
        | "TRACE"
        | "PATCH";
      path?: {
        type?: "Exact" | "PathPrefix" | "RegularExpression";
        value?: string;
      };
      /**
       * @maxItems 16
       */
      queryParams?: {
        name: string;
        type?: "Exact" | "RegularExpression";
        value: string;
      }[];
    }[];
    /**
     * Changes to requests and answers on the way
     *
     * @maxItems 16
     */
    filters?: {
      extensionRef?: {
        group: string;
        kind: string;
        name: string;
      };
      requestHeaderModifier?: {
        /**
         * @maxItems 16
         */
        add?: {
          name: string;
          value: string;
        }[];
        /**
         * @maxItems 16
         */
        remove?: string[];
        /**
         * @maxItems 16
         */
        set?: {
          name: string;
          value: string;
        }[];
      };
      requestMirror?: {
        backendRef: {
          group?: string;
          kind?: string;
          name: string;
          namespace?: string;
          port?: number;
        };
        fraction?: {
          denominator?: number;
          numerator: number;
        };
        percent?: number;
      };
      requestRedirect?: {
        hostname?: string;
        path?: {
          replaceFullPath?: string;
          replacePrefixMatch?: string;
          type: "ReplaceFullPath" | "ReplacePrefixMatch";
        };
        port?: number;
        scheme?: "http" | "https";
        statusCode?: 301 | 302;
      };
      responseHeaderModifier?: {
        /**
         * @maxItems 16
         */
        add?: {
          name: string;
          value: string;
        }[];
        /**
         * @maxItems 16
         */
        remove?: string[];
        /**
         * @maxItems 16
         */
        set?: {
          name: string;
          value: string;
        }[];
      };
      type:
        | "RequestHeaderModifier"
        | "ResponseHeaderModifier"
        | "RequestMirror"
        | "RequestRedirect"
        | "URLRewrite"
        | "ExtensionRef";
      urlRewrite?: {
        hostname?: string;
        path?: {
          replaceFullPath?: string;
          replacePrefixMatch?: string;
          type: "ReplaceFullPath" | "ReplacePrefixMatch";
        };
      };
    }[];
    /**
     * Time limits of the gateway
     */
    timeouts?: {
      backendRequest?: string;
      request?: string;
    };
    /**
     * Annotations of the HTTPRoute
     */
    annotations?: {
      [k: string]: string;
    };
  };
  grpcRoute?: {
    /**
     * Attach the gRPC port of the model to a gateway; needs `server.grpcPort`
     */
    enabled?: boolean;
    /**
     * Gateways, by name and namespace
     *
     * @maxItems 32
     */
    parentRefs?: {
      group?: string;
      kind?: string;
      name: string;
      namespace?: string;
      port?: number;
      sectionName?: string;
    }[];
    /**
     * Host names; empty: all that the gateway serves
     *
     * @maxItems 16
     */
    hostnames?: string[];
    /**
     * Annotations of the GRPCRoute
     */
    annotations?: {
      [k: string]: string;
    };
  };
  canary?: {
    /**
     * Run a second version
     */
    enabled?: boolean;
    /**
     * Per cent of the requests it gets
     */
    weight?: number;
    /**
     * Its number of pods
     */
    replicaCount?: number;
    /**
     * What differs in its image; a tag or a digest replaces both of the stable image
     */
    image?: {
      /**
       * Image of the server, without tag
       */
      repository?: string;
      /**
       * Tag; default: the chart's appVersion. One that looks like a number or a date needs quotes, on the command line `--set-string`
       */
      tag?: string;
      /**
       * Digest; when set, it alone decides which image runs and the tag is not used
       */
      digest?: string;
      /**
       * When the node asks the registry
       */
      pullPolicy?: "Always" | "IfNotPresent" | "Never";
    };
    /**
     * What differs in its model; version and sha256 are its own and never those of the stable model
     */
    model?: {
      /**
       * Version of the model; default: the image's tag. One that looks like a number or a date needs quotes
       */
      version?: string;
      /**
       * sha256 of the model in hex; a server whose file or folder differs never becomes ready. Required for a pickle, and for every source but `image`
       */
      sha256?: string;
      /**
       * Whether the server loads a pickle or a `predictor.py`, which run code; even then only with `sha256` set
       */
      allowPickle?: boolean;
      /**
       * Where the model comes from
       */
      source?: "image" | "configMap" | "persistentVolumeClaim" | "uri";
      /**
       * Where the server finds the model: a file or a folder; default: `/model` in the image, else where the source is mounted
       */
      path?: string;
      configMap?: {
        /**
         * Existing ConfigMap that holds the model
         */
        name?: string;
        /**
         * Its key with the model file
         */
        key?: string;
        /**
         * Its keys with the files of a model that is a folder, and the path of each in that folder; empty: the model is the one file of `key`
         *
         * @maxItems 50
         */
        files?: {
          /**
           * Path in the model's folder
           */
          path: string;
          /**
           * Key of the ConfigMap
           */
          key: string;
        }[];
        /**
         * Its key with the golden requests, replayed before the server is ready; empty: none
         */
        goldenKey?: string;
      };
      persistentVolumeClaim?: {
        /**
         * Existing claim that holds the model; it is mounted read-only
         */
        existingClaim?: string;
        /**
         * Folder of the volume that holds the model, and golden requests as `golden.json` if there are any; empty: its root
         */
        subPath?: string;
        /**
         * Name of the model file in that folder; empty: the folder is the model, or holds the one file `model.*`
         */
        file?: string;
        create?: {
          /**
           * Make a claim, for a volume that already holds the model: one bound by name, cloned or restored. It outlives the release
           */
          enabled?: boolean;
          /**
           * Volume the claim is bound to
           */
          volumeName?: string;
          /**
           * Snapshot or claim the volume is filled from
           */
          dataSourceRef?: null | TypedObjectReference;
          /**
           * Storage class; null: the cluster's default, "": none
           */
          storageClassName?: string | null;
          /**
           * Access modes
           *
           * @minItems 1
           */
          accessModes?: ("ReadOnlyMany" | "ReadWriteOnce" | "ReadWriteMany" | "ReadWriteOncePod")[];
          /**
           * Size of the volume
           */
          size?: Quantity;
        };
      };
      uri?: {
        /**
         * Where each pod downloads the model from before the server starts: `https://`, `http://`, `s3://bucket/key`, `gs://bucket/key`, `az://container/key`, `hf://owner/repository@revision/path` or `oci://registry/repository:tag`
         */
        location?: string;
        /**
         * Where it downloads golden requests from; empty: there are none
         */
        goldenLocation?: string;
        /**
         * sha256 of the golden requests in hex
         */
        goldenSha256?: string;
        image?: {
          /**
           * Image of the program that downloads, without tag
           */
          repository?: string;
          /**
           * Tag; default: the chart's appVersion
           */
          tag?: string;
          /**
           * Digest; when set, it alone decides which image runs and the tag is not used
           */
          digest?: string;
          /**
           * When the node asks the registry
           */
          pullPolicy?: "Always" | "IfNotPresent" | "Never";
        };
        /**
         * Existing Secret whose keys become environment variables of the download, for example `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, or `MODEL_FETCHER_HTTP_AUTHORIZATION`
         */
        existingSecret?: string;
        /**
         * @deprecated
         * Deprecated: the old name of `existingSecret`
         */
        secretName?: string;
        /**
         * Existing Secret of type `kubernetes.io/dockerconfigjson` with credentials of the registry
         */
        registrySecretName?: string;
        /**
         * Existing ConfigMap whose key `ca.crt` holds the certificates of the authorities to trust, for servers with a certificate that is not publicly trusted
         */
        caConfigMapName?: string;
        /**
         * @deprecated
         * Deprecated: the old name of `caConfigMapName`
         */
        authorityConfigMapName?: string;
        /**
         * Address of the S3 server; empty: `AWS_ENDPOINT_URL_S3` or `AWS_ENDPOINT_URL` of the Secret, else that of AWS
         */
        s3Endpoint?: string;
        /**
         * Region of the bucket; empty: what `existingSecret` says as `AWS_REGION` or `AWS_DEFAULT_REGION`, else us-east-1
         */
        s3Region?: string;
        /**
         * Whether the bucket is in the path or in the host name of a request
         */
        s3Addressing?: "auto" | "path" | "virtual";
        /**
         * Whether the bucket is asked without credentials
         */
        s3Anonymous?: boolean;
        /**
         * Address of Google Cloud Storage; empty: the public one
         */
        gsEndpoint?: string;
        /**
         * Whether the bucket of Google Cloud Storage is asked without credentials
         */
        gsAnonymous?: boolean;
        /**
         * Azure's storage account; empty: what `existingSecret` says as `AZURE_STORAGE_ACCOUNT_NAME`
         */
        azAccount?: string;
        /**
         * Address of the storage account; empty: `https://ACCOUNT.blob.core.windows.net`
         */
        azEndpoint?: string;
        /**
         * Whether the storage account is asked without credentials
         */
        azAnonymous?: boolean;
        /**
         * Address of the Hugging Face Hub; empty: what `existingSecret` says as `HF_ENDPOINT`, else the public one
         */
        hfEndpoint?: string;
        /**
         * Whether the registry is spoken to without TLS, which then gets no credentials
         */
        ociPlainHttp?: boolean;
        /**
         * Largest file in bytes that is downloaded
         */
        maxBytes?: number;
        /**
         * Seconds the download may take, all attempts together
         */
        timeoutSeconds?: number;
        /**
         * Resources of the download
         */
        resources?: {
          claims?: ResourceClaim[];
          limits?: {
            [k: string]: "none" | Quantity;
          };
          requests?: {
            [k: string]: "none" | Quantity;
          };
        };
      };
    };
    /**
     * What differs in its server's settings; none takes a setting back to the server's own default
     */
    server?: {
      /**
       * Which server the image holds: `model-server`, that of this package, or `own`, any other that answers HTTP
       */
      kind?: "model-server" | "own";
      /**
       * Port for requests to the model
       */
      port?: number;
      /**
       * Port for probes and metrics, which no Service, Ingress or HTTPRoute leads to; 0: `port` is for these as well, as an image needs that is not of this package, or older than this port
       */
      managementPort?: number;
      /**
       * Port for the Open Inference Protocol over gRPC, usually 8081; `service.grpcPort` leads to it. Default: none. An image that is older than this port does not know its variable
       */
      grpcPort?: number | null | string;
      /**
       * Least severe level that is logged
       */
      logLevel?: "debug" | "info" | "warning" | "error" | null | "none";
      /**
       * Share of the successful requests that are logged, from 0 to 1; refused and failed ones always are
       */
      logSample?: number | null | string;
      /**
       * Whether logged requests show their body, which may hold personal data
       */
      logFeatures?: boolean | null | string;
      /**
       * Whether a pickle that holds more than a model of XGBoost, such as a pipeline of scikit-learn, may be loaded by running the code in it; needs an image with scikit-learn
       */
      runPickles?: boolean | null | string;
      /**
       * What a pickle needs that another version of scikit-learn made: `warn` serves it and says so in the log and in the metadata, `golden` refuses it unless golden requests pass
       */
      pickleVersionCheck?: "warn" | "golden" | null | "none";
      /**
       * Threads that one prediction by a pickled estimator of scikit-learn may use; default: 1, as more make single rows slower
       */
      estimatorThreads?: number | null | string;
      /**
       * What predicts: `auto` the native evaluator where that is exact, `xgboost` always XGBoost
       */
      engine?: "auto" | "xgboost" | null | "none";
      /**
       * What `null` in a row means: `reject` refuses the request, `accept` takes it for a missing value (as does `"null"`, which without quotes would be nothing at all)
       */
      missingValues?: "reject" | "accept" | "null" | null | "none";
      /**
       * Number that stands for a missing value, as `missing=` of XGBoost's scikit-learn interface: for models that were trained with one and whose file does not tell it, as no `.ubj` or `.json` does since XGBoost 2.0
       */
      missingMarker?: number | null | string;
      /**
       * Largest request body in bytes
       */
      maxBodyBytes?: number | null | string;
      /**
       * Bytes of all request bodies together that are being received
       */
      maxBufferedBytes?: number | null | string;
      /**
       * Most rows in one request
       */
      maxRows?: number | null | string;
      /**
       * Most requests that may wait for each other; new connections then get a 503
       */
      maxConcurrency?: number | null | string;
      /**
       * Most open connections, idle ones included
       */
      maxConnections?: number | null | string;
      /**
       * Seconds a client gets to send the header of a request
       */
      headerTimeout?: number | null | string;
      /**
       * Seconds a client gets to send the body of a request
       */
      bodyTimeout?: number | null | string;
      /**
       * Seconds a client gets to take the response
       */
      responseTimeout?: number | null | string;
      /**
       * Seconds an idle connection stays open
       */
      keepAliveTimeout?: number | null | string;
      /**
       * Command of the container of an `own` server; empty: the image's
       */
      command?: string[];
      /**
       * Arguments of an `own` server; empty: the image's, unless there is a `command`
       */
      args?: string[];
      /**
       * Path that answers 200 once an `own` server takes requests, for the startup and the readiness probe; empty: they ask whether `port` takes connections, as the liveness probe does, since a restart helps no server that is merely busy
       */
      healthPath?: string;
      /**
       * Where an `own` server looks for the model, such as `/app/model.pkl`: there it is mounted, if `model.source` is not `image`
       */
      modelPath?: string;
      /**
       * Folders that an `own` server may write to, each empty when its pod starts; the others are read-only, unless `securityContext.readOnlyRootFilesystem` is false. `/tmp` always is one
       */
      writableFolders?: string[];
      /**
       * Path of an `own` server's metrics, for the monitors; without a monitor the pods' annotations tell Prometheus of it. Empty: it has none
       */
      metricsPath?: string;
    };
    /**
     * How the ingress controller is told the weight: `nginx` by a second Ingress, `skipper` by an annotation
     */
    ingressController?: "nginx" | "skipper";
  };
  /**
   * Have the Deployment say how many pods there are while an autoscaler owns their number, where it said a number before: left out, it would become 1 for a moment. Without a cluster to ask it says the fewest. false where something applies the rendered chart again and again, such as Argo CD, and would undo what the autoscaler does
   */
  keepReplicas?: boolean;
  autoscaling?: {
    /**
     * Let a HorizontalPodAutoscaler decide the number of pods instead of `replicaCount`
     */
    enabled?: boolean;
    /**
     * Fewest pods
     */
    minReplicas?: number;
    /**
     * Most pods
     */
    maxReplicas?: number;
    /**
     * CPU to aim at, in per cent of the request; none: not looked at
     */
    targetCPUUtilizationPercentage?: number | null | string;
    /**
     * Memory to aim at, in per cent of the request; none: not looked at
     */
    targetMemoryUtilizationPercentage?: number | null | string;
    /**
     * Further metrics to aim at
     */
    metrics?: MetricSpec[];
    /**
     * How fast it may scale up and down
     */
    behavior?: HorizontalPodAutoscalerBehavior;
  };
  keda?: {
    /**
     * Let KEDA decide the number of pods, down to none; needs KEDA in the cluster
     */
    enabled?: boolean;
    /**
     * Fewest pods
     */
    minReplicaCount?: number;
    /**
     * Most pods
     */
    maxReplicaCount?: number;
    /**
     * What it scales by
     *
     * @minItems 0
     */
    triggers?: {
      authenticationRef?: {
        kind?: "TriggerAuthentication" | "ClusterTriggerAuthentication";
        name: string;
      };
      metadata: {
        [k: string]: string;
      };
      metricType?: string;
      name?: string;
      type: string;
      useCachedMetrics?: boolean;
    }[];
    /**
     * Seconds between two looks at the triggers
     */
    pollingInterval?: number;
    /**
     * Seconds without activity before it scales to none
     */
    cooldownPeriod?: number;
    /**
     * Number of pods when the triggers cannot be read
     */
    fallback?: null | {
      behavior?:
        | "static"
        | "currentReplicas"
        | "currentReplicasIfHigher"
        | "currentReplicasIfLower"
        | "scalingModifiers";
      failureThreshold: number;
      replicas: number;
    };
    /**
     * Further settings
     */
    advanced?: {
      horizontalPodAutoscalerConfig?: {
        behavior?: {
          scaleDown?: {
            policies?: {
              periodSeconds: number;
              type: string;
              value: number;
            }[];
            selectPolicy?: string;
            stabilizationWindowSeconds?: number;
            tolerance?: number | string;
          };
          scaleUp?: {
            policies?: {
              periodSeconds: number;
              type: string;
              value: number;
            }[];
            selectPolicy?: string;
            stabilizationWindowSeconds?: number;
            tolerance?: number | string;
          };
        };
        name?: string;
      };
      restoreToOriginalReplicaCount?: boolean;
      scalingModifiers?: {
        activationTarget?: string;
        formula?: string;
        metricType?: "AverageValue" | "Value";
        target?: string;
      };
    };
  };
  podDisruptionBudget?: {
    /**
     * Limit how many pods a drain of nodes may take at once
     */
    enabled?: boolean;
    /**
     * Pods that must stay, as number or per cent
     */
    minAvailable?: number | string | null;
    /**
     * Pods that may be missing, as number or per cent
     */
    maxUnavailable?: number | string | null;
    /**
     * Whether pods that are not ready may always be evicted
     */
    unhealthyPodEvictionPolicy?: "AlwaysAllow" | "IfHealthyBudget";
  };
  probes?: {
    /**
     * Until it succeeds no other probe runs; periodSeconds × failureThreshold is the time the model may take to load, verify and warm up
     */
    startup?: {
      exec?: ExecAction;
      failureThreshold?: "none" | number;
      grpc?: GRPCAction;
      httpGet?: HTTPGetAction;
      initialDelaySeconds?: number;
      periodSeconds?: "none" | number;
      successThreshold?: number;
      tcpSocket?: TCPSocketAction;
      terminationGracePeriodSeconds?: number;
      timeoutSeconds?: "none" | number;
    };
    /**
     * Whether the pod gets requests
     */
    readiness?: {
      exec?: ExecAction;
      failureThreshold?: "none" | number;
      grpc?: GRPCAction;
      httpGet?: HTTPGetAction;
      initialDelaySeconds?: number;
      periodSeconds?: "none" | number;
      successThreshold?: number;
      tcpSocket?: TCPSocketAction;
      terminationGracePeriodSeconds?: number;
      timeoutSeconds?: "none" | number;
    };
    /**
     * Whether the server is restarted; slow to judge, because a restart helps no server that is merely busy
     */
    liveness?: {
      exec?: ExecAction;
      failureThreshold?: "none" | number;
      grpc?: GRPCAction;
      httpGet?: HTTPGetAction;
      initialDelaySeconds?: number;
      periodSeconds?: "none" | number;
      successThreshold?: number;
      tcpSocket?: TCPSocketAction;
      terminationGracePeriodSeconds?: number;
      timeoutSeconds?: "none" | number;
    };
  };
  shutdown?: {
    /**
     * Seconds before SIGTERM in which a leaving pod works on as if nothing had happened; not needed for this chart's own server, which keeps accepting requests for `delaySeconds` by itself
     */
    preStopSeconds?: number;
    /**
     * Seconds after SIGTERM in which the server is unready but still accepts requests, until every load balancer has noticed
     */
    delaySeconds?: number;
    /**
     * Seconds after that in which requests under way may finish
     */
    drainSeconds?: number;
    /**
     * Seconds after which Kubernetes kills the pod; must cover the three above
     */
    gracePeriodSeconds?: number;
  };
  /**
   * Security context of the pod; the default passes the Pod Security Standard "restricted"
   */
  podSecurityContext?: {
    appArmorProfile?: AppArmorProfile;
    fsGroup?: number;
    fsGroupChangePolicy?: string;
    runAsGroup?: "none" | number;
    runAsNonRoot?: "none" | boolean;
    runAsUser?: "none" | number;
    seLinuxChangePolicy?: string;
    seLinuxOptions?: SELinuxOptions;
    seccompProfile?: "none" | SeccompProfile;
    supplementalGroups?: number[];
    supplementalGroupsPolicy?: string;
    sysctls?: Sysctl[];
    windowsOptions?: WindowsSecurityContextOptions;
  };
  /**
   * Security context of the server's container
   */
  securityContext?: {
    allowPrivilegeEscalation?: "none" | boolean;
    appArmorProfile?: AppArmorProfile;
    capabilities?: "none" | Capabilities;
    privileged?: boolean;
    procMount?: string;
    readOnlyRootFilesystem?: "none" | boolean;
    runAsGroup?: number;
    runAsNonRoot?: boolean;
    runAsUser?: number;
    seLinuxOptions?: SELinuxOptions;
    seccompProfile?: SeccompProfile;
    windowsOptions?: WindowsSecurityContextOptions;
  };
  serviceAccount?: {
    /**
     * Make a service account for the pods
     */
    create?: boolean;
    /**
     * Its name; default: the full name if it is made, else the namespace's `default`
     */
    name?: string;
    /**
     * Its annotations, for example to tie it to a cloud identity
     */
    annotations?: {
      [k: string]: string;
    };
    /**
     * Hand the pods its token; the server needs none
     */
    automountToken?: boolean;
  };
  networkPolicy?: {
    /**
     * Deny the pods all traffic but what follows; needs a network plugin that enforces it
     */
    enabled?: boolean;
    /**
     * Allow requests from pods of the same namespace
     */
    allowSameNamespace?: boolean;
    /**
     * Allow requests from these namespaces, by name: those of the ingress controller or gateway, of Prometheus, of clients
     */
    allowNamespaces?: string[];
    /**
     * Allow these namespaces, by name, to reach `server.managementPort` and no other port: that of Prometheus
     */
    allowMonitoringNamespaces?: string[];
    /**
     * Allow requests from further peers
     */
    allowFrom?: NetworkPolicyPeer[];
    /**
     * Allow the pods to ask the DNS
     */
    allowDNS?: boolean;
    /**
     * Who the DNS is: by default the pods of the cluster's own, and the address at which a node's cache answers
     *
     * @minItems 1
     */
    dnsPeers?: NetworkPolicyPeer[];
    /**
     * Ports at which it answers; its pods in OpenShift do at 5353
     *
     * @minItems 1
     */
    dnsPorts?: number[];
    /**
     * What else the pods may reach
     */
    egress?: NetworkPolicyEgressRule[];
  };
  /**
   * Labels a node must have
   */
  nodeSelector?: {
    [k: string]: string;
  };
  /**
   * Taints the pods tolerate
   */
  tolerations?: Toleration[];
  /**
   * Affinity rules
   */
  affinity?: Affinity;
  /**
   * How pods are spread; a constraint without labelSelector gets the one of this model's pods
   */
  topologySpreadConstraints?: TopologySpreadConstraint[];
  /**
   * Priority class of the pods
   */
  priorityClassName?: string;
  /**
   * Runtime class of the pods
   */
  runtimeClassName?: string;
  serviceMonitor?: {
    /**
     * Have Prometheus read each pod behind the Service
     */
    enabled?: boolean;
    /**
     * Time between two reads, such as 1m30s
     */
    interval?: string;
    /**
     * Time limit of a read, no longer than `interval`; default: 10s, or `interval` where that is shorter
     */
    scrapeTimeout?: string;
    /**
     * Labels by which Prometheus selects its monitors
     */
    labels?: {
      [k: string]: string;
    };
    /**
     * Changes to the labels of the target
     */
    relabelings?: {
      action?:
        | "replace"
        | "Replace"
        | "keep"
        | "Keep"
        | "drop"
        | "Drop"
        | "hashmod"
        | "HashMod"
        | "labelmap"
        | "LabelMap"
        | "labeldrop"
        | "LabelDrop"
        | "labelkeep"
        | "LabelKeep"
        | "lowercase"
        | "Lowercase"
        | "uppercase"
        | "Uppercase"
        | "keepequal"
        | "KeepEqual"
        | "dropequal"
        | "DropEqual";
      modulus?: number;
      regex?: string;
      replacement?: string;
      separator?: string;
      sourceLabels?: string[];
      targetLabel?: string;
    }[];
    /**
     * Changes to the metrics
     */
    metricRelabelings?: {
      action?:
        | "replace"
        | "Replace"
        | "keep"
        | "Keep"
        | "drop"
        | "Drop"
        | "hashmod"
        | "HashMod"
        | "labelmap"
        | "LabelMap"
        | "labeldrop"
        | "LabelDrop"
        | "labelkeep"
        | "LabelKeep"
        | "lowercase"
        | "Lowercase"
        | "uppercase"
        | "Uppercase"
        | "keepequal"
        | "KeepEqual"
        | "dropequal"
        | "DropEqual";
      modulus?: number;
      regex?: string;
      replacement?: string;
      separator?: string;
      sourceLabels?: string[];
      targetLabel?: string;
    }[];
  };
  podMonitor?: {
    /**
     * Have Prometheus read the pods themselves, those of a canary as well
     */
    enabled?: boolean;
    /**
     * Time between two reads, such as 1m30s
     */
    interval?: string;
    /**
     * Time limit of a read, no longer than `interval`; default: 10s, or `interval` where that is shorter
     */
    scrapeTimeout?: string;
    /**
     * Labels by which Prometheus selects its monitors
     */
    labels?: {
      [k: string]: string;
    };
    /**
     * Changes to the labels of the target
     */
    relabelings?: {
      action?:
        | "replace"
        | "Replace"
        | "keep"
        | "Keep"
        | "drop"
        | "Drop"
        | "hashmod"
        | "HashMod"
        | "labelmap"
        | "LabelMap"
        | "labeldrop"
        | "LabelDrop"
        | "labelkeep"
        | "LabelKeep"
        | "lowercase"
        | "Lowercase"
        | "uppercase"
        | "Uppercase"
        | "keepequal"
        | "KeepEqual"
        | "dropequal"
        | "DropEqual";
      modulus?: number;
      regex?: string;
      replacement?: string;
      separator?: string;
      sourceLabels?: string[];
      targetLabel?: string;
    }[];
    /**
     * Changes to the metrics
     */
    metricRelabelings?: {
      action?:
        | "replace"
        | "Replace"
        | "keep"
        | "Keep"
        | "drop"
        | "Drop"
        | "hashmod"
        | "HashMod"
        | "labelmap"
        | "LabelMap"
        | "labeldrop"
        | "LabelDrop"
        | "labelkeep"
        | "LabelKeep"
        | "lowercase"
        | "Lowercase"
        | "uppercase"
        | "Uppercase"
        | "keepequal"
        | "KeepEqual"
        | "dropequal"
        | "DropEqual";
      modulus?: number;
      regex?: string;
      replacement?: string;
      separator?: string;
      sourceLabels?: string[];
      targetLabel?: string;
    }[];
  };
  prometheusRule?: {
    /**
     * Alert on errors, latency, overload, absence, a stalled rollout, and more models than there should be
     */
    enabled?: boolean;
    /**
     * Labels by which Prometheus selects its rules
     */
    labels?: {
      [k: string]: string;
    };
    /**
     * Labels of the metrics to look at; default: those the monitors above give
     */
    selector?: string;
    objectives?: {
      /**
       * Share of predictions that may fail by the server's fault
       */
      errorRatio?: number;
      /**
       * Seconds a prediction may take; less than 1, beyond which the server's histogram does not tell
       */
      latencySeconds?: number;
      /**
       * Share of predictions that must take no longer
       */
      latencyQuantile?: number;
    };
    /**
     * Further rules of the same group
     */
    rules?: {
      alert?: string;
      annotations?: {
        [k: string]: string;
      };
      expr: number | string;
      for?: string;
      keep_firing_for?: string;
      labels?: {
        [k: string]: string;
      };
      record?: string;
    }[];
  };
  dashboard?: {
    /**
     * Make a Grafana dashboard of this model, as a ConfigMap that Grafana's sidecar finds
     */
    enabled?: boolean;
    /**
     * Labels by which the sidecar selects
     */
    labels?: {
      [k: string]: string;
    };
    /**
     * Annotations of the ConfigMap, for example the folder in Grafana
     */
    annotations?: {
      [k: string]: string;
    };
  };
  logForwarding?: {
    /**
     * Run it
     */
    enabled?: boolean;
    image?: {
      /**
       * Image of fluent-bit 4 or later, without tag
       */
      repository?: string;
      /**
       * Tag; one is needed, unless there is a digest
       */
      tag?: string;
      /**
       * Digest; when set, it alone decides which image runs and the tag is not used
       */
      digest?: string;
      /**
       * When the node asks the registry
       */
      pullPolicy?: "Always" | "IfNotPresent" | "Never";
    };
    /**
     * Where the lines go: outputs of fluent-bit by `name`, with its properties. A secret is written as `${KEY}`, KEY being its key in `existingSecret`
     */
    outputs?: {
      /**
       * Output of fluent-bit, for example `loki`, `es`, `http` or `forward`
       */
      name: string;
      [k: string]: string | number | boolean | (string | number | boolean)[];
    }[];
    /**
     * Existing Secret whose keys become environment variables of fluent-bit
     */
    existingSecret?: string;
    /**
     * @deprecated
     * Deprecated: the old name of `existingSecret`
     */
    secretName?: string;
    /**
     * Existing ConfigMap whose key `ca.crt` holds the certificates of the authorities that outputs with `tls` trust
     */
    caConfigMapName?: string;
    /**
     * @deprecated
     * Deprecated: the old name of `caConfigMapName`
     */
    authorityConfigMapName?: string;
    /**
     * Fields added to each line, beside `namespace`, `pod` and `track`
     */
    fields?: {
      [k: string]: string;
    };
    /**
     * Filters of fluent-bit that the lines pass
     */
    filters?: {
      /**
       * Filter of fluent-bit, for example `grep`
       */
      name: string;
      [k: string]: string | number | boolean | (string | number | boolean)[];
    }[];
    /**
     * Size in bytes of each of the two files into which the server writes its lines by turns
     */
    fileBytes?: number;
    /**
     * Bytes that wait on disk for each output while it does not take them; beyond, the oldest are given up
     */
    bufferBytes?: number;
    /**
     * Resources of fluent-bit
     */
    resources?: {
      claims?: ResourceClaim[];
      limits?: {
        [k: string]: "none" | Quantity;
      };
      requests?: {
        [k: string]: "none" | Quantity;
      };
    };
  };
  /**
   * Objects that come and go with the release, for example what a sidecar reads; written as templates. What is a template for somebody else, like `$labels` in an alert, goes into one of Helm as a text in back quotes
   */
  extraObjects?: {
    apiVersion: string;
    kind: string;
    metadata: {
      name: string;
      namespace?: string;
      labels?: {
        [k: string]: string;
      };
      annotations?: {
        [k: string]: string;
      };
      [k: string]: unknown;
    };
    [k: string]: unknown;
  }[];
  test?: {
    /**
     * Image with Python for the test, and for the check of a mounted model's sha256, of an `own` server whose image has none
     */
    image?: {
      /**
       * Image of the server, without tag
       */
      repository?: string;
      /**
       * Tag; default: the chart's appVersion. One that looks like a number or a date needs quotes, on the command line `--set-string`
       */
      tag?: string;
      /**
       * Digest; when set, it alone decides which image runs and the tag is not used
       */
      digest?: string;
      /**
       * When the node asks the registry
       */
      pullPolicy?: "Always" | "IfNotPresent" | "Never";
    };
    /**
     * Python of the image; default: that of this package's image, of an `own` server's `python3`
     */
    python?: string;
    /**
     * Seconds the test waits for an answer
     */
    timeoutSeconds?: number;
  };
  /**
   * Values shared with parent charts; not used here
   */
  global?: {
    [k: string]: unknown;
  };
}
export interface LocalObjectReference {
  name?: string;
}
export interface TypedObjectReference {
  apiGroup?: string;
  kind: string;
  name: string;
  namespace?: string;
}
export interface ResourceClaim {
  name: string;
  request?: string;
}
export interface EnvVar {
  name: string;
  value?: string;
  valueFrom?: EnvVarSource;
}
export interface EnvVarSource {
  configMapKeyRef?: ConfigMapKeySelector;
  fieldRef?: ObjectFieldSelector;
  fileKeyRef?: FileKeySelector;
  resourceFieldRef?: ResourceFieldSelector;
  secretKeyRef?: SecretKeySelector;
}
export interface ConfigMapKeySelector {
  key: string;
  name?: string;
  optional?: boolean;
}
export interface ObjectFieldSelector {
  apiVersion?: string;
  fieldPath: string;
}
export interface FileKeySelector {
  key: string;
  optional?: boolean;
  path: string;
  volumeName: string;
}
export interface ResourceFieldSelector {
  containerName?: string;
  divisor?: Quantity;
  resource: string;
}
export interface SecretKeySelector {
  key: string;
  name?: string;
  optional?: boolean;
}
export interface EnvFromSource {
  configMapRef?: ConfigMapEnvSource;
  prefix?: string;
  secretRef?: SecretEnvSource;
}
export interface ConfigMapEnvSource {
  name?: string;
  optional?: boolean;
}
export interface SecretEnvSource {
  name?: string;
  optional?: boolean;
}
export interface RollingUpdateDeployment {
  maxSurge?: IntOrString;
  maxUnavailable?: IntOrString;
}
export interface Container {
  args?: string[];
  command?: string[];
  env?: EnvVar[];
  envFrom?: EnvFromSource[];
  image?: string;
  imagePullPolicy?: string;
  lifecycle?: Lifecycle;
  livenessProbe?: Probe;
  name: string;
  ports?: ContainerPort[];
  readinessProbe?: Probe;
  resizePolicy?: ContainerResizePolicy[];
  resources?: ResourceRequirements;
  restartPolicy?: string;
  restartPolicyRules?: ContainerRestartRule[];
  securityContext?: SecurityContext;
  startupProbe?: Probe;
  stdin?: boolean;
  stdinOnce?: boolean;
  terminationMessagePath?: string;
  terminationMessagePolicy?: string;
  tty?: boolean;
  volumeDevices?: VolumeDevice[];
  volumeMounts?: VolumeMount[];
  workingDir?: string;
}
export interface Lifecycle {
  postStart?: LifecycleHandler;
  preStop?: LifecycleHandler;
  stopSignal?: string;
}
export interface LifecycleHandler {
  exec?: ExecAction;
  httpGet?: HTTPGetAction;
  sleep?: SleepAction;
  tcpSocket?: TCPSocketAction;
}
export interface ExecAction {
  command?: string[];
}
export interface HTTPGetAction {
  host?: string;
  httpHeaders?: HTTPHeader[];
  path?: string;
  port: IntOrString;
  scheme?: string;
}
export interface HTTPHeader {
  name: string;
  value: string;
}
export interface SleepAction {
  seconds: number;
}
export interface TCPSocketAction {
  host?: string;
  port: IntOrString;
}
export interface Probe {
  exec?: ExecAction;
  failureThreshold?: number;
  grpc?: GRPCAction;
  httpGet?: HTTPGetAction;
  initialDelaySeconds?: number;
  periodSeconds?: number;
  successThreshold?: number;
  tcpSocket?: TCPSocketAction;
  terminationGracePeriodSeconds?: number;
  timeoutSeconds?: number;
}
export interface GRPCAction {
  port: number;
  service?: string;
}
export interface ContainerPort {
  containerPort: number;
  hostIP?: string;
  hostPort?: number;
  name?: string;
  protocol?: string;
}
export interface ContainerResizePolicy {
  resourceName: string;
  restartPolicy: string;
}
export interface ResourceRequirements {
  claims?: ResourceClaim[];
  limits?: {
    [k: string]: Quantity;
  };
  requests?: {
    [k: string]: Quantity;
  };
}
export interface ContainerRestartRule {
  action: string;
  exitCodes?: ContainerRestartRuleOnExitCodes;
}
export interface ContainerRestartRuleOnExitCodes {
  operator: string;
  values?: number[];
}
export interface SecurityContext {
  allowPrivilegeEscalation?: boolean;
  appArmorProfile?: AppArmorProfile;
  capabilities?: Capabilities;
  privileged?: boolean;
  procMount?: string;
  readOnlyRootFilesystem?: boolean;
  runAsGroup?: number;
  runAsNonRoot?: boolean;
  runAsUser?: number;
  seLinuxOptions?: SELinuxOptions;
  seccompProfile?: SeccompProfile;
  windowsOptions?: WindowsSecurityContextOptions;
}
export interface AppArmorProfile {
  localhostProfile?: string;
  type: string;
}
export interface Capabilities {
  add?: string[];
  drop?: string[];
}
export interface SELinuxOptions {
  level?: string;
  role?: string;
  type?: string;
  user?: string;
}
export interface SeccompProfile {
  localhostProfile?: string;
  type: string;
}
export interface WindowsSecurityContextOptions {
  gmsaCredentialSpec?: string;
  gmsaCredentialSpecName?: string;
  hostProcess?: boolean;
  runAsUserName?: string;
}
export interface VolumeDevice {
  devicePath: string;
  name: string;
}
export interface VolumeMount {
  mountPath: string;
  mountPropagation?: string;
  name: string;
  readOnly?: boolean;
  recursiveReadOnly?: string;
  subPath?: string;
  subPathExpr?: string;
}
export interface Volume {
  awsElasticBlockStore?: AWSElasticBlockStoreVolumeSource;
  azureDisk?: AzureDiskVolumeSource;
  azureFile?: AzureFileVolumeSource;
  cephfs?: CephFSVolumeSource;
  cinder?: CinderVolumeSource;
  configMap?: ConfigMapVolumeSource;
  csi?: CSIVolumeSource;
  downwardAPI?: DownwardAPIVolumeSource;
  emptyDir?: EmptyDirVolumeSource;
  ephemeral?: EphemeralVolumeSource;
  fc?: FCVolumeSource;
  flexVolume?: FlexVolumeSource;
  flocker?: FlockerVolumeSource;
  gcePersistentDisk?: GCEPersistentDiskVolumeSource;
  gitRepo?: GitRepoVolumeSource;
  glusterfs?: GlusterfsVolumeSource;
  hostPath?: HostPathVolumeSource;
  image?: ImageVolumeSource;
  iscsi?: ISCSIVolumeSource;
  name: string;
  nfs?: NFSVolumeSource;
  persistentVolumeClaim?: PersistentVolumeClaimVolumeSource;
  photonPersistentDisk?: PhotonPersistentDiskVolumeSource;
  portworxVolume?: PortworxVolumeSource;
  projected?: ProjectedVolumeSource;
  quobyte?: QuobyteVolumeSource;
  rbd?: RBDVolumeSource;
  scaleIO?: ScaleIOVolumeSource;
  secret?: SecretVolumeSource;
  storageos?: StorageOSVolumeSource;
  vsphereVolume?: VsphereVirtualDiskVolumeSource;
}
export interface AWSElasticBlockStoreVolumeSource {
  fsType?: string;
  partition?: number;
  readOnly?: boolean;
  volumeID: string;
}
export interface AzureDiskVolumeSource {
  cachingMode?: string;
  diskName: string;
  diskURI: string;
  fsType?: string;
  kind?: string;
  readOnly?: boolean;
}
export interface AzureFileVolumeSource {
  readOnly?: boolean;
  secretName: string;
  shareName: string;
}
export interface CephFSVolumeSource {
  monitors: string[];
  path?: string;
  readOnly?: boolean;
  secretFile?: string;
  secretRef?: LocalObjectReference;
  user?: string;
}
export interface CinderVolumeSource {
  fsType?: string;
  readOnly?: boolean;
  secretRef?: LocalObjectReference;
  volumeID: string;
}
export interface ConfigMapVolumeSource {
  defaultMode?: number;
  items?: KeyToPath[];
  name?: string;
  optional?: boolean;
}
export interface KeyToPath {
  key: string;
  mode?: number;
  path: string;
}
export interface CSIVolumeSource {
  driver: string;
  fsType?: string;
  nodePublishSecretRef?: LocalObjectReference;
  readOnly?: boolean;
  volumeAttributes?: {
    [k: string]: string;
  };
}
export interface DownwardAPIVolumeSource {
  defaultMode?: number;
  items?: DownwardAPIVolumeFile[];
}
export interface DownwardAPIVolumeFile {
  fieldRef?: ObjectFieldSelector;
  mode?: number;
  path: string;
  resourceFieldRef?: ResourceFieldSelector;
}
export interface EmptyDirVolumeSource {
  medium?: string;
  sizeLimit?: Quantity;
}
export interface EphemeralVolumeSource {
  volumeClaimTemplate?: PersistentVolumeClaimTemplate;
}
export interface PersistentVolumeClaimTemplate {
  metadata?: ObjectMeta;
  spec: PersistentVolumeClaimSpec;
}
export interface ObjectMeta {
  annotations?: {
    [k: string]: string;
  };
  creationTimestamp?: Time;
  deletionGracePeriodSeconds?: number;
  deletionTimestamp?: Time;
  finalizers?: string[];
  generateName?: string;
  generation?: number;
  labels?: {
    [k: string]: string;
  };
  managedFields?: ManagedFieldsEntry[];
  name?: string;
  namespace?: string;
  ownerReferences?: OwnerReference[];
  resourceVersion?: string;
  selfLink?: string;
  uid?: string;
}
export interface ManagedFieldsEntry {
  apiVersion?: string;
  fieldsType?: string;
  fieldsV1?: FieldsV1;
  manager?: string;
  operation?: string;
  subresource?: string;
  time?: Time;
}
export interface FieldsV1 {
  [k: string]: unknown;
}
export interface OwnerReference {
  apiVersion: string;
  blockOwnerDeletion?: boolean;
  controller?: boolean;
  kind: string;
  name: string;
  uid: string;
}
export interface PersistentVolumeClaimSpec {
  accessModes?: string[];
  dataSource?: TypedLocalObjectReference;
  dataSourceRef?: TypedObjectReference;
  resources?: VolumeResourceRequirements;
  selector?: LabelSelector;
  storageClassName?: string;
  volumeAttributesClassName?: string;
  volumeMode?: string;
  volumeName?: string;
}
export interface TypedLocalObjectReference {
  apiGroup?: string;
  kind: string;
  name: string;
}
export interface VolumeResourceRequirements {
  limits?: {
    [k: string]: Quantity;
  };
  requests?: {
    [k: string]: Quantity;
  };
}
export interface LabelSelector {
  matchExpressions?: LabelSelectorRequirement[];
  matchLabels?: {
    [k: string]: string;
  };
}
export interface LabelSelectorRequirement {
  key: string;
  operator: string;
  values?: string[];
}
export interface FCVolumeSource {
  fsType?: string;
  lun?: number;
  readOnly?: boolean;
  targetWWNs?: string[];
  wwids?: string[];
}
export interface FlexVolumeSource {
  driver: string;
  fsType?: string;
  options?: {
    [k: string]: string;
  };
  readOnly?: boolean;
  secretRef?: LocalObjectReference;
}
export interface FlockerVolumeSource {
  datasetName?: string;
  datasetUUID?: string;
}
export interface GCEPersistentDiskVolumeSource {
  fsType?: string;
  partition?: number;
  pdName: string;
  readOnly?: boolean;
}
export interface GitRepoVolumeSource {
  directory?: string;
  repository: string;
  revision?: string;
}
export interface GlusterfsVolumeSource {
  endpoints: string;
  path: string;
  readOnly?: boolean;
}
export interface HostPathVolumeSource {
  path: string;
  type?: string;
}
export interface ImageVolumeSource {
  pullPolicy?: string;
  reference?: string;
}
export interface ISCSIVolumeSource {
  chapAuthDiscovery?: boolean;
  chapAuthSession?: boolean;
  fsType?: string;
  initiatorName?: string;
  iqn: string;
  iscsiInterface?: string;
  lun: number;
  portals?: string[];
  readOnly?: boolean;
  secretRef?: LocalObjectReference;
  targetPortal: string;
}
export interface NFSVolumeSource {
  path: string;
  readOnly?: boolean;
  server: string;
}
export interface PersistentVolumeClaimVolumeSource {
  claimName: string;
  readOnly?: boolean;
}
export interface PhotonPersistentDiskVolumeSource {
  fsType?: string;
  pdID: string;
}
export interface PortworxVolumeSource {
  fsType?: string;
  readOnly?: boolean;
  volumeID: string;
}
export interface ProjectedVolumeSource {
  defaultMode?: number;
  sources?: VolumeProjection[];
}
export interface VolumeProjection {
  clusterTrustBundle?: ClusterTrustBundleProjection;
  configMap?: ConfigMapProjection;
  downwardAPI?: DownwardAPIProjection;
  podCertificate?: PodCertificateProjection;
  secret?: SecretProjection;
  serviceAccountToken?: ServiceAccountTokenProjection;
}
export interface ClusterTrustBundleProjection {
  labelSelector?: LabelSelector;
  name?: string;
  optional?: boolean;
  path: string;
  signerName?: string;
}
export interface ConfigMapProjection {
  items?: KeyToPath[];
  name?: string;
  optional?: boolean;
}
export interface DownwardAPIProjection {
  items?: DownwardAPIVolumeFile[];
}
export interface PodCertificateProjection {
  certificateChainPath?: string;
  credentialBundlePath?: string;
  keyPath?: string;
  keyType: string;
  maxExpirationSeconds?: number;
  signerName: string;
}
export interface SecretProjection {
  items?: KeyToPath[];
  name?: string;
  optional?: boolean;
}
export interface ServiceAccountTokenProjection {
  audience?: string;
  expirationSeconds?: number;
  path: string;
}
export interface QuobyteVolumeSource {
  group?: string;
  readOnly?: boolean;
  registry: string;
  tenant?: string;
  user?: string;
  volume: string;
}
export interface RBDVolumeSource {
  fsType?: string;
  image: string;
  keyring?: string;
  monitors: string[];
  pool?: string;
  readOnly?: boolean;
  secretRef?: LocalObjectReference;
  user?: string;
}
export interface ScaleIOVolumeSource {
  fsType?: string;
  gateway: string;
  protectionDomain?: string;
  readOnly?: boolean;
  secretRef: LocalObjectReference;
  sslEnabled?: boolean;
  storageMode?: string;
  storagePool?: string;
  system: string;
  volumeName?: string;
}
export interface SecretVolumeSource {
  defaultMode?: number;
  items?: KeyToPath[];
  optional?: boolean;
  secretName?: string;
}
export interface StorageOSVolumeSource {
  fsType?: string;
  readOnly?: boolean;
  secretRef?: LocalObjectReference;
  volumeName?: string;
  volumeNamespace?: string;
}
export interface VsphereVirtualDiskVolumeSource {
  fsType?: string;
  storagePolicyID?: string;
  storagePolicyName?: string;
  volumePath: string;
}
export interface IngressTLS {
  hosts?: string[];
  secretName?: string;
}
export interface MetricSpec {
  containerResource?: ContainerResourceMetricSource;
  external?: ExternalMetricSource;
  object?: ObjectMetricSource;
  pods?: PodsMetricSource;
  resource?: ResourceMetricSource;
  type: string;
}
export interface ContainerResourceMetricSource {
  container: string;
  name: string;
  target: MetricTarget;
}
export interface MetricTarget {
  averageUtilization?: number;
  averageValue?: Quantity;
  type: string;
  value?: Quantity;
}
export interface ExternalMetricSource {
  metric: MetricIdentifier;
  target: MetricTarget;
}
export interface MetricIdentifier {
  name: string;
  selector?: LabelSelector;
}
export interface ObjectMetricSource {
  describedObject: CrossVersionObjectReference;
  metric: MetricIdentifier;
  target: MetricTarget;
}
export interface CrossVersionObjectReference {
  apiVersion?: string;
  kind: string;
  name: string;
}
export interface PodsMetricSource {
  metric: MetricIdentifier;
  target: MetricTarget;
}
export interface ResourceMetricSource {
  name: string;
  target: MetricTarget;
}
export interface HorizontalPodAutoscalerBehavior {
  scaleDown?: HPAScalingRules;
  scaleUp?: HPAScalingRules;
}
export interface HPAScalingRules {
  policies?: HPAScalingPolicy[];
  selectPolicy?: string;
  stabilizationWindowSeconds?: number;
  tolerance?: Quantity;
}
export interface HPAScalingPolicy {
  periodSeconds: number;
  type: string;
  value: number;
}
export interface Sysctl {
  name: string;
  value: string;
}
export interface NetworkPolicyPeer {
  ipBlock?: IPBlock;
  namespaceSelector?: LabelSelector;
  podSelector?: LabelSelector;
}
export interface IPBlock {
  cidr: string;
  except?: string[];
}
export interface NetworkPolicyEgressRule {
  ports?: NetworkPolicyPort[];
  to?: NetworkPolicyPeer[];
}
export interface NetworkPolicyPort {
  endPort?: number;
  port?: IntOrString;
  protocol?: string;
}
export interface Toleration {
  effect?: string;
  key?: string;
  operator?: string;
  tolerationSeconds?: number;
  value?: string;
}
export interface Affinity {
  nodeAffinity?: NodeAffinity;
  podAffinity?: PodAffinity;
  podAntiAffinity?: PodAntiAffinity;
}
export interface NodeAffinity {
  preferredDuringSchedulingIgnoredDuringExecution?: PreferredSchedulingTerm[];
  requiredDuringSchedulingIgnoredDuringExecution?: NodeSelector;
}
export interface PreferredSchedulingTerm {
  preference: NodeSelectorTerm;
  weight: number;
}
export interface NodeSelectorTerm {
  matchExpressions?: NodeSelectorRequirement[];
  matchFields?: NodeSelectorRequirement[];
}
export interface NodeSelectorRequirement {
  key: string;
  operator: string;
  values?: string[];
}
export interface NodeSelector {
  nodeSelectorTerms: NodeSelectorTerm[];
}
export interface PodAffinity {
  preferredDuringSchedulingIgnoredDuringExecution?: WeightedPodAffinityTerm[];
  requiredDuringSchedulingIgnoredDuringExecution?: PodAffinityTerm[];
}
export interface WeightedPodAffinityTerm {
  podAffinityTerm: PodAffinityTerm;
  weight: number;
}
export interface PodAffinityTerm {
  labelSelector?: LabelSelector;
  matchLabelKeys?: string[];
  mismatchLabelKeys?: string[];
  namespaceSelector?: LabelSelector;
  namespaces?: string[];
  topologyKey: string;
}
export interface PodAntiAffinity {
  preferredDuringSchedulingIgnoredDuringExecution?: WeightedPodAffinityTerm[];
  requiredDuringSchedulingIgnoredDuringExecution?: PodAffinityTerm[];
}
export interface TopologySpreadConstraint {
  labelSelector?: LabelSelector;
  matchLabelKeys?: string[];
  maxSkew: number;
  minDomains?: number;
  nodeAffinityPolicy?: string;
  nodeTaintsPolicy?: string;
  topologyKey: string;
  whenUnsatisfiable: string;
}
