/** SMC-corrected MMPS and the exact denoiser, and MMPS where it is wrong: posteriors with several modes. */
import { Matrix } from 'ml-matrix'
import { exponentialSchedule, type SamplerNoise, sampler } from '../../src/diffusion/index.ts'
import { cg } from '../../src/linalg/index.ts'
import { exact, mmps, smcMmps } from '../../src/posterior/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { average } from '../../src/tensor/index.ts'
import { atMost, type Gate, shown } from './gate.ts'
import { type Cloud, exactDraws, expressed, type MixtureProblem, matrixOf, slicedDistance } from './smc.ts'

const grid = [-2, -1, 0, 1, 2]

/** Three components in the plane with one projection, and 25 on a grid in eight dimensions with two. */
export const mixtureProblems = (): MixtureProblem[] => [
  {
    name: '3 components',
    means: new Matrix([
      [1, 0],
      [-1, 0.5],
      [0.3, -1.2],
    ]),
    variance: 0.01,
    A: new Matrix([[1 / Math.sqrt(5), 2 / Math.sqrt(5)]]),
    noise: 0.2,
    y: [0.1],
  },
  {
    name: '25 components',
    means: new Matrix(
      grid.flatMap((a) => grid.map((b) => Array.from({ length: 8 }, (_, i) => (i % 2 === 0 ? a : b)))),
    ),
    variance: 0.01,
    A: new Matrix([[0.6, 0.4, 0.3, -0.2, 0.5, 0.1, 0.2, 0.4]]),
    noise: 0.3,
    y: [0.7],
  },
]

/** The noise of a sampler: [B, n] normals by step and index. */
export const noiseOf =
  (seed: number, [batch, n]: readonly [number, number]): SamplerNoise =>
  (step, index) =>
    normal(stream(seed, `noise ${index}`), [batch, n], { step: step + 1 })

const schedule = exponentialSchedule({ sigmaMin: 1e-2, sigmaMax: 20 })

/** What is sampled from one y: `particles` 1 is MMPS itself, more its correction. */
export const mixtureCloud = async (
  problem: MixtureProblem,
  particles: number,
  { runs = 1024, steps = 64, seed = 1 } = {},
): Promise<Cloud> => {
  const { prior, observationOf, y } = expressed(problem)
  const shape = [runs, problem.A.columns] as const
  const request = { shape, noise: noiseOf(seed, shape) }
  if (particles === 1) {
    const guide = (o: Parameters<typeof observationOf>[0]) =>
      mmps({ solve: cg({ iterations: problem.A.rows }) })(prior, observationOf(o))
    const draw = sampler(guide, { schedule, steps })
    const x = await draw({ y: y(runs) }, request)
    await draw.release()
    return { x: matrixOf(x) }
  }
  const method = smcMmps({ particles, density: 'dense' })
  const draw = method.compile(prior, observationOf, { schedule, steps })
  const { x, weights } = await draw.particles({ y: y(runs) }, request)
  await draw.release()
  return {
    x: new Matrix(x.flatMap((particle) => matrixOf(particle).to2DArray())),
    weights: x.flatMap((_, k) => weights.map((own) => own[k] / runs)),
  }
}

const POINTS = 4096

/** Numbers of particles, and how often each is run: what one run yields are particles of one fate. */
const plan = [
  { particles: 1, runs: 1024 },
  { particles: 2, runs: 1024 },
  { particles: 8, runs: 512 },
  { particles: 32, runs: 256 },
] as const

/** Draws by the exact denoiser: the steps' errors are left, and those of the start, which is wide here. */
const exactCloud = async (problem: MixtureProblem, runs: number): Promise<Cloud> => {
  const { mixture, prior, observationOf, y } = expressed(problem)
  const shape = [runs, problem.A.columns] as const
  const wide = exponentialSchedule({ sigmaMin: 1e-2, sigmaMax: 200 })
  const guide = (o: Parameters<typeof observationOf>[0]) => exact(mixture)(prior, observationOf(o))
  const draw = sampler(guide, { schedule: wide, steps: 320 })
  const x = await draw({ y: y(runs) }, { shape, noise: noiseOf(1, shape) })
  await draw.release()
  return { x: matrixOf(x) }
}

/** Sliced W1 to the exact posterior falls with the number of particles, far below that of MMPS. */
export const mixtures = async (): Promise<Gate[]> => {
  const gates: Gate[] = []
  for (const problem of mixtureProblems()) {
    const truth = { x: exactDraws(problem, POINTS, 1) }
    const distances: number[] = []
    for (const { particles, runs } of plan)
      distances.push(slicedDistance(await mixtureCloud(problem, particles, { runs }), truth))
    const [plain, two, eight, many] = distances
    const of = (what: string) => `mixtures, ${problem.name}, W1 of ${what}`
    const share = (part: number, value: number) => Number((part * value).toPrecision(3))
    const floor = slicedDistance({ x: exactDraws(problem, POINTS, 2) }, truth)
    const chance = average(
      [3, 4, 5].map((seed) => slicedDistance({ x: exactDraws(problem, POINTS, seed, false) }, truth)),
    )
    const known = slicedDistance(await exactCloud(problem, POINTS), truth)
    gates.push(
      shown(of('another exact sample'), floor),
      shown(of('exact samples, components by chance'), chance),
      atMost(of('exact()'), known, share(1.5, chance)),
      shown(of('mmps'), plain),
      atMost(of('2 particles'), two, share(0.8, plain)),
      atMost(of('8 particles'), eight, share(0.6, two)),
      atMost(of('32 particles'), many, share(0.25, plain)),
    )
  }
  return gates
}
