/** Mixtures of Gaussians in the plane, of which y = A x + s n sees one number: densities and simulations. */
import { klByQuadrature } from '../../src/diagnose/index.ts'
import { type Flow, type FlowParams, logq } from '../../src/flows/index.ts'
import { normal, stream, uniform } from '../../src/random/index.ts'
import { jit, type NdArray, ndarray, type Tensor, toNumbers } from '../../src/tensor/index.ts'
import { type Training, trainedFlow } from './trained-flow.ts'

/** Components of the same weight and spread, and how they are seen. */
export interface Planar {
  readonly name: string
  readonly centres: readonly (readonly [number, number])[]
  readonly sd: number
  readonly A: readonly [number, number]
  readonly noise: number
}

/** E16: eight Gaussians on a circle (radius 1.5, sd 0.15), y = x₁ + 0.15 n. */
export const eight: Planar = {
  name: 'eight modes',
  centres: Array.from({ length: 8 }, (_, k) => {
    const angle = (2 * Math.PI * k) / 8
    return [1.5 * Math.cos(angle), 1.5 * Math.sin(angle)] as const
  }),
  ...{ sd: 0.15, A: [1, 0], noise: 0.15 },
}

/** Three Gaussians (sd 0.1) seen along (1, 2)/√5 with noise 0.2. */
export const three: Planar = {
  name: 'three modes',
  centres: [
    [1, 0],
    [-1, 0.5],
    [0.3, -1.2],
  ],
  ...{ sd: 0.1, A: [1 / Math.sqrt(5), 2 / Math.sqrt(5)], noise: 0.2 },
}

/** x [count, 2] of the prior and y [count, 1]. */
export const simulated = ({ centres, sd, A, noise }: Planar, name: string, count: number, seed: number) => {
  const side = toNumbers(uniform(stream(seed, `${name} mode`), [count]))
  const z = toNumbers(normal(stream(seed, `${name} x`), [count, 2]))
  const n = toNumbers(normal(stream(seed, `${name} noise`), [count]))
  const x = side.flatMap((u, i) => {
    const [a, b] = centres[Math.floor(u * centres.length)]
    return [a + sd * z[2 * i], b + sd * z[2 * i + 1]]
  })
  const y = n.map((e, i) => A[0] * x[2 * i] + A[1] * x[2 * i + 1] + noise * e)
  return { x: ndarray(x, [count, 2]), y: ndarray(y, [count, 1]) }
}

/** log p(x, y), which is log p(x | y) up to a constant of y. */
export const logJoint = (
  { centres, sd, A, noise }: Planar,
  [a, b]: readonly [number, number],
  y: number,
): number => {
  const energies = centres.map(([p, q]) => -((a - p) ** 2 + (b - q) ** 2) / (2 * sd ** 2))
  const top = Math.max(...energies)
  const prior = top + Math.log(energies.reduce((sum, e) => sum + Math.exp(e - top), 0))
  return prior - (y - A[0] * a - A[1] * b) ** 2 / (2 * noise ** 2)
}

/** A flow after training on simulations of so many samples of the prior. */
export const trainedOn = (
  problem: Planar,
  flow: Flow,
  { samples, ...training }: Training & { readonly samples: number },
): Promise<FlowParams<NdArray>> => {
  const { x } = simulated(problem, 'train', samples, 3)
  return trainedFlow(flow, x, { transposed: ndarray([...problem.A], [2, 1]), noise: problem.noise }, training)
}

const [POINTS, SIDE, OBSERVATIONS] = [200, 2.6, 16] as const

/** KL(p(x | y) ‖ q(x | y)) of a flow by quadrature, averaged over some y, in nats. */
export const divergenceFrom = async (
  problem: Planar,
  flow: Flow,
  params: FlowParams<NdArray>,
): Promise<number> => {
  const density = jit((p: FlowParams<Tensor>, x: Tensor, y: Tensor) => logq(flow, p, x, y))
  const h = (2 * SIDE) / POINTS
  const at = (i: number) => -SIDE + (i + 0.5) * h
  const index = (v: number) => Math.round((v + SIDE) / h - 0.5)
  const nodes = POINTS * POINTS
  const plane = Array.from({ length: nodes }, (_, i) => [at(Math.floor(i / POINTS)), at(i % POINTS)])
  const grid = ndarray(plane.flat(), [nodes, 2])
  let total = 0
  for (const y of toNumbers(simulated(problem, 'gap', OBSERVATIONS, 5).y)) {
    const logs = toNumbers(await density(params, grid, ndarray(Array(nodes).fill(y), [nodes, 1])))
    total += klByQuadrature(
      (a, b) => logJoint(problem, [a, b], y),
      (a, b) => logs[index(a) * POINTS + index(b)],
      { range: [-SIDE, SIDE], points: POINTS },
    )
  }
  await density.release()
  return total / OBSERVATIONS
}
