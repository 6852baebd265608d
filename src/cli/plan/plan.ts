/** What a work will take, before it is begun: counts, memory, disk; and times where they were measured. */
import type { GraphCost } from '../../tensor/index.ts'
import type { TrainingCost } from '../../training/index.ts'

/** The commands that plans are made of. */
export type Planned = 'learn' | 'train' | 'distill'

/** A stage of the work, and the memory that it takes at its peak, in bytes. */
export interface Stage {
  readonly name: string
  readonly memory: number
  /** Fields of the configuration that change it. */
  readonly fields: readonly string[]
}

/** What lies in the run folder in the end, in bytes. */
export interface Stored {
  readonly name: string
  readonly bytes: number
  readonly fields: readonly string[]
}

/** Optimiser steps. */
export interface StepPlan {
  readonly cost: TrainingCost
  readonly batch: number
  /** Rows that are computed at once. */
  readonly rows: number
  /** Steps of each lap; of a work without laps one number. */
  readonly laps: readonly number[]
}

/** Draws of an E-step. */
export interface DrawPlan {
  /** Of one evaluation of the posterior denoiser, of `rows` observations. */
  readonly cost: GraphCost
  readonly rows: number
  /** Draws of a lap: observations times draws of each. */
  readonly count: number
  /** Evaluations of each lap's sampler for a draw. The first lap draws under the Gaussian: 0. */
  readonly laps: readonly number[]
}

/** All that is counted. */
export interface Counts {
  readonly command: Planned
  readonly network: string
  readonly event: readonly number[]
  readonly items: number
  readonly assumed?: string
  readonly step: StepPlan
  readonly draw?: DrawPlan
  readonly stages: readonly Stage[]
  readonly stored: readonly Stored[]
}

/** The stage of the most memory. */
export const peakOf = ({ stages }: Pick<Counts, 'stages'>): Stage =>
  stages.reduce((most, stage) => (stage.memory > most.memory ? stage : most))

/** Bytes of a run folder in the end. */
export const storedBytes = ({ stored }: Pick<Counts, 'stored'>): number =>
  stored.reduce((sum, { bytes }) => sum + bytes, 0)

const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0)

/** Seconds of one optimiser step, and of one evaluation of the posterior denoiser for one observation. */
export interface Paces {
  readonly step: number
  readonly evaluation?: number
}

/** Times in seconds that follow from the paces. */
export interface Times {
  readonly step: number
  /** A draw of one observation by the sampler of the last lap. */
  readonly draw?: number
  /** The last lap: its draws and its steps. */
  readonly lap?: number
  /** All laps, or all steps. */
  readonly run: number
}

/**
 * Times by proportion. What is not timed is not in them: the Gaussian start, the first lap's draws under it,
 * compiling, saving.
 *
 * @param workers - that share draws and batches, as if nothing were lost on the way; default 1
 */
export const timesOf = ({ step, draw }: Counts, paces: Paces, workers = 1): Times => {
  const { evaluation = 0 } = paces
  const training = sum(step.laps) * paces.step
  if (!draw) return { step: paces.step / workers, run: training / workers }
  const lapDraws = draw.laps.map((evaluations) => evaluations * evaluation * draw.count)
  const lastDraw = (draw.laps.at(-1) ?? 0) * evaluation
  const lastLap = (lapDraws.at(-1) ?? 0) + (step.laps.at(-1) ?? 0) * paces.step
  return {
    step: paces.step / workers,
    draw: lastDraw, // one observation is drawn by one worker
    lap: lastLap / workers,
    run: (sum(lapDraws) + training) / workers,
  }
}
