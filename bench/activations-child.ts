/** Two training steps of the network of the CIFAR experiments: prints the peak of memory as JSON. */
import { exponentialSchedule } from '../src/diffusion/index.ts'
import { constantRate, unet } from '../src/nn/index.ts'
import { normal, stream } from '../src/random/index.ts'
import { flatten } from '../src/tensor/index.ts'
import { denoisingObjective, initTrainState, trainer } from '../src/training/index.ts'

/** What differs between the processes. */
export interface ActivationSetting {
  readonly channels: readonly number[]
  readonly batch: number
  readonly microBatch: number
  readonly rematerialise: boolean
}

/** What is measured, memory in MiB of resident set. */
export interface ActivationFigures {
  /** With weights, moments and average, before anything is compiled. */
  readonly start: number
  readonly peak: number
  /** Of the second step. */
  readonly loss: number
  readonly parameters: number
}

const { channels, batch, microBatch, rematerialise }: ActivationSetting = JSON.parse(process.argv[2])
const net = unet({
  io: 3,
  channels,
  blocks: [5, 5, 5],
  heads: [0, 4, 0],
  emb: 256,
  dropout: 0.1,
  rematerialise,
})
const streamOf = (purpose: string) => stream(0, purpose)
const x = normal(streamOf('x'), [batch, 3, 32, 32])
const schedule = exponentialSchedule({ sigmaMin: 1e-3, sigmaMax: 100 })
const { step, release } = trainer(
  denoisingObjective(net, x, { schedule }, streamOf),
  { batch, microBatch, rate: constantRate(2e-4), ema: 0.9999, execute: { threads: 1 } },
  streamOf('rows'),
)
let state = initTrainState(net.init(0))
const start = process.memoryUsage().rss / 2 ** 20
let loss = 0
for (let i = 0; i < 2; i++) {
  const next = await step(state, { step: i })
  state = next.state
  loss = next.terms.loss
}
await release()
const parameters = Object.values(flatten(state.params)).reduce((sum, { size }) => sum + size, 0)
const figures = { start, peak: process.resourceUsage().maxRSS / 1024, loss, parameters }
process.stdout.write(JSON.stringify(figures satisfies ActivationFigures))
