/**
 * What training by replicas costs in quality: the last lap of a run that learned digits, trained again from
 * the same samples and weights, in as many steps in all.
 *
 *   npm run bench -- replicas runs/digits [--fresh] [--only one,diloco] [--images 60] [--draws 8] [--json]
 *
 * `--fresh` begins with a new network and takes the steps of the first lap. Test digits are restored by MMPS
 * in 20 steps: PSNR of mean / draw, coverage of 50 / 90 % intervals on hidden pixels. `before` is what the
 * lap begins with.
 */
import { parseArgs } from 'node:util'
import { runJobs } from '../src/cli/learning/run-jobs.ts'
import { formatTable } from '../src/cli/table.ts'
import { loadMnist } from '../src/datasets/index.ts'
import { restorationFigures } from '../src/diagnose/index.ts'
import { type DiemOptions, type DiemState, diem } from '../src/em/index.ts'
import { TweedieError } from '../src/error.ts'
import { network } from '../src/nn/index.ts'
import { keptEntries, observe } from '../src/observations/index.ts'
import { mmps, posteriorDraws } from '../src/posterior/index.ts'
import { type JobRequest, keptCheckpoints, type LearnedPrior, layoutOf, loadPrior } from '../src/run/index.ts'
import { learnedPrior } from '../src/run/prior.ts'
import { type NdArray, zeros } from '../src/tensor/index.ts'
import { initTrainState } from '../src/training/index.ts'
import { observed } from './steps/images.ts'

/** How the lap is trained. */
const arms: Readonly<Record<string, Partial<DiemOptions>>> = {
  one: {},
  again: { seed: 1 },
  diloco: { replicas: { count: 2 } },
  averaged: { replicas: { count: 2, rate: 1, momentum: 0 } },
  short: { replicas: { count: 2, steps: 25 } },
  slower: { replicas: { count: 2, momentum: 0.5 } },
}

const quiet = { note: () => {}, progress: () => {}, signal: new AbortController().signal }

/** The prior that the last lap of a run began with. */
const beforeLast = (run: string): LearnedPrior => {
  const kept = keptCheckpoints({ paths: layoutOf(run) }).filter((path) => /lap-\d+\.safetensors$/.test(path))
  const path = kept.at(-2)
  if (path === undefined) throw new TweedieError('input', `${run}: expected a run of two laps or more`)
  return loadPrior(path)
}

/** The lap's samples, and the Gaussian that is fitted to them. */
const drawn = async ({ net, options, setOf }: JobRequest, prior: LearnedPrior): Promise<DiemState> => {
  const { laps: lap, gaussian, params } = prior
  const stopping = new AbortController()
  let found: DiemState | undefined
  const onCheckpoint = (state: DiemState): void => {
    found = state
    if (state.position.stage === 'train') stopping.abort()
  }
  const point = {
    position: { lap, stage: 'sample', done: 0 } as const,
    gaussian,
    train: initTrainState(params),
  }
  const hooks = { onCheckpoint, signal: stopping.signal }
  await diem(network(net), setOf('lap'), { ...options, laps: lap + 1 }, hooks, point).catch((cause) => {
    if (!stopping.signal.aborted) throw cause
  })
  if (found?.position.stage !== 'train') throw new TweedieError('input', 'the lap was not drawn')
  return found
}

/** @returns the exit code */
export const run = async (args: readonly string[]): Promise<number> => {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      fresh: { type: 'boolean', default: false },
      only: { type: 'string', default: ['before', ...Object.keys(arms)].join(',') },
      images: { type: 'string', default: '60' },
      draws: { type: 'string', default: '8' },
      json: { type: 'boolean', default: false },
    },
  })
  const [path = 'runs/digits'] = positionals
  const { request } = await runJobs(path, { device: 'cpu' }, quiet)
  const [net, set, prior] = [network(request.net), request.setOf('lap'), beforeLast(path)]
  const { gaussian, samples, kept } = await drawn(request, prior)
  const lap = values.fresh ? 0 : prior.laps
  const start = {
    position: { lap, stage: 'train', done: 0 } as const,
    ...{ gaussian, samples, ...(kept ? { kept } : {}) },
    train: initTrainState(values.fresh ? net.init(request.options.seed) : prior.params),
  }
  const truth: NdArray<'float32'> = loadMnist({ split: 'test', count: Number(values.images) }).images
  const test = await observe(truth, { ...observed.masked, seed: 1000 })
  const readings = []
  for (const name of values.only.split(',')) {
    const from = performance.now()
    const options = { ...request.options, laps: lap + 1, ...arms[name] }
    const { train } = name === 'before' ? start : await diem(net, set, options, {}, start)
    const seconds = (performance.now() - from) / 1000
    const learned = learnedPrior({ ...prior, params: train.average, gaussian })
    const x = await posteriorDraws(learned, test, {
      method: mmps({ iterations: 1 }),
      ...{ steps: 20, draws: Number(values.draws), batch: truth.shape[0], seed: 0 },
    })
    const { psnrMean, psnrDraw, coverage } = restorationFigures(x, truth, {
      observed: keptEntries(test) ?? zeros(truth.shape),
    })
    readings.push({ name, psnrMean, psnrDraw, coverage: coverage.map((c) => c.observed), seconds })
  }
  if (values.json) console.log(JSON.stringify({ fresh: values.fresh, readings }))
  else {
    const body = readings.map(({ name, psnrMean, psnrDraw, coverage, seconds }) => [
      name,
      `${psnrMean.toFixed(2)} / ${psnrDraw.toFixed(2)}`,
      coverage.map((share) => (100 * share).toFixed(1)).join(' / '),
      seconds.toFixed(0),
    ])
    console.log(formatTable(['lap', 'PSNR mean / draw', '50 / 90 %', 'seconds'], body))
  }
  return 0
}
