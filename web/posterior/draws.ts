/** What every view of a posterior looks at: draws of one signal, and what belongs to it. */

import type { Repaired } from './repaired.ts'

/** How a signal is looked at. */
export type Look =
  | { readonly kind: 'image'; readonly channels: number; readonly height: number; readonly width: number }
  | { readonly kind: 'series'; readonly channels: number; readonly length: number }
  | { readonly kind: 'points'; readonly dimension: number }
  | {
      readonly kind: 'sphere'
      readonly channels: number
      readonly count: number
      /** Degrees: [count] each. */
      readonly latitude: Float32Array
      readonly longitude: Float32Array
    }
  | {
      readonly kind: 'mesh'
      readonly channels: number
      /** [V, 3] and [F, 3]. */
      readonly vertices: Float32Array
      readonly faces: Uint32Array
    }

/** Draws of the posterior of one observation. */
export interface Draws {
  readonly name: string
  readonly look: Look
  /** K. */
  readonly count: number
  /** Entries D of one draw. */
  readonly size: number
  /** [K, D], in the units of the data. */
  readonly values: Float32Array
  /** Lowest and highest value of the data, where they are known. */
  readonly range?: readonly [number, number]
  /** [D]: the truth. */
  readonly truth?: Float32Array
  /** [D]: what was observed, where it can be laid over the signal; NaN where nothing was. */
  readonly observed?: Float32Array
  /** [D]: 0 outside the domain (land, background). */
  readonly domain?: Uint8Array
  /** Draws of the file that are left out, since they are not finite; counted from 0. */
  readonly lost?: readonly number[]
  /** Their intervals, stretched so that they hold what they say. */
  readonly repaired?: Repaired
  /** What is known of their calibration, in a sentence; a page without it says what the truth tells. */
  readonly known?: string
}

/** Draw k, [D], not copied. */
export const drawOf = ({ values, size }: Draws, k: number): Float32Array =>
  values.subarray(k * size, (k + 1) * size)
