/** Samples of the prior of each lap of a run: those that it kept, or drawn anew. */
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { stepFrom } from '../../diffusion/index.ts'
import { TweedieError } from '../../error.ts'
import { arrayWriter } from '../../formats/index.ts'
import { eachPriorDraw } from '../../posterior/index.ts'
import { GAUSSIAN_START, isRunFolder, keptCheckpoints, layoutOf, loadPrior } from '../../run/index.ts'
import type { Device } from '../../tensor/index.ts'
import type { Io } from '../io.ts'

/** Images of a lap in a file. */
export interface LapSamples {
  readonly lap: number
  readonly path: string
}

/** How samples are drawn. */
export interface LapDrawing {
  readonly draws: number
  readonly steps: number
  readonly step: string
  readonly seed: number
  readonly batch: number
  readonly device: Device
}

/** Of a checkpoint or a file of samples; 0 is the Gaussian start. */
const lapOf = (path: string): number =>
  basename(path) === `${GAUSSIAN_START}.safetensors` ? 0 : Number(/lap-(\d+)/.exec(basename(path))?.[1])

/** The samples that the run's monitor kept. */
const keptSamples = (run: string): LapSamples[] => {
  const { draws } = layoutOf(run)
  const names = existsSync(draws)
    ? readdirSync(draws).filter((name) => /^prior-lap-\d+\.npz$/.test(name))
    : []
  if (names.length === 0)
    throw new TweedieError('input', `${run}: kept no samples of its laps; draw them with --draws`)
  return names.sort().map((name) => ({ lap: lapOf(name), path: join(draws, name) }))
}

/** Draws a lap's prior into a file, unless it is there: how it was drawn is in its name. */
const drawnLap = async (
  run: string,
  prior: string,
  { draws, steps, step, seed, batch, device }: LapDrawing,
  io: Io,
): Promise<LapSamples> => {
  const lap = lapOf(prior)
  const folder = layoutOf(run).draws
  const how = `${draws}-${step.replace(/[^\w.=-]/g, '-')}-${steps}-seed-${seed}`
  const path = join(folder, `scored-lap-${String(lap).padStart(3, '0')}-${how}.npz`)
  if (existsSync(path)) return { lap, path }
  mkdirSync(folder, { recursive: true }) // copies of a run, such as Git's, lack its empty folders
  const learned = loadPrior(prior)
  const writer = arrayWriter(path, { x: { dtype: 'float32', shape: [draws, ...learned.event] } })
  const drawing = {
    ...{ steps, seed, batch, device },
    step: stepFrom(step),
    onProgress: (done: number, total: number) => io.progress({ phase: 'sampling', done, total, lap }),
    signal: io.signal,
  }
  try {
    await eachPriorDraw(learned, draws, drawing, ({ x }) => writer.append('x', x))
    writer.close()
  } finally {
    writer.discard()
  }
  return { lap, path }
}

/**
 * Samples of each lap of a run: those that it kept, or `draws` drawn from the prior of each lap, which stay
 * in the run folder and are not drawn twice.
 *
 * @throws TweedieError `input` for what is no run folder, or has no laps; `interrupted`
 */
export async function* lapSamples(
  run: string,
  drawing: Omit<LapDrawing, 'draws'> & { readonly draws: number | undefined },
  io: Io,
): AsyncGenerator<LapSamples> {
  if (!isRunFolder(run)) throw new TweedieError('input', `--laps: ${run} is not a run folder`)
  const { draws } = drawing
  if (draws === undefined) {
    yield* keptSamples(run)
    return
  }
  const priors = keptCheckpoints({ paths: layoutOf(run) })
    .filter((path) => Number.isFinite(lapOf(path)))
    .sort((a, b) => lapOf(a) - lapOf(b))
  if (priors.length === 0) throw new TweedieError('input', `${run}: has no prior of a lap yet`)
  for (const prior of priors) yield await drawnLap(run, prior, { ...drawing, draws }, io)
}
