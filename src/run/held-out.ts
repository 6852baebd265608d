/**
 * How well a prior predicts what learning never saw: the measurements that were set aside (`setAside`), from
 * draws given the rest, noise and all.
 */
import { coverage, crps } from '../diagnose/index.ts'
import {
  type ResidualProgram,
  residualProgram,
  residualsOfDraws,
  type SetAside,
} from '../observations/index.ts'
import { normal, stream } from '../random/index.ts'
import { average, NdArray } from '../tensor/index.ts'

/** Figures over the held-out measurements, in the units of y. The noise of y is in all of them. */
export interface HeldFigures {
  /** Root of the mean square error of the mean of the draws. */
  readonly rmse: number
  /** Continuous ranked probability score. */
  readonly crps: number
  /** Share of the measurements in the central 90 % interval of the draws. */
  readonly coverage90: number
}

/** Draws that resolve a 90 % interval. */
export const HELD_DRAWS = 19

/** Compiled judgement of draws [K, n, ...event] of the chosen observations. */
export interface HeldJudge {
  figures(draws: NdArray<'float32'>): Promise<HeldFigures>
  release(): Promise<void>
}

/** What the draws say y is, [K, n, ...out]: A x, from residuals (y − A x)/σ, with noise of its own. */
const predicted = async (
  program: ResidualProgram,
  { held }: SetAside,
  draws: NdArray<'float32'>,
): Promise<{ clean: NdArray<'float32'>; noisy: NdArray<'float32'> }> => {
  const { y, noise, std } = held
  const r = await residualsOfDraws(program, draws)
  const sigma = (i: number) => (std ? std.data[i % std.size] : noise)
  const value = (v: number, i: number) => y.data[i % y.size] - v * sigma(i % y.size)
  const z = normal(stream(0, 'held noise'), r.shape).data
  return {
    clean: new NdArray('float32', r.shape, r.data.map(value)),
    noisy: new NdArray(
      'float32',
      r.shape,
      r.data.map((v, i) => value(v, i) + sigma(i % y.size) * z[i]),
    ),
  }
}

const rmseOf = (clean: NdArray<'float32'>, y: NdArray<'float32'>, entries: NdArray<'float32'>): number => {
  const [k] = clean.shape
  let [sum, count] = [0, 0]
  for (let i = 0; i < y.size; i++) {
    if (entries.data[i] === 0) continue
    let mean = 0
    for (let d = 0; d < k; d++) mean += clean.data[d * y.size + i] / k
    sum += (mean - y.data[i]) ** 2
    count++
  }
  return Math.sqrt(sum / count)
}

/**
 * Prepares the judgement of draws by what was set aside.
 *
 * @throws TweedieError `input` when the operator is unknown or does not make such observations
 */
export const heldJudge = (aside: SetAside): HeldJudge => {
  const { held } = aside
  const program = residualProgram(held)
  let observed: ReturnType<typeof program.observed> | undefined
  return {
    figures: async (draws) => {
      observed ??= program.observed() // the same for every lap
      const entries =
        (await observed) ?? new NdArray('float32', held.y.shape, new Float32Array(held.y.size).fill(1))
      const { clean, noisy } = await predicted(program, aside, draws)
      const [ninety] = coverage(noisy, held.y, { levels: [0.9], mask: entries })
      const scores = Array.from(crps(noisy, held.y, { entries })).filter((score) => !Number.isNaN(score))
      return {
        rmse: rmseOf(clean, held.y, entries),
        crps: average(scores),
        coverage90: ninety.observed,
      }
    },
    release: () => program.release(),
  }
}
