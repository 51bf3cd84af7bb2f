/** Which settings of the target make it run what the source has proven, by the same digests. */

import { kindOf, type ModelSource } from "../components/arguments/source";
import type { ConfiguredModel } from "../components/config/resolve";
import { isOwnServer } from "../components/model/ownServer";
import { fetcherRepository } from "../components/model/plan";
import { isMapping } from "../shared/mappings";
import { Refusal } from "./refusal";
import type { Move } from "./registry";
import type { ServedModel } from "./servedModel";
import { type Change, lineOf, type StackFile } from "./stackFile";

export interface Plan {
  changes: Change[];
  /** The images, and where the target's nodes look for them. */
  images: Move[];
}

export function plan(target: StackFile, served: ServedModel, from: string): Plan {
  const { name, image, fetcher } = served;
  const source = sourceIn(target, name);
  const kind = kindOf(source);
  if (kind !== served.source) {
    throw new Refusal(`${name} does not fit into ${target.path}`, [
      `${from} serves it from source.${served.source}, ${target.path} from source.${kind}. ` +
        `Set models.${name}.source there to a mapping with ${served.source}`,
    ]);
  }
  const changes: Change[] = [
    { setting: ["tag"], value: served.version },
    { setting: ["sha256"], value: served.sha256 || undefined },
    { setting: ["image", "digest"], value: image.digest },
    { setting: ["image", "tag"], value: image.tag === served.version ? undefined : image.tag },
  ];
  const { plan: planned, args } = modelIn(target.withModel(name, changes), name);
  const isOwn = served.ownServer !== undefined;
  if (isOwnServer(args) !== isOwn) {
    throw new Refusal(`${name} does not fit into ${target.path}`, [
      isOwn
        ? `${from} serves it by a server of its own, ${target.path} by this package's. Set models.${name}.values.server there as in ${from}, with kind: own`
        : `${from} serves it by this package's server, ${target.path} by another. Remove models.${name}.values.server.kind and models.${name}.image.context there`,
    ]);
  }
  const repository = String(planned.server.repository);
  const images = [{ from: image, to: repository }];
  if (fetcher === undefined || source?.uri === undefined) {
    return { changes, images };
  }
  const beside =
    repository === image.repository
      ? fetcher.repository
      : String(fetcherRepository(planned.server.repository));
  const downloader = {
    repository: source.uri.image?.repository ?? beside,
    digest: fetcher.digest,
  };
  return {
    changes: [...changes, ...downloadChanges(target, source.uri, served, downloader)],
    images: [...images, { from: fetcher, to: String(planned.fetcher?.repository ?? beside) }],
  };
}

/** Where the target takes the model from. A model's own source replaces the one for all. */
function sourceIn(target: StackFile, name: string): ModelSource | undefined {
  return (target.model(name)?.source ?? target.settings().source) as ModelSource | undefined;
}

function downloadChanges(
  target: StackFile,
  uri: NonNullable<ModelSource["uri"]>,
  { name, goldenSha256 }: ServedModel,
  image: { repository: string; digest: string },
): Change[] {
  if (!isMapping(target.model(name)?.source)) {
    const { goldenSha256: _, image: __, ...shared } = uri;
    const pinned = goldenSha256 === undefined ? {} : { goldenSha256 };
    return [{ setting: ["source"], value: { uri: { ...shared, ...pinned, image } } }];
  }
  return [
    { setting: ["source", "uri", "goldenSha256"], value: goldenSha256 },
    { setting: ["source", "uri", "image", "repository"], value: image.repository },
    { setting: ["source", "uri", "image", "digest"], value: image.digest },
  ];
}

function modelIn(file: StackFile, name: string): ConfiguredModel {
  const { model, problems } = file.check(name);
  if (model === undefined) {
    throw new Refusal(`${name} does not fit into ${file.path}`, problems.map(lineOf));
  }
  return model;
}
