/**
 * E16: eight Gaussians on a circle (radius 1.5, sd 0.15), of which y = x₁ + 0.15 n sees one coordinate. A
 * flow that is trained on simulations bridges the modes: its marginal ranks are right, its draws given y are
 * not. The diagnosis has to say so, and to say nothing about exact draws.
 */

import { type Diagnosis, diagnosis } from '../../src/diagnose/index.ts'
import { type Flow, type FlowParams, logq, realNvp } from '../../src/flows/index.ts'
import { exponentialRate } from '../../src/nn/index.ts'
import { normal, stream, uniform } from '../../src/random/index.ts'
import { jit, type NdArray, ndarray, type Tensor, toNumbers } from '../../src/tensor/index.ts'
import { atMost, between, type Gate, shown } from './gate.ts'
import { divergenceFrom, eight, logJoint, simulated, trainedOn } from './planar.ts'

const { centres, sd: SD, noise: NOISE } = eight

/** Exact draws [K, N, 2]: a mode by its evidence, then the Gaussian given it and y. */
export const exactDraws = (y: NdArray, draws: number, seed: number): NdArray => {
  const count = y.shape[0]
  const u = toNumbers(uniform(stream(seed, 'exact mode'), [draws * count]))
  const z = toNumbers(normal(stream(seed, 'exact'), [draws * count, 2]))
  const total = SD ** 2 + NOISE ** 2
  const gain = SD ** 2 / total
  const x = u.flatMap((v, i) => {
    const seen = Number(y.data[i % count])
    const weights = centres.map(([p]) => Math.exp(-((seen - p) ** 2) / (2 * total)))
    let left = v * weights.reduce((a, b) => a + b)
    const k = Math.max(
      0,
      weights.findIndex((w) => {
        left -= w
        return left < 0
      }),
    )
    const [p, q] = centres[k]
    return [p + gain * (seen - p) + Math.sqrt(gain) * NOISE * z[2 * i], q + SD * z[2 * i + 1]]
  })
  return ndarray(x, [draws, count, 2])
}

const flow: Flow = realNvp({ size: 2, condition: 1, steps: 3, hidden: 32 })

/** The flow after training on simulations. */
export const bridging = (steps: number): Promise<FlowParams<NdArray>> => {
  const rate = exponentialRate(3e-3, 1e-4, steps)
  return trainedOn(eight, flow, { samples: 16384, batch: 256, steps, rate })
}

type Params = FlowParams<NdArray>

/** y [N, 1] for each of K draws. */
const toldTo = (y: NdArray, draws: number): NdArray =>
  ndarray(Array.from({ length: draws }, () => toNumbers(y)).flat(), [draws * y.shape[0], 1])

/** Draws [K, N, 2] of the flow. */
export const flowDraws = async (
  params: Params,
  y: NdArray,
  draws: number,
  seed: number,
): Promise<NdArray> => {
  const count = y.shape[0]
  const told = toldTo(y, draws)
  const sample = jit((p: FlowParams<Tensor>, y: Tensor, z: Tensor) => flow.sample(p, y, z).x)
  const x = await sample(params, told, normal(stream(seed, 'z'), [draws * count, 2]))
  await sample.release()
  return ndarray(toNumbers(x), [draws, count, 2])
}

/** log q(x | y) of the flow. */
const compiledDensity = () => jit((p: FlowParams<Tensor>, x: Tensor, y: Tensor) => logq(flow, p, x, y))

/** log q of draws [K, N, 2] and truth [N, 2] under the flow. */
const flowDensity = async (params: Params, draws: NdArray, { x, y }: ReturnType<typeof simulated>) => {
  const [k, n] = draws.shape
  const density = compiledDensity()
  const ofDraws = await density(params, ndarray(toNumbers(draws), [k * n, 2]), toldTo(y, k))
  const truth = await density(params, x, y)
  await density.release()
  return { draws: ndarray(toNumbers(ofDraws), [k, n]), truth }
}

/** log p(x | y), up to a constant of each y, of draws [K, N, 2] and truth [N, 2]. */
const exactDensity = (draws: NdArray, { x, y }: ReturnType<typeof simulated>) => {
  const [k, n] = draws.shape
  const seen = toNumbers(y)
  const of = (points: NdArray, shape: number[]) => {
    const values = toNumbers(points)
    const logs = Array.from({ length: values.length / 2 }, (_, i) =>
      logJoint(eight, [values[2 * i], values[2 * i + 1]], seen[i % n]),
    )
    return ndarray(logs, shape)
  }
  return { draws: of(draws, [k, n]), truth: of(x, [n]) }
}

const [PROBLEMS, DRAWS] = [1000, 20] as const

/** The tests that look at the posterior of each y. */
const [CELLS, REGIONS] = ['Cells given y', 'Density regions (HPD)'] as const

const judged = (
  draws: NdArray,
  { x, y }: ReturnType<typeof simulated>,
  logDensity: { readonly draws: NdArray; readonly truth: NdArray },
): Diagnosis => diagnosis({ draws, truth: x, given: y, logDensity })

const faults = ({ findings }: Diagnosis): string[] =>
  findings.filter(({ verdict }) => verdict === 'miscalibrated').map(({ name }) => name)

/** E16. */
export const bridgingGates = async (seeds = 20): Promise<Gate[]> => {
  const params = await bridging(1500)
  const problem = simulated(eight, 'test', PROBLEMS, 6)
  const drawn = await flowDraws(params, problem.y, DRAWS, 7)
  const found = faults(judged(drawn, problem, await flowDensity(params, drawn, problem)))
  let passed = 0
  for (let seed = 0; seed < seeds; seed++) {
    const own = simulated(eight, 'test', PROBLEMS, 100 + seed)
    const draws = exactDraws(own.y, DRAWS, 200 + seed)
    if (faults(judged(draws, own, exactDensity(draws, own))).length === 0) passed++
  }
  const marginal = found.filter((name) => name !== CELLS && name !== REGIONS)
  const missed = (name: string): number => (found.includes(name) ? 0 : 1)
  return [
    between(
      'E16 bridging flow, KL by quadrature (nats)',
      await divergenceFrom(eight, flow, params),
      0.5,
      1.5,
    ),
    shown('E16 bridging flow, tests of marginals that see it', marginal.length),
    atMost('E16 bridging flow, cells given y that miss it', missed(CELLS), 0),
    atMost('E16 bridging flow, density regions that miss it', missed(REGIONS), 0),
    atMost(`E16 exact draws, seeds of ${seeds} that fail`, seeds - passed, 1),
  ]
}
