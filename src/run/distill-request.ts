/** What a distillation is asked for, whatever the kind of sampler. */
import type { ConditionLayout, DataWeight, ExactOptions, SamplerConfig } from '../amortize/index.ts'
import { type ObservationSet, type Observations, readRows } from '../observations/index.ts'
import type { DrawJob } from '../posterior/index.ts'
import { type Stream, stream } from '../random/index.ts'
import type { HeldSpread, NdArray } from '../tensor/index.ts'
import type { Trainer, TrainOptions, TrainState } from '../training/index.ts'
import type { LearnedPrior } from './prior.ts'
import type { RunCall } from './run-call.ts'

/** How log p(x) is taken, on the diffusion of `boundOf`. */
export interface DistillObjective {
  /** Which bound of the prior; see `ApsOptions`. */
  readonly bound?: 'score' | 'full'
  /** Its smallest time, default 1e-3. */
  readonly start?: number
  /** Not the bound but the probability-flow ODE: slow, see `exactNegLogPrior`. */
  readonly exact?: Pick<ExactOptions, 'trace' | 'integrate' | 'fixedProbes'>
  /**
   * No log p(x) at all: so many draws of the prior in so many sampler steps, and the flow learns from
   * simulations, see `forwardObjective`. Denoisers learn from such draws only.
   */
  readonly samples?: { readonly count: number; readonly steps: number }
  /** Weight of the data term by step, default 1 throughout; without meaning for simulations. */
  readonly dataWeight?: DataWeight
}

/** The request of a distillation: prior, observations, sampler, options. */
export interface DistillRequest extends RunCall {
  readonly prior: LearnedPrior
  /** Identifies the prior, such as the SHA-256 of its file: a run goes on with the same one only. */
  readonly priorDigest: string
  /** Where the prior lies; the sampler remembers it. */
  readonly priorPath?: string
  /** Measurements in the units of the data; their `range` is the prior's. */
  readonly set: Observations
  readonly flow: SamplerConfig
  readonly condition: ConditionLayout
  /**
   * Sets observed blindly: train on the true parameters of each observation, which the condition of the flow
   * lacks.
   */
  readonly blind?: boolean
  /** Row of the set, for a flow of that measurement alone; `condition` is then {@link unconditional}. */
  readonly measurement?: number
  /** How steps are taken; no moving average is kept. */
  readonly options: Omit<TrainOptions, 'ema'>
  readonly objective?: DistillObjective
  readonly steps: number
  /** Draws of one run of `sampler.onnx`, default 16. */
  readonly exportDraws?: number
  /**
   * Observations that are not learned from and what they are of: how far to trust the sampler is said by
   * them.
   */
  readonly validation?: Validation
  readonly seed: number
  /** Who makes the samples of the prior; default this process. It is released when they are made. */
  readonly sharing?: {
    readonly spread?: HeldSpread<DrawJob, NdArray<'float32'>>
    /** What its progress says of it. */
    figures(): { readonly workers?: number }
  }
}

/** Observations by which a sampler is judged. */
export interface Validation {
  readonly set: ObservationSet
  /** [N, ...event], in the units of the data. */
  readonly truth: NdArray<'float32'>
  /** Draws of each, default 39. */
  readonly draws?: number
  /** So many of them are restored by MMPS with the prior too; default none. */
  readonly beside?: number
}

/** The measurements to learn from: the set, or one of it. */
export const learnedFrom = ({ set, measurement }: DistillRequest): Observations =>
  measurement === undefined ? set : readRows(set, measurement, measurement + 1)

/** The random stream of a purpose of a distillation. */
export const streamsOf =
  ({ seed }: DistillRequest) =>
  (purpose: string): Stream =>
    stream(seed, `distill ${purpose}`)

/** How a kind of sampler learns. */
export interface Learner {
  /** Makes the state before the first step. */
  readonly fresh: () => TrainState
  /** @param fixedProbes - whether the run has begun with the same probes in every step */
  trainer(fixedProbes: boolean): Promise<Trainer>
}
