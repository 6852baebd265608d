/** Anyone's network as a prior: an ONNX file, what it predicts and how it was shown the noise. */
import {
  type ImportedSpec,
  importedSchedule,
  type Prediction,
  type ScheduleSpec,
} from '../../diffusion/index.ts'
import { TweedieError } from '../../error.ts'
import { isotropic } from '../../linalg/index.ts'
import { type DataRange, fromPrior } from '../../operators/index.ts'
import { priorLatents } from '../../posterior/index.ts'
import type { Progress } from '../../progress.ts'
import { type ExecuteOptions, NdArray, zeros } from '../../tensor/index.ts'
import { type LearnedPrior, learnedPrior } from '../prior.ts'
import { type Agreement, agreementWith } from './agreement.ts'
import { importedNetwork, type NetworkChoice } from './imported-network.ts'
import { type Limits, limitsOf } from './limits.ts'
import { checkOnnxFile } from './not-onnx.ts'

/** What an import is told. */
export interface ImportRequest extends NetworkChoice {
  readonly predicts: Prediction
  readonly schedule: ScheduleSpec
  /** Range of the data, as in observation sets; default [0, 1]. */
  readonly range?: DataRange
  /** The same range as the network sees it; default [−1, 1]. */
  readonly networkRange?: DataRange
  /** Lowest and highest noise level of its training, in its own units; default those of the schedule. */
  readonly levels?: readonly [number, number]
}

/** How the test of an import runs. */
export interface ImportTesting extends ExecuteOptions {
  readonly seed: number
  readonly onProgress?: Progress
  readonly signal?: AbortSignal
}

/** One line of the test. */
export interface ImportCheck {
  readonly check: string
  readonly figure: number
  /** The most that the figure may be. */
  readonly atMost: number
  readonly passed: boolean
}

/** A prior that was imported, and what its test found. */
export interface Imported {
  readonly prior: LearnedPrior
  readonly checks: readonly ImportCheck[]
}

/** Draws of the test, from which the Gaussian beside the network is made too. */
const DRAWS = 16
const STEPS = 32

const check = (name: string, figure: number, atMost: number): ImportCheck => ({
  check: name,
  figure,
  atMost,
  passed: figure <= atMost, // not so of NaN
})

/** Data of which nothing is known yet: N(0, I) in the units of the prior. */
const unknown = (size: number) => ({ mean: zeros([size]), covariance: isotropic(1) })

/** Mean of draws and the variance around it, the same for all entries. */
const fitted = ({ shape: [n], data }: NdArray<'float32'>) => {
  const size = data.length / n
  const mean = new Float32Array(size)
  for (const [i, v] of data.entries()) mean[i % size] += v / n
  const variance = data.reduce((sum, v, i) => sum + (v - mean[i % size]) ** 2, 0) / (size * (n - 1))
  return { mean: new NdArray('float32', [size], mean), covariance: isotropic(Math.max(variance, 1e-6)) }
}

/** Draws of the prior, or nothing when its sampler leaves all bounds. */
const drawnFrom = async (
  prior: LearnedPrior,
  { onProgress, ...testing }: ImportTesting,
): Promise<NdArray<'float32'> | undefined> => {
  try {
    return await priorLatents(prior, DRAWS, {
      ...testing,
      steps: STEPS,
      batch: DRAWS,
      onProgress: (done, total) => onProgress?.({ phase: 'testing', done, total }),
    })
  } catch (error) {
    if (error instanceof TweedieError && error.code === 'numeric') return undefined
    throw error
  }
}

const rms = ({ data }: NdArray<'float32'>): number =>
  Math.sqrt(data.reduce((sum, v) => sum + v * v, 0) / data.length)

const checksOf = (
  { output, derivative }: Agreement,
  { low, high }: Limits,
  draws: NdArray<'float32'> | undefined,
  sigmaMin: number,
): ImportCheck[] => [
  check('output beside ONNX Runtime', output, 1e-4),
  check('derivative beside differences', derivative, 1e-2),
  check('E[x | xt] − xt at the lowest level', low, 3 * sigmaMin + 0.1),
  check('E[x | xt] of other noise at the highest level', high, 0.1),
  check('draws, root mean square', draws ? rms(draws) : Number.POSITIVE_INFINITY, 4),
]

/**
 * Makes a prior of the network in an ONNX file, and tests it.
 *
 * @param bytes - of the file
 * @throws TweedieError `input` for what is no such file, operators that are not read (with their node), and
 * choices that the file leaves open; `interrupted`
 *
 * @example
 * ```ts
 * const { prior, checks } = await importPrior(
 *   readBytes('model.onnx'),
 *   { predicts: 'noise', schedule: scheduleSpec('vp') },
 *   { seed: 0 },
 * )
 * if (checks.every(({ passed }) => passed)) await writePrior('prior.safetensors', prior)
 * ```
 */
export const importPrior = async (
  bytes: Uint8Array,
  request: ImportRequest,
  testing: ImportTesting,
): Promise<Imported> => {
  checkOnnxFile(bytes)
  const { predicts, schedule, range = [0, 1], networkRange = [-1, 1], levels } = request
  const read = importedNetwork(bytes, request)
  const { scale, offset } = fromPrior(networkRange)
  const own = levels ?? importedSchedule(schedule.name).make(schedule.settings).levels
  const imported: ImportedSpec = {
    predicts,
    schedule: schedule.name,
    settings: schedule.settings,
    scale,
    shift: offset,
  }
  const { net, params, event } = read
  const size = event.reduce((a, b) => a * b, 1)
  const parts = {
    net,
    params,
    imported,
    event,
    range,
    laps: 0,
    sigmaMin: own[0] / scale,
    sigmaMax: own[1] / scale,
  }
  const first = learnedPrior({ ...parts, gaussian: unknown(size) })
  const { seed, signal, onProgress, ...execute } = testing
  const agreement = await agreementWith(bytes, read, schedule, { ...execute, levels: own, seed })
  const draws = await drawnFrom(first, testing)
  const x = draws ?? zeros([DRAWS, ...event])
  const limits = await limitsOf(first, x, { ...execute, seed })
  return {
    prior: draws ? learnedPrior({ ...parts, gaussian: fitted(draws) }) : first,
    checks: checksOf(agreement, limits, draws, first.sigmaMin),
  }
}
