/**
 * `npm run bench -- strays [--steps 3000] [--count 1024] [--step ddpm] [--json]`: draws of MMPS that leave
 * the data, on the manifold of DiEM 5.1 (two random projections of five entries, noise 0.01). Under two
 * priors that know the curve, N of its points and a network trained on all of them, so that nothing is to
 * be blamed on EM: how often A V Aᵀ has an eigenvalue below −σy²/2, by noise level, and how many draws
 * stray, by solver. `--run runs/manifold` instead: how far the samples of a run's priors are from the
 * curve, lap by lap.
 */
import { parseArgs } from 'node:util'
import { formatTable } from '../src/cli/table.ts'
import { manifold } from '../src/datasets/index.ts'
import {
  type Denoiser,
  empiricalDenoiser,
  exponentialSchedule,
  preconditioned,
  type Step,
  stepFrom,
} from '../src/diffusion/index.ts'
import { cg, denseOf, exactSolve, gmres, type Solver, steihaug } from '../src/linalg/index.ts'
import { linearRate, mlp } from '../src/nn/index.ts'
import {
  batchedObservations,
  type ObservationBatch,
  type ObservationSet,
  observe,
} from '../src/observations/index.ts'
import { innovation, mmps, posteriorDraws, tweedieCovariance } from '../src/posterior/index.ts'
import { normal, stream } from '../src/random/index.ts'
import {
  add,
  broadcastTo,
  frozen,
  itemAt,
  jit,
  mul,
  type NdArray,
  rows,
  scalar,
  type Tensor,
  toNumbers,
  vjp,
  zeros,
} from '../src/tensor/index.ts'
import { denoisingObjective, initTrainState, trainer } from '../src/training/index.ts'
import { distances, summaryOf } from './strays/distances.ts'
import { byLap, floor } from './strays/laps.ts'

const NOISE = 0.01
const schedule = exponentialSchedule({ sigmaMin: 1e-3, sigmaMax: 10 })
const levels = [3, 1, 0.3, 0.1, 0.03, 0.01]

const solvers: Readonly<Record<string, Solver>> = {
  'cg 1': cg(),
  'cg 2': cg({ iterations: 2 }),
  'gmres 2': gmres({ iterations: 2 }),
  exact: exactSolve(),
  'steihaug 2, no region': steihaug({ iterations: 2, reach: Infinity }),
  'steihaug 2': steihaug({ iterations: 2 }),
}

/** The network of the experiment, trained on the truth. */
const trained = async (x: NdArray<'float32'>, steps: number): Promise<Denoiser> => {
  const net = mlp({ features: 5 })
  const streamOf = (purpose: string) => stream(0, `strays ${purpose}`)
  const options = { batch: 1024, replacement: true, rate: linearRate(1e-3, 1e-6, steps), schedule }
  const { step, release } = trainer(denoisingObjective(net, x, options, streamOf), options, streamOf('rows'))
  let state = initTrainState(net.init(0))
  for (let i = 0; i < steps; i++) state = (await step(state, { step: i })).state
  await release()
  return preconditioned(net, frozen(state.params))
}

/** Share of x + σ z, x of the truth, where the symmetric part of A V Aᵀ has an eigenvalue < −σy²/2. */
const negative = async (prior: Denoiser, set: ObservationSet, x: NdArray<'float32'>, sigma: number) => {
  const { count, batch, observation } = batchedObservations(set)
  const program = jit((x: Tensor, z: Tensor, sigma: Tensor, of: ObservationBatch<Tensor>) => {
    const xt = add(x, mul(z, sigma))
    const s = broadcastTo(sigma, [count])
    const xhat = prior(xt, s)
    const V = tweedieCovariance(s, (v) => vjp(xhat, xt, v))
    const { spread, e } = innovation(observation(of), xhat, V)
    return denseOf(spread, e)
  })
  const z = normal(stream(0, 'strays z'), x.shape)
  const entries = toNumbers(await program(x, z, scalar(sigma), batch(0, count)))
  await program.release()
  const least = Array.from({ length: count }, (_, i) => {
    const [a, b, c, d] = entries.slice(4 * i, 4 * i + 4)
    return (a + d) / 2 - Math.hypot((a - d) / 2, (b + c) / 2)
  })
  return least.filter((value) => value < -(NOISE ** 2) / 2).length / count
}

