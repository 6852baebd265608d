/**
 * State that stays on WebGPU: training, and a trajectory, there and on the CPU. Prints what is compared as
 * JSON.
 */
import {
  exponentialSchedule,
  gaussianDenoiser,
  sampler,
  standardGaussian,
} from '../../src/diffusion/index.ts'
import { constantRate, network } from '../../src/nn/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import {
  type ExecuteOptions,
  flatten,
  free,
  holder,
  holding,
  item,
  mul,
  ndarray,
  sum,
  type Tensor,
  toNumbers,
} from '../../src/tensor/index.ts'
import { denoisingObjective, initTrainState, type TrainOptions, trainer } from '../../src/training/index.ts'

const cpu: ExecuteOptions = { threads: 1 }
const gpu: ExecuteOptions = { device: 'webgpu', threads: 1 }

/** Doubles ten times, and says where the state was. */
const doubled = async (options: ExecuteOptions) => {
  const double = holding((x: Tensor) => ({ held: { x: mul(x, 2) }, told: sum(x) }), options)
  const { read, release } = holder(options)
  let { held, told } = await double(ndarray([1, 2, 3]))
  const places = new Set<string>()
  for (let i = 1; i < 10; i++) {
    places.add(held.x.constructor.name)
    const next = await double(held.x)
    free(held)
    ;({ held, told } = next)
  }
  const { x } = await read<{ x: Tensor }>(held)
  free(held)
  await Promise.all([double.release(), release()])
  return { places: [...places], x: toNumbers(x), told: item(told) }
}

const net = network({ kind: 'mlp', features: 6, hidden: [8], emb: 4 })
const data = normal(stream(2, 'x'), [24, 6])
const schedule = exponentialSchedule({ sigmaMin: 0.1, sigmaMax: 10 })
const STEPS = 4

/** Some steps, with the state asked for after each of `wantedAt`. */
const trained = async (execute: ExecuteOptions, more: Partial<TrainOptions>, wantedAt: readonly number[]) => {
  const options: TrainOptions = { batch: 6, rate: constantRate(1e-3), ema: 0.9, execute, ...more }
  const streamOf = (purpose: string) => stream(7, purpose)
  const objective = denoisingObjective(net, data, { schedule, ...options }, streamOf)
  const { advance, release } = trainer(objective, options, streamOf('rows'))
  let state = initTrainState(net.init(0))
  const losses: number[] = []
  const calls: number[] = []
  let shown = 0
  while (losses.length < STEPS) {
    const next = await advance(state, { step: losses.length }, STEPS - losses.length, {
      wanted: () => wantedAt.includes(shown),
      onStep: () => shown++,
    })
    state = next.state
    calls.push(next.taken.length)
    losses.push(...next.taken.map(({ terms }) => terms.loss))
  }
  await release()
  return { calls, shown, losses, state: Object.values(flatten(state)).flatMap(toNumbers) }
}

/** A trajectory under a Gaussian. */
const drawn = async (options: ExecuteOptions) => {
  const draw = sampler(() => gaussianDenoiser(standardGaussian(3)), { ...options, steps: 4, schedule })
  const x = await draw({}, { shape: [2, 3], seed: 3 })
  await draw.release()
  return toNumbers(x)
}

const trainings: readonly Partial<TrainOptions>[] = [{ stepsPerRun: 2 }, { microBatch: 4, ema: 0 }]

const pairs = []
for (const more of trainings) pairs.push([await trained(cpu, more, []), await trained(gpu, more, [2])])
process.stdout.write(
  JSON.stringify({
    doubled: [await doubled(cpu), await doubled(gpu)],
    trained: pairs,
    drawn: [await drawn(cpu), await drawn(gpu)],
  }),
)
