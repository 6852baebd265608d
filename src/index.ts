/**
 * Everything but the command line; each folder is a subpath of its own too, such as `tweedie/tensor`.
 *
 * Three names mean different things in two folders: here the second one of each has a name of its own.
 */

export * from './amortize/index.ts'
export * from './compare/index.ts'
export * from './datasets/index.ts'
export type { Moments } from './diagnose/index.ts'
export * from './diagnose/index.ts'
export * from './diffusion/index.ts'
export * from './em/index.ts'
export * from './error.ts'
export * from './flows/index.ts'
export type { Arrays as NamedArrays } from './formats/index.ts'
export * from './formats/index.ts'
export * from './json.ts'
export type { Linear as LinearMap } from './linalg/index.ts'
export * from './linalg/index.ts'
export type { Linear, Moments as AdamMoments } from './nn/index.ts'
export * from './nn/index.ts'
export * from './observations/index.ts'
export * from './operators/index.ts'
export * from './posterior/index.ts'
export * from './progress.ts'
export * from './random/index.ts'
export * from './report/index.ts'
export * from './run/index.ts'
export type { SettingSpec, SettingSpecs } from './settings.ts'
export type { Arrays } from './tensor/index.ts'
export * from './tensor/index.ts'
export * from './training/index.ts'
