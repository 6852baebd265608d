/**
 * What a flow of networks gains by what it begins with, where the posterior is known: a Gaussian random field
 * of 16×16 pixels, one pixel in four seen, or all of it blurred. After equal steps, the mean over y of
 * KL(p(x | y) ‖ q(x | y)) in nats a pixel, on pairs that were not trained on.
 *
 *   npm run bench -- flow-base [--steps 300] [--task mask|blur] [--base NAME] [--json]
 */

import { parseArgs } from 'node:util'
import { CholeskyDecomposition, Matrix } from 'ml-matrix'
import {
  type ConditionLayout,
  conditionFrom,
  conditionLayout,
  conditionRows,
  defaultFlow,
  flowParamsOf,
  forwardObjective,
  freshFlow,
  initFlowState,
  measurementsOf,
  withBase,
} from '../src/amortize/index.ts'
import { formatTable } from '../src/cli/table.ts'
import type { Gaussian } from '../src/diffusion/index.ts'
import { type FlowConfig, type FlowParams, flowOf, logq } from '../src/flows/index.ts'
import { lowRank } from '../src/linalg/index.ts'
import { linearRate, networkFor, warmUp } from '../src/nn/index.ts'
import { type ObservationSet, type OperatorSetting, observe } from '../src/observations/index.ts'
import { makeOperator } from '../src/operators/index.ts'
import { normal, stream } from '../src/random/index.ts'
import { jit, type NdArray, ndarray, rows, type Tensor, toNumbers, zeros } from '../src/tensor/index.ts'
import { trainer } from '../src/training/index.ts'

const SIDE = 16
const N = SIDE ** 2
const EVENT = [1, SIDE, SIDE]
const FLOOR = 0.02
const NOISE = 0.2
const RANGE = [-2, 2] as const
const TESTED = 96

const RANK = 64

/** Waves of the square, the smoothest first. */
const waves = Array.from({ length: N }, (_, i) => [Math.floor(i / SIDE), i % SIDE]).sort(
  ([a, b], [c, d]) => a * a + b * b - c * c - d * d,
)

/** Variance of a wave, (1 + |k|²)^(−3/2). */
const power = ([k, l]: readonly number[]): number => (1 + k * k + l * l) ** -1.5

/** The likeliest fit s² I + U Uᵀ of that rank: what its waves leave out raises s² (Tipping & Bishop 1999). */
const field = (rank: number): Gaussian => {
  const left = waves.slice(rank, RANK).reduce((sum, wave) => sum + N * power(wave), 0)
  const floor = FLOOR + left / (N - rank)
  const cosine = (k: number, at: number): number =>
    (k === 0 ? 1 : Math.SQRT2) * Math.cos((Math.PI * k * (at + 0.5)) / SIDE)
  const factor = Array.from({ length: N }, (_, i) =>
    waves
      .slice(0, rank)
      .map(([k, l]) => Math.sqrt(power([k, l])) * cosine(k, Math.floor(i / SIDE)) * cosine(l, i % SIDE)),
  )
  return { mean: zeros([N]), covariance: lowRank(floor, ndarray(factor.flat(), [N, rank])) }
}

const truth = field(RANK)

const U = ((): Matrix => {
  const { covariance } = truth
  return covariance.kind === 'lowRank'
    ? Matrix.from1DArray(N, RANK, toNumbers(covariance.factor))
    : Matrix.zeros(N, 1)
})()
const S = Matrix.add(U.mmul(U.transpose()), Matrix.eye(N).mul(FLOOR))

const samples = (name: string, count: number): NdArray<'float32'> => {
  const w = Matrix.from1DArray(count, RANK, toNumbers(normal(stream(1, `${name} waves`), [count, RANK])))
  const e = Matrix.from1DArray(count, N, toNumbers(normal(stream(1, `${name} floor`), [count, N])))
  return ndarray(Matrix.add(w.mmul(U.transpose()), e.mul(Math.sqrt(FLOOR))).to1DArray(), [count, ...EVENT])
}

