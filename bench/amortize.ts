/**
 * `npm run bench -- amortize`: flows against PyTorch, and one draw of a flow against a thousand steps of DPS.
 */
import { sampler } from '../src/diffusion/index.ts'
import { isotropicNoise, mask } from '../src/operators/index.ts'
import { dps } from '../src/posterior/index.ts'
import { normal, stream } from '../src/random/index.ts'
import { median, type Shape, type Tensor } from '../src/tensor/index.ts'
import { flowSample, flowTrain, raceObservations, racePrior } from './amortize-cases.ts'
import { type Beside, type RaceOptions, race } from './race.ts'

const STEPS = 1000
const EVENT: Shape = [1, 1, 28, 28]
const DRAWS = 200

/** What one draw is to cost less than DPS, at least. */
const TARGET = 4000

const milliseconds = async (call: () => Promise<unknown>): Promise<number> => {
  const start = performance.now()
  await call()
  return performance.now() - start
}

/** All steps of DPS for one observation, really taken: the fastest of two runs. */
const dpsRun = async (threads: number): Promise<number> => {
  const { y, seen } = raceObservations(EVENT)
  const draw = sampler(
    (o: { y: Tensor; seen: Tensor }) =>
      dps()(racePrior(), { y: o.y, A: mask(o.seen), noise: isotropicNoise(0.1) }),
    { steps: STEPS, threads },
  )
  const key = stream(0, 'bench dps')
  const noise = (step: number, index: number) => normal(key, EVENT, { step: step + 1, draw: index })
  const run = () => milliseconds(() => draw({ y, seen }, { shape: EVENT, noise }))
  const times = [await run(), await run()]
  await draw.release()
  return Math.min(...times)
}

/** One observation, one draw: the flow, and DPS with the prior that it is distilled from. */
const againstDps = async ({ threads, only }: RaceOptions): Promise<Beside | undefined> => {
  if (only !== undefined && only !== 'dps-1000') return undefined
  const flow = await flowSample(1, DRAWS)(threads)
  await flow.call()
  const times: number[] = []
  for (let i = 0; i < DRAWS; i++) times.push(await milliseconds(flow.call))
  await flow.release()
  const [draw, guided] = [median(times), await dpsRun(threads)]
  const ratio = guided / draw
  const fastest = Math.min(...times)
  const ours = `one draw ${draw.toPrecision(3)} ms (median of ${DRAWS}, fastest ${fastest.toPrecision(3)})`
  const theirs = `DPS-${STEPS} ${(guided / 1000).toPrecision(3)} s`
  return {
    line: `${ours}, ${theirs}: ${ratio.toFixed(0)} times as long (target ≥ ${TARGET})`,
    json: { dps: { steps: STEPS, ms: guided, draw, fastestDraw: fastest, ratio, target: TARGET } },
  }
}

/** @returns the exit code */
export const run = (args: readonly string[]): Promise<number> =>
  race(args, [flowSample(1, 100), flowSample(128, 12), flowTrain], againstDps)
