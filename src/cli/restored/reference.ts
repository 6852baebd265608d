/** `tweedie diagnose --reference`: draws of a slower sampler to compare with. */
import { TweedieError } from '../../error.ts'
import { readRows } from '../../observations/index.ts'
import { methodNamed, methodSpec, posteriorDraws } from '../../posterior/index.ts'
import { loadPrior } from '../../run/index.ts'
import type { NdArray } from '../../tensor/index.ts'
import type { OptionsOf } from '../commands.ts'
import type { Io } from '../io.ts'
import { type ProblemSource, soundObservations } from './problem-source.ts'

/** Its noise is not that of draws by `sample`, whose seeds are small. */
const SEED = 1_000_003

/** Observations that are compared unless told otherwise. */
const PROBLEMS = 16

/** Draws of a reference, and its name. */
export interface Reference {
  readonly name: string
  /** [K, n, ...event], of the first n observations. */
  readonly draws: NdArray<'float32'>
}

/** After the first batch, how long the rest takes. */
const withTimeTold = (io: Io) => {
  const started = performance.now()
  let told = false
  return (done: number, total: number): void => {
    io.progress({ phase: 'drawing the reference', done, total })
    if (told) return
    told = true
    const left = ((performance.now() - started) / 1000) * (total / done - 1)
    const time = left < 90 ? `${left.toFixed(0)} s` : `${(left / 60).toFixed(0)} min`
    if (left > 5) io.note(`the reference takes about ${time} more`)
  }
}

/**
 * Draws of the method that --reference names, as many of each observation as are judged.
 *
 * @throws TweedieError `input` when a part is missing, and as `posteriorDraws`
 */
export const referenceDraws = async (
  { set, leftOut, shape: [draws, sound] }: Pick<ProblemSource, 'set' | 'leftOut' | 'shape'>,
  { prior: place, reference, referenceCount: count, referenceSteps: steps, seed = 0 }: OptionsOf<'diagnose'>,
  io: Io,
): Promise<Reference | undefined> => {
  if (reference === undefined) {
    const odd = Object.entries({ prior: place, 'reference-count': count, 'reference-steps': steps }).find(
      ([, value]) => value !== undefined,
    )
    if (odd) throw new TweedieError('input', `--${odd[0]}: say with --reference which method draws`)
    return undefined
  }
  if (place === undefined || set === undefined)
    throw new TweedieError('input', '--reference: needs --prior and --observations')
  if (draws < 2)
    throw new TweedieError('input', '--reference: needs several draws of each observation, got 1')
  const { method, settings } = methodSpec(reference)
  const problems = Math.min(count ?? PROBLEMS, sound)
  io.note(`${draws} draws of ${problems} observations by ${reference}`)
  const drawn = await posteriorDraws(
    loadPrior(place),
    readRows(soundObservations(set, leftOut), 0, problems),
    {
      method: methodNamed(method).make(settings),
      steps,
      draws,
      seed: SEED + seed,
      onProgress: withTimeTold(io),
      signal: io.signal,
    },
  )
  return { name: reference, draws: drawn }
}