/** log N(v; 0, V) by V's Cholesky factor. */
const logNormal = (V: Matrix): ((v: Matrix) => number) => {
  const decomposed = new CholeskyDecomposition(Matrix.add(V, V.transpose()).div(2))
  const logDet = decomposed.lowerTriangularMatrix.diagonal().reduce((sum, d) => sum + 2 * Math.log(d), 0)
  return (v) =>
    -(v.transpose().mmul(decomposed.solve(v)).get(0, 0) + logDet + v.rows * Math.log(2 * Math.PI)) / 2
}

/** A of one observation as a matrix, without the rows of what was deleted. */
const matrixOf = async ({ operator }: ObservationSet, i: number): Promise<Matrix> => {
  const program = jit((x: Tensor, own: Record<string, Tensor>) => makeOperator(operator, own, EVENT).apply(x))
  const own = Object.entries(operator.parameters).map(([name, a]) => [name, rows(a, i, i + 1)] as const)
  const eye = ndarray(Matrix.eye(N).to1DArray(), [N, ...EVENT])
  const A = Matrix.from1DArray(N, N, toNumbers(await program(eye, Object.fromEntries(own)))).transpose()
  await program.release()
  const kept = Array.from({ length: N }, (_, r) => r).filter((r) => A.getRow(r).some((v) => v !== 0))
  return A.subMatrixRow(kept)
}

/** log p(x | y) of each row. */
const exactLog = async (set: ObservationSet, x: NdArray): Promise<number[]> => {
  const [X, Y] = [x, set.y].map((a) => Matrix.from1DArray(TESTED, N, toNumbers(a)))
  const prior = logNormal(S)
  const shared = Object.keys(set.operator.parameters).length === 0
  const first = await matrixOf(set, 0)
  const evidenceOf = (A: Matrix) =>
    logNormal(Matrix.add(A.mmul(S).mmul(A.transpose()), Matrix.eye(A.rows).mul(NOISE ** 2)))
  const same = shared ? evidenceOf(first) : undefined
  const out: number[] = []
  for (let i = 0; i < TESTED; i++) {
    const A = shared ? first : await matrixOf(set, i)
    const v = Matrix.columnVector(X.getRow(i))
    const seen = shared
      ? Y.getRow(i)
      : Y.getRow(i).filter((_, j) => Number(set.operator.parameters.mask.data[i * N + j]) > 0)
    const y = Matrix.columnVector(seen)
    const e = Matrix.sub(y, A.mmul(v))
    const noise = -(e.norm() ** 2 / NOISE ** 2 + A.rows * Math.log(2 * Math.PI * NOISE ** 2)) / 2
    out.push(prior(v) + noise - (same ?? evidenceOf(A))(y))
  }
  return out
}

/** The flow that begins with the fit of the prior itself. */
const withoutData = (flow: FlowConfig): FlowConfig => {
  if (flow.kind !== 'network' || !flow.base) return flow
  const { variance, rank } = flow.base
  return { ...flow, base: { variance, rank } }
}

const operators: Readonly<Record<string, OperatorSetting>> = {
  mask: { name: 'mask', settings: { keep: 0.25 } },
  blur: { name: 'blur' },
}

/** What a flow is trained on, and judged by. */
interface Problem {
  readonly x: NdArray<'float32'>
  readonly set: ObservationSet
  readonly layout: ConditionLayout
  readonly tested: NdArray<'float32'>
  readonly held: ObservationSet
  /** log p(x | y) of what is tested. */
  readonly exact: readonly number[]
}

