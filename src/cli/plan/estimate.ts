/**
 * Peak memory of the stages of a work, estimated from the costs of their programs. The factors were fitted
 * to measured peaks (resident set of a process) and are tested against them: see docs/howto/plan.md.
 */
import { isByPasses, widthFor } from '../../em/index.ts'
import type { GraphCost } from '../../tensor/index.ts'
import type { TrainingCost } from '../../training/index.ts'

/** Node, ONNX Runtime and compiled code before there are data, in bytes. */
const BASE = 170 * 2 ** 20

/** An estimate and the measured peak differ by this factor at most. */
export const MEMORY_FACTOR = 1.5

/** ONNX Runtime's arena takes so much more than what is alive: its pieces do not fit exactly. */
const ARENA = 1.25

/** Arrays like the weights that training changes: they, both moments, and an average where there is one. */
const statesOf = (ema: number): number => (ema > 0 ? 4 : 3)

/**
 * Training: the state goes in, a new one comes out of the program and is copied, and the last one waits for
 * the collector. Either the activations are the peak, or the end of the step, when all of these are there.
 */
export const trainingMemory = (
  { live, weights, batch, statistics }: Pick<TrainingCost, 'live' | 'weights' | 'batch' | 'statistics'>,
  ema: number,
): number => {
  const state = statesOf(ema) * weights
  return BASE + batch + statistics + Math.max(ARENA * live + 2 * state, 4 * state)
}

/**
 * Training on batches in parts: the state and a new one, made by small programs while the arena of a part's
 * stays, and sums of gradients before and after a part.
 */
export const partsMemory = (
  { live, weights, batch, statistics }: Pick<TrainingCost, 'live' | 'weights' | 'batch' | 'statistics'>,
  ema: number,
): number => BASE + batch + statistics + ARENA * live + 2 * (statesOf(ema) + 1) * weights

/**
 * Copies of a flow's weights when it is saved: parameters, folded, turned, and the bytes of the model. Beyond
 * the process itself, RealNVPs of 47 and 189 million parameters peaked at 4.1 and 3.8 times their weights.
 */
const SAVED = 4

/** Saving a sampler, while the last state of its training waits for the collector. */
export const savingMemory = (weights: number): number => BASE + (SAVED + statesOf(0)) * weights

/**
 * A sampler has one program for its start, its steps and the last denoise. It takes so many times what one
 * evaluation of the posterior denoiser has alive: it holds the step's own arrays beside it. Fitted to draws
 * of 50 and 200 digits at once under the demo's network: peaks of 242 and 400 MB.
 */
const SAMPLER = 2.2

/** Copies of frozen weights: as given, in the model, in each session, and laid out for its kernels. */
const FROZEN = 9.5

/** Drawing under a network whose weights are constants of the programs. */
export const drawingMemory = ({ live, constants }: Pick<GraphCost, 'live' | 'constants'>): number =>
  BASE + SAMPLER * ARENA * live + FROZEN * constants

/**
 * Draws under a Gaussian: three programs in float64, what goes between them, once given and once copied out,
 * and constants as given, in the model and in the session. 256 draws of 96×96 from Fourier coefficients, at
 * rank 16, peaked at 1.30 GB by exact draws and 1.26 by diffusion.
 */
export const gaussianDrawingMemory = ({ live, constants, inputs }: GraphCost): number =>
  BASE + ARENA * live + 2 * inputs + 3 * constants

/** Entries of the samples that a fit looks at at once, and rows, as in em/ppca.ts. */
const BLOCK = { entries: 2 ** 26, rows: 4096 } as const

/** The same in passes over samples. */
const PASS = { entries: 2 ** 24, rows: 4096 } as const

const rowsOf = ({ entries, rows }: typeof BLOCK | typeof PASS, samples: number, n: number): number =>
  Math.min(samples, rows, Math.max(1, Math.floor(entries / n)))

/**
 * Arrays of N float64 in a fit by passes, for each column of the factor and the spare ones: those that are
 * looked for, residuals, changes and their products with the covariance, as the basis, inside the program,
 * and new; and the sums of a pass. Fitted: 4,200 samples at rank 64 took 1.05 GB with N = 20,000.
 */
const COLUMNS = 40

/**
 * Fitting a Gaussian of that rank to so many samples of n entries: by their moments or their Gram matrix,
 * whichever is smaller, from blocks of samples in float32, centred ones in float64, and the matrix with its
 * eigenvectors; by passes over the samples where both matrices are large.
 */
export const fittingMemory = (samples: number, n: number, rank: number): number => {
  const side = Math.min(samples, n)
  if (isByPasses({ count: samples, size: n }, rank)) {
    const block = rowsOf(PASS, samples, n) * n * (4 + 2 * 8)
    return BASE + block + COLUMNS * widthFor(rank, n) * n * 8
  }
  const blocks = samples < n ? 2 : 1 // products of the Gram matrix are of two blocks
  return BASE + blocks * rowsOf(BLOCK, samples, n) * n * (4 + 2 * 8) + 3 * side * side * 8
}
