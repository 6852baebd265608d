/**
 * `npm run bench -- gaussian-start`: one E-step of the Gaussian start of experiments/cifar-paper-50.yaml,
 * with its rank, noise, iterations and tolerance, on random images of rank 64: with the solver unrolled into
 * one program, and in pieces. Each in a process of its own: seconds until the first draw of a batch, seconds
 * of the second, resident memory.
 *
 *   --count N  images, default 64 (of 16,384)
 *   --steps N  steps of the sampler, default 2 (of 256)
 *   --json
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { parse } from 'yaml'
import { z } from 'zod'
import {
  ddim,
  exponentialSchedule,
  type Gaussian,
  gaussianDenoiser,
  sampler,
} from '../src/diffusion/index.ts'
import { diffusionDraw } from '../src/em/index.ts'
import { cg, lowRank } from '../src/linalg/index.ts'
import { type BatchedObservations, batchedObservations, maskedBy } from '../src/observations/index.ts'
import { type BatchDraw, gaussianPosteriorCovariance, mmps, samplerDraw } from '../src/posterior/index.ts'
import { bernoulli, normal, stream } from '../src/random/index.ts'
import { NdArray, ndarray, zeros } from '../src/tensor/index.ts'

const N = 3 * 32 * 32

const config = z
  .object({
    data: z.object({ observe: z.object({ noise: z.number(), operator: z.object({ keep: z.number() }) }) }),
    gaussian: z.object({ rank: z.number(), cg: z.number(), tolerance: z.number() }),
    schedule: z.object({ sigmaMin: z.number(), sigmaMax: z.number() }),
  })
  .parse(parse(readFileSync(new URL('../experiments/cifar-paper-50.yaml', import.meta.url), 'utf8')))

/** Factors that fall, as those of photographs do, and a little of everything. */
const gaussian = (): Gaussian => {
  const { rank } = config.gaussian
  const U = normal(stream(0, 'factor'), [N, rank])
  const columns = U.data.map((v, i) => v * 0.8 ** (i % rank))
  return { mean: zeros([N]), covariance: lowRank(0.01, ndarray(columns, [N, rank])) }
}

const observed = (count: number): BatchedObservations => {
  const { noise, operator } = config.data.observe
  const mask = bernoulli(stream(0, 'mask'), operator.keep, [count, 1, 32, 32])
  const shown = (i: number) => mask.data[Math.floor(i / N) * 1024 + (i % 1024)]
  const x = normal(stream(0, 'x'), [count, 3, 32, 32])
  return batchedObservations({
    y: new NdArray(
      'float32',
      x.shape,
      x.data.map((v, i) => v * shown(i)),
    ),
    operator: maskedBy(mask, [3, 32, 32]),
    noise: 4 * noise, // in the units of the prior
    range: [-2, 2],
  })
}

/** The same draws by one program, with every iteration of every step in it. */
const unrolled = (prior: Gaussian, set: BatchedObservations, steps: number): BatchDraw => {
  const { cg: iterations, tolerance } = config.gaussian
  const method = mmps({
    solve: cg({ iterations, tolerance }),
    covariance: gaussianPosteriorCovariance(prior.covariance),
  })
  const posterior = sampler(
    (batch: Parameters<BatchedObservations['observation']>[0]) =>
      method(gaussianDenoiser(prior), set.observation(batch)),
    { steps, schedule: exponentialSchedule(config.schedule), step: ddim() },
  )
  return samplerDraw(posterior, set, prior.mean)
}

const inPieces = (prior: Gaussian, set: BatchedObservations, steps: number): BatchDraw =>
  diffusionDraw(prior, set, {
    steps,
    schedule: exponentialSchedule(config.schedule),
    iterations: config.gaussian.cg,
    tolerance: config.gaussian.tolerance,
  })

const ways = { unrolled, 'in pieces': inPieces } as const

const Measured = z.object({ first: z.number(), second: z.number(), before: z.number(), peak: z.number() })

const measure = async (way: keyof typeof ways, count: number, steps: number) => {
  const [prior, set] = [gaussian(), observed(count)]
  const before = process.memoryUsage().rss / 2 ** 20
  const draw = ways[way](prior, set, steps)
  const seconds = async () => {
    const start = performance.now()
    await draw(0, count, { stream: (purpose) => stream(0, purpose), lap: 0 })
    return (performance.now() - start) / 1000
  }
  const [first, second] = [await seconds(), await seconds()]
  await draw.release()
  return { first, second, before, peak: process.resourceUsage().maxRSS / 1024 }
}

/** @returns the exit code */
export const run = async (args: readonly string[]): Promise<number> => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      count: { type: 'string', default: '64' },
      steps: { type: 'string', default: '2' },
      json: { type: 'boolean', default: false },
      child: { type: 'string' },
    },
  })
  const { count, steps, json, child } = values
  if (child === 'unrolled' || child === 'in pieces') {
    console.log(JSON.stringify(await measure(child, Number(count), Number(steps))))
    return 0
  }
  const say = (text: string) => !json && console.log(text)
  say(
    `${count} images, ${steps} steps, ${config.gaussian.cg} iterations at most; ` +
      'seconds first and second, MB before and at the peak',
  )
  const results = Object.keys(ways).map((way) => {
    const own = [...process.execArgv, ...process.argv.slice(1), '--child', way]
    const { stdout } = spawnSync(process.execPath, own, { encoding: 'utf8' })
    const found = Measured.parse(JSON.parse(stdout))
    const { first, second, before, peak } = found
    say(`${way.padEnd(10)} ${first.toFixed(1)} ${second.toFixed(1)} ${before.toFixed(0)} ${peak.toFixed(0)}`)
    return { way, ...found }
  })
  if (json) console.log(JSON.stringify({ count: Number(count), steps: Number(steps), results }))
  return 0
}
