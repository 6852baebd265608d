/** What DiEM is asked for. */
import type { Gaussian, SamplerOptions } from '../diffusion/index.ts'
import type { PosteriorMethod } from '../posterior/index.ts'
import type { DenoisingTraining, ReplicaOptions } from '../training/index.ts'
import type { GaussianEStep } from './gaussian-e-step.ts'
import type { GaussianStartOptions } from './gaussian-start.ts'

/** Draws under a prior of edges of this weight (edges/edge-chain.ts). */
export interface EdgesEStep {
  readonly kind: 'edges'
  readonly weight: number
}

/** Draws of lap 0 under the Gaussian, or under a prior of edges. */
export type FirstEStep = GaussianEStep | EdgesEStep

/**
 * How DiEM is run. The paper's own numbers are in its appendix; `experiments/manifold.yaml` has those of its
 * section 5.1.
 */
export interface DiemOptions {
  /** EM iterations, each an E-step and an M-step. */
  readonly laps: number
  readonly gaussian: GaussianStartOptions
  /** E-step of lap 0; default exact draws under the Gaussian. */
  readonly firstEStep?: FirstEStep
  /** The sampler of the E-step of a lap ≥ 1: schedule, steps and their kind. */
  readonly sampling: (lap: number) => SamplerOptions
  /** The posterior method of a lap, given its Gaussian; default `mmps()`. */
  readonly method?: (gaussian: Gaussian) => PosteriorMethod
  /** Draws for each observation and lap, default 1. */
  readonly draws?: number
  /** Observations sampled at once, default 128. */
  readonly batch?: number
  /** Samples with any coordinate outside (−bound, bound) are dropped, from lap 1 on. Default: no bound. */
  readonly bound?: number
  /**
   * Rank of the PPCA that refits the mean and covariance to each lap's samples; absent: those of the start
   * stay.
   */
  readonly refitRank?: number
  /** Samples that it is refitted to, the first ones; default all. */
  readonly refitCount?: number
  /** Whose denoiser the network corrects: that of N(0, I), the default, or of the current Gaussian. */
  readonly skip?: 'white' | 'gaussian'
  /** Training of a lap: the learning rate begins anew in each. */
  readonly training: (lap: number) => DenoisingTraining
  /** Trains by replicas in rounds (training/replicas.ts); absent: by one state of training. */
  readonly replicas?: ReplicaOptions
  /** Optimiser steps of a lap, those of all replicas together. */
  readonly steps: (lap: number) => number
  readonly seed: number
}