const problemOf = async (operator: OperatorSetting): Promise<Problem> => {
  const [x, tested] = [samples('train', 4096), samples('test', TESTED)]
  const at = { operator, noise: NOISE, range: RANGE }
  const [set, held] = [await observe(x, { ...at, seed: 1 }), await observe(tested, { ...at, seed: 2 })]
  return { x, set, layout: conditionLayout(set, true), tested, held, exact: await exactLog(held, tested) }
}

/** The mean divergence of a flow from the posteriors, in nats a pixel. */
const divergenceOf = ({ layout, set, tested, held, exact }: Problem, config: FlowConfig) => {
  const flow = flowOf(config)
  const { condition } = flow
  const made = { layout, operator: set.operator, event: EVENT, units: { scale: 1, offset: 0 }, condition }
  const density = jit((p: FlowParams<Tensor>, x: Tensor, y: Tensor, beside: Record<string, Tensor>) =>
    logq(flow, p, x, conditionFrom(made, { y, beside })),
  )
  const { y, beside } = conditionRows(layout, held, 0, TESTED)
  return {
    of: async (p: FlowParams<NdArray>): Promise<number> => {
      const got = toNumbers(await density(p, tested, y, { ...beside }))
      return got.reduce((sum, q, i) => sum + exact[i] - q, 0) / TESTED / N
    },
    release: () => density.release(),
  }
}

/** The divergences at some steps of a training on simulations. */
const learned = async (problem: Problem, config: FlowConfig, fit: Gaussian, marks: readonly number[]) => {
  const flow = flowOf(config)
  const { x, set, layout } = problem
  const steps = Math.max(...marks)
  const streamOf = (purpose: string) => stream(0, purpose)
  const objective = forwardObjective(
    flow,
    x,
    measurementsOf(set, { layout, condition: flow.condition }),
    streamOf,
  )
  const options = { batch: 16, rate: warmUp(linearRate(1e-3, 1e-5, steps), 20), adam: { clip: 1 } }
  const { step, release } = trainer(objective, options, streamOf('rows'))
  const divergence = divergenceOf(problem, config)
  const found: number[] = []
  let state = initFlowState(freshFlow(config, fit, 0))
  for (let i = 0; i <= steps; i++) {
    if (marks.includes(i)) found.push(await divergence.of(flowParamsOf(state)))
    if (i < steps) state = (await step(state, { step: i })).state
  }
  await Promise.all([release(), divergence.release()])
  return found
}

const studied = async (operator: OperatorSetting, marks: readonly number[], only?: string) => {
  const problem = await problemOf(operator)
  const { set, layout } = problem
  const net = networkFor({ kind: 'unet', channels: [16], blocks: [1] }, EVENT)
  const plain = defaultFlow({ net, event: EVENT }, layout)
  const [fine, coarse] = [truth, field(12)]
  const [ofFine, ofCoarse] = [fine, coarse].map((fit) => withBase(plain, fit, set, layout))
  const bases: readonly (readonly [string, FlowConfig, Gaussian])[] = [
    ['white', plain, fine],
    ['prior', withoutData(ofFine), fine],
    ['posterior', ofFine, fine],
    ['posterior of a coarse fit', ofCoarse, coarse],
  ]
  const table: (string | number)[][] = []
  for (const [name, config, fit] of bases) {
    const known = config.kind === 'network' && config.base?.observed
    if (only ? name !== only : name.startsWith('posterior') && !known) continue
    const found = await learned(problem, config, fit, marks)
    table.push([name, ...found.map((v) => v.toFixed(4))])
  }
  return table
}

/** Runs the study of one task. */
export const run = async (args: readonly string[]): Promise<number> => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      steps: { type: 'string', default: '300' },
      task: { type: 'string', default: 'mask' },
      base: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  })
  const steps = Number(values.steps)
  const marks = [0, Math.round(steps / 3), steps]
  const table = await studied(operators[values.task], marks, values.base)
  const header = ['base', ...marks.map((m) => `step ${m}`)]
  console.log(values.json ? JSON.stringify(table) : formatTable(header, table))
  return 0
}
