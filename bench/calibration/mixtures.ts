/** Mixtures with a projection seen: distance at one y, and coverage over many. */
import { Matrix } from 'ml-matrix'
import { coverage, energyScore } from '../../src/diagnose/index.ts'
import { exponentialSchedule } from '../../src/diffusion/index.ts'
import { compileMethod, exact } from '../../src/posterior/index.ts'
import { normal, stream, uniform } from '../../src/random/index.ts'
import { average, type NdArray, ndarray, type Tensor, toNumbers } from '../../src/tensor/index.ts'
import { mixtureProblems } from '../../test/exact/mixtures.ts'
import { exactDraws, expressed, type MixtureProblem, matrixOf, slicedDistance } from '../../test/exact/smc.ts'
import { type Contender, contendersFor } from './contenders.ts'
import { onePassOf } from './one-pass.ts'
import { failure, type Reading } from './reading.ts'

const [POINTS, PROBLEMS, DRAWS] = [2048, 200, 39] as const

const schedule = exponentialSchedule({ sigmaMin: 1e-2, sigmaMax: 20 })

/** Truths [N, n] of the prior, and y [N, m] of them. */
const simulated = ({ means, variance, A, noise }: MixtureProblem) => {
  const n = means.columns
  const which = toNumbers(uniform(stream(0, 'calibration mode'), [PROBLEMS]))
  const z = toNumbers(normal(stream(0, 'calibration x'), [PROBLEMS, n]))
  const e = toNumbers(normal(stream(0, 'calibration noise'), [PROBLEMS, A.rows]))
  const x = new Matrix(
    which.map((u, i) => {
      const centre = means.getRow(Math.floor(u * means.rows))
      return centre.map((c, j) => c + Math.sqrt(variance) * z[i * n + j])
    }),
  )
  return { x, y: Matrix.add(x.mmul(A.transpose()), Matrix.from1DArray(PROBLEMS, A.rows, e).mul(noise)) }
}

/** log p(x, y), which is log p(x | y) up to what depends on y only. */
const logJoint = (
  { means, variance, A, noise }: MixtureProblem,
  x: readonly number[],
  y: readonly number[],
) => {
  const square = (a: ArrayLike<number>, b: ArrayLike<number>) =>
    Array.from(a).reduce((sum, v, i) => sum + (v - b[i]) ** 2, 0)
  const energies = means.to2DArray().map((centre) => -square(x, centre) / (2 * variance))
  const top = Math.max(...energies)
  const seen = A.to2DArray().map((row) => row.reduce((sum, a, j) => sum + a * x[j], 0))
  const prior = top + Math.log(energies.reduce((sum, e) => sum + Math.exp(e - top), 0))
  return prior - square(y, seen) / (2 * noise ** 2)
}

const array = (m: Matrix): NdArray<'float32'> => ndarray(m.to1DArray(), [m.rows, m.columns])

/** Share of the truths in the 90 % densest region of their draws. */
const regionShare = (problem: MixtureProblem, draws: readonly Matrix[], x: Matrix, y: Matrix): number => {
  const inside = Array.from({ length: PROBLEMS }, (_, i) => {
    const of = (m: Matrix) => logJoint(problem, m.getRow(i), y.getRow(i))
    const own = of(x)
    return draws.filter((d) => of(d) < own).length >= (draws.length + 1) / 10
  })
  return inside.filter(Boolean).length / PROBLEMS
}

const stacked = (draws: readonly Matrix[]): NdArray<'float32'> =>
  ndarray(
    draws.flatMap((d) => d.to1DArray()),
    [draws.length, draws[0].rows, draws[0].columns],
  )

/** Draws of POINTS at the problem's y, and DRAWS of each simulated one. */
interface Drawn {
  readonly cloud: Matrix
  readonly draws: readonly Matrix[]
  readonly milliseconds: number
}

/** Those of a contender. */
const drawn = async (problem: MixtureProblem, { method, options }: Contender, y: Matrix): Promise<Drawn> => {
  const { prior, observationOf, y: repeated } = expressed(problem)
  const n = problem.A.columns
  const draw = compileMethod<{ y: Tensor }>(method, prior, observationOf, { schedule, ...options })
  const from = performance.now()
  const cloud = matrixOf(await draw({ y: repeated(POINTS) }, { shape: [POINTS, n], seed: 1 }))
  const milliseconds = (performance.now() - from) / POINTS
  const draws: Matrix[] = []
  for (let k = 0; k < DRAWS; k++)
    draws.push(matrixOf(await draw({ y: array(y) }, { shape: [PROBLEMS, n], seed: 2, draw: k })))
  await draw.release()
  return { cloud, draws, milliseconds }
}

/** Those of one pass of a trained flow. */
const passed = async (problem: MixtureProblem, y: Matrix): Promise<Drawn> => {
  const pass = await onePassOf(problem)
  const same = new Matrix(Array.from({ length: POINTS }, () => [...problem.y]))
  await pass.draw(same, 0) // compiles
  const from = performance.now()
  const cloud = await pass.draw(same, 1)
  const milliseconds = (performance.now() - from) / POINTS
  const draws: Matrix[] = []
  for (let k = 0; k < DRAWS; k++) draws.push(await pass.draw(y, 2 + k))
  await pass.release()
  return { cloud, draws, milliseconds }
}

/** Both mixtures, every contender, and one pass. */
export const onMixtures = async (
  evaluations: number,
  onReading: (reading: Reading) => void,
): Promise<void> => {
  for (const problem of mixtureProblems()) {
    const { x, y } = simulated(problem)
    const truth = { x: exactDraws(problem, POINTS, 1) }
    const floor = slicedDistance({ x: exactDraws(problem, POINTS, 2) }, truth)
    const right = Array.from({ length: DRAWS }, (_, k) =>
      Matrix.from1DArray(
        PROBLEMS,
        x.columns,
        y.to2DArray().flatMap((seen, i) => exactDraws({ ...problem, y: seen }, 1, 1000 * k + i).getRow(0)),
      ),
    )
    const best = average(energyScore(stacked(right), array(x)))
    const contenders = contendersFor(exact(expressed(problem).mixture), evaluations)
    const entrants = [
      ...contenders.map((c) => ({ ...c, draw: () => drawn(problem, c, y) })),
      { name: 'the default flow', evaluations: 1, draw: () => passed(problem, y) },
    ]
    for (const { name, evaluations: spent, draw } of entrants) {
      const base = { problem: problem.name, method: name, evaluations: spent, floor }
      try {
        const { cloud, draws, milliseconds } = await draw()
        const [half, most] = coverage(stacked(draws), array(x)).map((c) => c.observed)
        onReading({
          ...base,
          ...{ half, most, milliseconds },
          distance: slicedDistance({ x: cloud }, truth),
          region: regionShare(problem, draws, x, y),
          score: average(energyScore(stacked(draws), array(x))) / best - 1,
        })
      } catch (error) {
        onReading(failure(base, error))
      }
    }
  }
}
