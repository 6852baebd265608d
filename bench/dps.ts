/**
 * DPS over its number of evaluations and over the length ζ of its gradient step, with the spread of its draws
 * (Mammadov, Chung & Ye 2024, Figure 3), on photographs with noise 0.1, beside MMPS.
 *
 *   npm run bench -- dps [--images 16] [--draws 4] [--steps 10,30,100,300,1000] [--out runs/dps]
 *     [--figure FILE.svg] [--json]
 *
 * Cells are kept in the folder, so what was measured is not measured again. Spread: the standard deviation of
 * draws over the error of their mean, 1 where draws are as far apart as they are wrong.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { formatTable } from '../src/cli/table.ts'
import {
  compare,
  type Entry,
  gridOf,
  labelOf,
  loadBenchInputs,
  openCache,
  tasksNamed,
} from '../src/compare/index.ts'
import { TweedieError } from '../src/error.ts'
import { writeAtomic } from '../src/formats/index.ts'
import { methodSpec } from '../src/posterior/index.ts'
import { interruptible } from '../src/run/index.ts'
import { type DpsReading, dpsFigure } from './dps/figure.ts'

/** Lengths of the gradient step: around the published one. */
const ZETAS = [0.03, 0.1, 0.3, 1, 3]

const countOf = (text: string, option: string): number => {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1) return value
  throw new TweedieError('input', `--${option}: expected a positive integer, got '${text}'`)
}

/**
 * The variance of draws is K/(K − 1) times what one draw is worse than the mean of K, whose error is
 * (1 + 1/K) times that variance for draws of the posterior itself.
 */
const readingOf = ({ cell, figures }: Entry): DpsReading => {
  const { draws } = cell
  const { mse, mseMean, psnr, psnrMean, residual, sound } = figures
  const variance = ((mse - mseMean) * draws) / (draws - 1)
  return {
    name: labelOf(cell),
    steps: cell.kind === 'guided' ? cell.steps : 0,
    ...(cell.kind === 'guided' && cell.method === 'dps' ? { zeta: Number(cell.settings.zeta ?? 1) } : {}),
    psnr,
    psnrMean,
    spread: Math.sqrt(((1 + 1 / draws) * variance) / mseMean),
    residual,
    sound,
  }
}

const tableOf = (readings: readonly DpsReading[]): string =>
  formatTable(
    ['sampler', 'steps', 'PSNR draw', 'PSNR mean', 'spread', 'residual', 'sound'],
    readings.map(({ name, steps, psnr, psnrMean, spread, residual, sound }) => [
      name,
      steps,
      `${psnr.toFixed(2)} dB`,
      `${psnrMean.toFixed(2)} dB`,
      spread.toFixed(2),
      residual.toPrecision(3),
      `${(100 * sound).toFixed(0)} %`,
    ]),
  )

/** @returns the exit code: 2 for bad input, 130 when interrupted */
export const run = async (args: readonly string[]): Promise<number> => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      images: { type: 'string', default: '16' },
      draws: { type: 'string', default: '4' },
      steps: { type: 'string', default: '10,30,100,300,1000' },
      out: { type: 'string', default: 'runs/dps' },
      figure: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  })
  const { signal, dispose } = interruptible()
  try {
    const images = countOf(values.images, 'images')
    const draws = countOf(values.draws, 'draws')
    if (draws < 2) throw new TweedieError('input', `--draws: a spread needs two or more, got ${draws}`)
    const inputs = await loadBenchInputs({ prior: 'photos', data: 'photos', images }, 'test')
    const cells = gridOf(
      {
        methodSpecs: [...ZETAS.map((zeta) => `dps:zeta=${zeta}`), 'mmps'].map(methodSpec),
        steps: values.steps.split(',').map((text) => countOf(text, 'steps')),
        tasks: tasksNamed(inputs, 'denoise'),
        draws: () => draws,
      },
      { images, seed: 0 },
    )
    mkdirSync(values.out, { recursive: true })
    const entries = await compare(cells, {
      ...inputs,
      samplerEntries: [],
      cache: openCache(join(values.out, 'cells')),
      onCell: (cell, index, total) => console.error(`${index + 1} of ${total}: ${labelOf(cell)}`),
      signal,
    })
    await inputs.features?.release()
    const readings = entries.map(readingOf)
    if (values.figure !== undefined) writeAtomic(values.figure, Buffer.from(dpsFigure(readings)))
    console.log(values.json ? JSON.stringify({ images, draws, readings }, null, 2) : tableOf(readings))
    return 0
  } catch (error) {
    if (!(error instanceof TweedieError)) throw error
    console.error(`bench: ${error.message}`)
    return error.code === 'interrupted' ? 130 : 2
  } finally {
    dispose()
  }
}
