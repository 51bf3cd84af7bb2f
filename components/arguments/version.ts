/**
 * A version of a model, in the stack's config its `tag`. Whatever it goes through on its way to the
 * responses takes it as it is: a tag of an image (also with the digest of 12 digits that follows), the
 * chart's value, a label of Kubernetes (hence 63 characters and these ends), the server's setting.
 */
export const MODEL_VERSION = /^(?!latest$)[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;
