/**
 * The data sets that have a name. A new one joins the list; none that is registered may be without a case.
 */
import type { Shape } from '../../../src/tensor/index.ts'

/** A data set and what is known about its test part. */
export interface ListedDataSet {
  readonly name: string
  /** Shape of one item. */
  readonly event: Shape
  /** Items of the part `test`. */
  readonly items: number
  /** Legal values, default [0, 1]. */
  readonly range?: readonly [low: number, high: number]
  /** Points where the data have a value, of data on points with padding or land. */
  readonly valid?: number
}

/** Every named data set; counts are those of data/README.md. */
export const dataSets: readonly ListedDataSet[] = [
  { name: 'mnist', event: [1, 28, 28], items: 1000 },
  { name: 'photos', event: [3, 32, 32], items: 192 },
  { name: 'mri', event: [1, 64, 64], items: 48 },
  { name: 'mri-macaque', event: [1, 64, 64], items: 54 },
  { name: 'manifold', event: [5], items: 65536, range: [-2, 2] },
  { name: 'bunny-mnist', event: [1, 1896], items: 1000, valid: 1889 },
  { name: 'winds', event: [1, 4144], items: 24, valid: 4140 },
  { name: 'temperatures', event: [1, 4144], items: 24, valid: 2331 },
  { name: 'sea-surface', event: [1, 4144], items: 12, valid: 2331 },
]
