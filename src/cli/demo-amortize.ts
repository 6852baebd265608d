/**
 * `npm run demo:amortize`: the shipped diffusion prior of photographs becomes a sampler that denoises in one pass, from simulations
 * of the prior's own samples; then it meets DPS and Noise2Score on photographs that nobody has seen.
 */
import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { conditionLayout, conditionShape } from '../amortize/index.ts'
import { loadPhotos } from '../datasets/index.ts'
import type { FlowConfig } from '../flows/index.ts'
import { readBytes } from '../formats/index.ts'
import { linearRate, warmUp } from '../nn/index.ts'
import { observe } from '../observations/index.ts'
import { dps, noise2score } from '../posterior/index.ts'
import {
  type DistillRequest,
  distill,
  type LearnedPrior,
  loadPrior,
  openRun,
  type SavedSampler,
} from '../run/index.ts'
import { rows, type Shape } from '../tensor/index.ts'
import type { OptionsOf } from './commands.ts'
import { byFlow, byMethod, type Contest, type Contestant } from './demo-amortize-contest.ts'
import { contestTable, writeContestReport } from './demo-amortize-report.ts'
import type { Io } from './io.ts'
import { recordOf } from './record.ts'

/** How much the demo does. */
export interface AmortizePlan {
  /** Samples of the prior to learn from, and the steps of the sampler that draws them. */
  readonly samples: { readonly count: number; readonly steps: number }
  /** Optimiser steps and photographs in each. */
  readonly steps: number
  readonly batch: number
  /** Features and couplings of the flow, channels of the two levels of its encoder and of its couplings. */
  readonly flow: {
    readonly features: number
    readonly steps: number
    readonly encoder: readonly number[]
    readonly coupling: readonly number[]
  }
  /** Photographs to test on, and draws of each. */
  readonly test: number
  readonly draws: number
  /** Noise levels of DPS, and how many photographs it restores: it takes long. */
  readonly dps: { readonly steps: number; readonly count: number }
}

const plans: Readonly<Record<'full' | 'quick', AmortizePlan>> = {
  full: {
    samples: { count: 1024, steps: 30 },
    steps: 700,
    batch: 16,
    flow: { features: 16, steps: 6, encoder: [32, 64], coupling: [24] },
    test: 16,
    draws: 128,
    dps: { steps: 1000, count: 16 },
  },
  quick: {
    samples: { count: 32, steps: 6 },
    steps: 12,
    batch: 8,
    flow: { features: 8, steps: 2, encoder: [8, 16], coupling: [8] },
    test: 4,
    draws: 8,
    dps: { steps: 10, count: 2 },
  },
}

/** Standard deviation of the noise where black is 0 and white 1. */
const NOISE = 0.1
/** Step of DPS: the best of 0.02, 0.05, 0.1 and 0.2 at 1000 steps on eight validation photographs; the published one fits the noise. */
const ZETA = 0.05
/** Test photographs get other noise than those learned from. */
const TEST_SEED = 1000

const PRIOR = fileURLToPath(new URL('../../data/photos-prior.safetensors', import.meta.url))

const flowOf = (
  { features, steps, encoder, coupling }: AmortizePlan['flow'],
  event: Shape,
  condition: Shape,
): FlowConfig => {
  const blocks = (channels: readonly number[]) => channels.map(() => 1)
  return {
    kind: 'network',
    event,
    condition,
    encoder: { kind: 'unet', io: features, channels: encoder, blocks: blocks(encoder), emb: 16 },
    coupling: {
      kind: 'unet',
      io: event[0] + features,
      channels: coupling,
      blocks: blocks(coupling),
      emb: 16,
      unshuffle: 2,
    },
    steps,
  }
}

const requestOf = async (prior: LearnedPrior, plan: AmortizePlan, seed: number): Promise<DistillRequest> => {
  // Simulations are observed as these are, which are not looked at themselves.
  const set = await observe(rows(loadPhotos('train'), 0, plan.batch), {
    operator: { name: 'identity' },
    noise: NOISE,
    seed: 1,
  })
  const condition = conditionLayout(set, true)
  const flow = flowOf(plan.flow, prior.event, conditionShape(condition, 'channels'))
  return {
    prior,
    priorDigest: createHash('sha256').update(readBytes(PRIOR)).digest('hex'),
    set,
    flow,
    condition,
    steps: plan.steps,
    objective: { samples: plan.samples },
    options: { batch: plan.batch, rate: warmUp(linearRate(1e-3, 1e-5, plan.steps), 20), adam: { clip: 1 } },
    seed,
  }
}

/** All contestants, the distilled sampler first. */
const contested = async (
  sampler: SavedSampler,
  prior: LearnedPrior,
  contest: Contest,
  plan: AmortizePlan,
  io: Io,
): Promise<Contestant[]> => [
  await byFlow('ours, one draw', sampler, contest, 1, io),
  await byFlow(`ours, ${plan.draws} draws`, sampler, contest, plan.draws, io),
  await byMethod(
    `DPS, ${plan.dps.steps} steps`,
    prior,
    contest,
    { method: dps({ zeta: ZETA }), ...plan.dps },
    io,
  ),
  await byMethod(
    'Noise2Score',
    prior,
    contest,
    { method: noise2score(), steps: 1, count: contest.truth.shape[0] },
    io,
  ),
]

/** Those of the options that matter here. */
type Options = Pick<OptionsOf<'demo-amortize'>, 'run' | 'quick' | 'resume' | 'device' | 'seed'>

export const run = async (_args: readonly string[], options: Options, io: Io): Promise<void> => {
  const plan = plans[options.quick ? 'quick' : 'full']
  const { seed = 0, device } = options
  const config = recordOf({ ...plan, noise: NOISE, seed })
  const folder = openRun(options.run, { config, resume: options.resume, replace: true })
  try {
    io.note(
      `${plan.samples.count} samples of the shipped prior with noise ${NOISE}: ${plan.steps} steps of distillation, ` +
        `then ${plan.test} unseen ones (${options.quick ? 'under a minute' : 'at most ten minutes on two cores'})`,
    )
    const prior = loadPrior(PRIOR)
    const started = performance.now()
    const request = await requestOf(prior, plan, seed)
    const sampler = await distill(folder, {
      ...request,
      options: { ...request.options, execute: { device } },
      onProgress: io.progress,
      signal: io.signal,
    })
    const distilled = (performance.now() - started) / 1000
    const truth = rows(loadPhotos('test'), 0, plan.test)
    const contest: Contest = {
      truth,
      set: await observe(truth, { operator: { name: 'identity' }, noise: NOISE, seed: TEST_SEED }),
      seed,
    }
    const contestants = await contested(sampler, prior, contest, plan, io)
    const table = contestTable(contestants)
    writeContestReport(folder, {
      plan,
      contest,
      contestants,
      table,
      distilled,
      seed,
      command: commandOf(options),
    })
    const total = folder.journal.seconds
    io.result(
      `${table.text}\n\ndistilled in ${distilled.toFixed(0)} s, ${total.toFixed(0)} s in all\nreport: ${folder.paths.report}`,
      {
        samples: plan.samples.count,
        steps: plan.steps,
        test: plan.test,
        figures: table.figures,
        distilledSeconds: distilled,
        totalSeconds: total,
        report: folder.paths.report,
      },
    )
  } finally {
    folder.close()
  }
}

const commandOf = ({ quick, seed }: Options): string =>
  [
    'npm run demo:amortize',
    ...(quick || seed !== undefined ? ['--'] : []),
    ...(quick ? ['--quick'] : []),
    ...(seed === undefined ? [] : [`--seed ${seed}`]),
  ].join(' ')