/** Where draws lie: shares beyond 3 in any coordinate and farther than 0.3 from the curve. */
const reading = async (prior: Denoiser, set: ObservationSet, truth: NdArray, solve: Solver, step: Step) => {
  const all = { denoiser: prior, event: [5], mean: zeros([5]), schedule, range: set.range }
  const options = { method: mmps({ solve }), step, steps: 64, batch: 2048, seed: 0 }
  const draws = await posteriorDraws(all, set, options)
  const x = itemAt(draws, 0)
  const beyond = Array.from({ length: x.shape[0] }, (_, i) =>
    toNumbers(rows(x, i, i + 1)).some((v) => Math.abs(v) > 3),
  )
  return {
    beyond: beyond.filter(Boolean).length / beyond.length,
    ...summaryOf(distances(x, truth)),
  }
}

const percent = (share: number): string => (100 * share).toFixed(2)

const printLaps = (run: string, truth: NdArray<'float32'>): void => {
  const body = byLap(run, rows(truth, 0, 4096)).map((l) => [l.name, l.median.toFixed(3), percent(l.far)])
  console.log(formatTable(['samples', 'median distance', 'farther than 0.3, %'], body))
  const sets = floor(truth).map((d) => d.toFixed(4))
  console.log(`Sinkhorn divergence of sets of 512 true points to another: ${sets.join(' ')}`)
}

/** @returns the exit code */
export const run = async (args: readonly string[]): Promise<number> => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      steps: { type: 'string', default: '3000' },
      count: { type: 'string', default: '1024' },
      step: { type: 'string', default: 'ddpm' },
      run: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  })
  const [train, test] = [manifold.read('train'), manifold.read('test')]
  if (values.run !== undefined) {
    printLaps(values.run, test.x)
    return 0
  }
  const count = Number(values.count)
  const x = rows(train.x, 0, count)
  const set = await observe(x, {
    operator: { name: 'projection', settings: { dimension: 2 } },
    noise: NOISE,
    range: train.range,
    seed: 1,
  })
  const priors: Readonly<Record<string, Denoiser>> = {
    points: empiricalDenoiser({ points: rows(train.x, 8192, 8192 + 2048) }),
    network: await trained(rows(train.x, 0, 8192), Number(values.steps)),
  }
  const truth = rows(test.x, 0, 4096)
  const spectra = []
  const strays = []
  for (const [prior, denoiser] of Object.entries(priors)) {
    const shares = []
    for (const sigma of levels) shares.push(await negative(denoiser, set, x, sigma))
    spectra.push({ prior, shares })
    for (const [solver, solve] of Object.entries(solvers))
      strays.push({ prior, solver, ...(await reading(denoiser, set, truth, solve, stepFrom(values.step))) })
  }
  if (values.json) console.log(JSON.stringify({ levels, spectra, strays }))
  else {
    console.log('eigenvalues of A V Aᵀ below −σy²/2, % of states, by noise level')
    console.log(
      formatTable(
        ['prior', ...levels.map(String)],
        spectra.map((s) => [s.prior, ...s.shares.map(percent)]),
      ),
    )
    console.log('draws beyond 3 and farther than 0.3 from the curve, %, and median distance')
    console.log(
      formatTable(
        ['prior', 'solver', 'beyond', 'far', 'median'],
        strays.map((s) => [s.prior, s.solver, percent(s.beyond), percent(s.far), s.median.toFixed(4)]),
      ),
    )
  }
  return 0
}
