/** What draws are judged by: of all problems, or of some. */
import type { NdArray, Shape } from '../../tensor/index.ts'
import type { Lc2st } from './lc2st.ts'
import type { RepairedIntervals } from './repaired.ts'

/** Residuals (y − A x)/σ, in units of the noise. */
export interface Residuals {
  /** Of the draws, `[K, N, ...out]`. */
  readonly draws: NdArray
  /** Of the truth, `[N, ...out]`: the noise itself. */
  readonly truth?: NdArray
  /** `[N, ...out]`: 1 where y was observed (default: everywhere). */
  readonly observed?: NdArray
}

/** Draws, and what is known about them. */
export interface DiagnosisInput {
  /** `[K, N, ...event]` */
  readonly draws: NdArray
  /** `[N, ...event]`; without it only residuals can be judged. */
  readonly truth?: NdArray
  /** For the fit to the observations, and for the misfit among the quantities of SBC. */
  readonly residuals?: Residuals
  /** What the draws were given, `[N, ...]`, such as y: tests then look at the draws of like observations. */
  readonly given?: NdArray
  /** log q of the draws `[K, N]` and of the truth `[N]`, where the sampler has a density. */
  readonly logDensity?: { readonly draws: NdArray; readonly truth: NdArray }
  /** The result of `lc2st`, which takes longer than all the rest. */
  readonly classifier?: Lc2st
  /** Intervals that were repaired, ascending levels: judged beside those of the draws. */
  readonly repaired?: readonly RepairedIntervals[]
  /** Draws `[M, n, ...event]` of another sampler given the first n observations, and its name. */
  readonly reference?: { readonly name: string; readonly draws: NdArray }
  /** `[N, ...event]`: the entries that count where single entries are judged, such as unobserved pixels. */
  readonly entries?: NdArray
  /** Legal values; see `coverage`. */
  readonly range?: readonly [low: number, high: number]
  /** Differences that mean nothing; see `coverage`. */
  readonly resolution?: number
}

/** What is known of some of the problems: {@link DiagnosisInput} of these. */
export type DiagnosisPart = Omit<DiagnosisInput, 'classifier' | 'reference' | 'range' | 'resolution'>

/** Sizes of all problems together. */
export interface ProblemSizes {
  /** Draws of each problem, K. */
  readonly draws: number
  /** Problems, N. */
  readonly problems: number
  readonly event: Shape
  /** Entries of what the draws of one problem were given, where they were told. */
  readonly given?: number
}
