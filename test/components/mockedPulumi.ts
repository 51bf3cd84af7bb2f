import * as pulumi from "@pulumi/pulumi";

/** A resource as its constructor registered it. */
export interface Registered {
  type: string;
  name: string;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the program passed, asserted on field by field
  inputs: any;
}

type State = Record<string, unknown>;

/** Makes up what the providers add to a resource's inputs. */
export type Provider = (resource: Registered) => State;

export const digest = `sha256:${"ab".repeat(32)}`;

/** Providers that do what the real ones do, when all goes well. */
export const wellBehaved: Provider = ({ type, inputs }) => {
  switch (type) {
    case "docker:index/image:Image":
      return { repoDigest: `${inputs.imageName.replace(/:[^:/]+$/, "")}@${digest}` };
    case "docker-build:index:Image":
      return { digest, ref: `${inputs.tags[0]}@${digest}` };
    default:
      return {};
  }
};

export interface MockOptions {
  preview?: boolean;
  provider?: Provider;
  /** Answers functions of providers. */
  call?: (token: string, inputs: Record<string, string>) => Record<string, unknown>;
}

/** Replaces the engine and all providers; returns the list of what gets registered from now on. */
export function mockPulumi(options: MockOptions = {}): Registered[] {
  const registered: Registered[] = [];
  pulumi.runtime.setMocks(
    {
      newResource({ type, name, inputs }) {
        const resource = { type, name, inputs };
        registered.push(resource);
        return { id: name, state: { ...inputs, ...(options.provider ?? wellBehaved)(resource) } };
      },
      call: ({ token, inputs }) => {
        if (options.call === undefined) {
          throw new Error(`unexpected call of ${token}`);
        }
        return options.call(token, inputs);
      },
    },
    "model-deployment",
    "test",
    options.preview ?? false,
  );
  return registered;
}

/** Sets the stack's configuration the way the engine hands it to a program: all text. */
export function configure(config: Record<string, unknown>, secretKeys: string[] = []): void {
  const withProject = (key: string) => (key.includes(":") ? key : `model-deployment:${key}`);
  const texts = Object.entries(config).map(([key, value]) => [
    withProject(key),
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  pulumi.runtime.setAllConfig(Object.fromEntries(texts), secretKeys.map(withProject));
}

/** What a secret input looks like to a provider that has not opted in to secrets. */
const secretSignature = "4dabf18193072939515e22adb298388d";

/** Texts anywhere in the inputs that are secret, directly or as part of something that is. */
export function secretsIn(inputs: unknown, inside = false): string[] {
  if (typeof inputs === "string") {
    return inside ? [inputs] : [];
  }
  if (typeof inputs !== "object" || inputs === null) {
    return [];
  }
  if (secretSignature in inputs) {
    return secretsIn((inputs as unknown as { value: unknown }).value, true);
  }
  return Object.values(inputs).flatMap((value) => secretsIn(value, inside));
}

/** The inputs as if nothing were secret. */
export function revealed<T>(inputs: T): T {
  if (typeof inputs !== "object" || inputs === null) {
    return inputs;
  }
  if (secretSignature in inputs) {
    return revealed((inputs as unknown as { value: T }).value);
  }
  const entries = Object.entries(inputs).map(([key, value]) => [key, revealed(value)]);
  return (
    Array.isArray(inputs) ? entries.map(([, value]) => value) : Object.fromEntries(entries)
  ) as T;
}

/** The value of an output; rejects with what failed on the way to it. */
export function resolved<T>(output: pulumi.Output<T>): Promise<T> {
  return (output as unknown as { promise(): Promise<T> }).promise();
}

/** Whether an output's value is known yet; during a preview some are not. */
export function isKnown(output: pulumi.Output<unknown>): Promise<boolean> {
  return (output as unknown as { isKnown: Promise<boolean> }).isKnown;
}

/** The one registered resource of a type. */
export function only(registered: readonly Registered[], type: string): Registered {
  const found = registered.filter((resource) => resource.type === type);
  const [first] = found;
  if (first === undefined || found.length > 1) {
    throw new Error(`${found.length} resources of type ${type}, expected 1`);
  }
  return first;
}
