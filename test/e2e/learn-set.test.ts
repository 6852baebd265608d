/** `tweedie learn SET`: no configuration, a budget of time, and a prior that is the best of its laps. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { loadMnist } from '../../src/datasets/index.ts'
import { maskedBy, observe, writeObservations } from '../../src/observations/index.ts'
import { loadPrior, readJournal } from '../../src/run/index.ts'
import { rows } from '../../src/tensor/index.ts'
import { scratch } from '../run/scratch.ts'
import { tweedie } from './built.ts'

const digits = async (path: string) => {
  const clean = rows(loadMnist({ split: 'test' }).images, 0, 40)
  const operator = { name: 'mask', settings: { keep: 0.5 } }
  const made = await observe(clean, { operator, noise: 0.05, seed: 1 })
  writeObservations(path, { ...made, operator: maskedBy(made.operator.parameters.mask, [1, 28, 28]) })
}

const small = ['net.channels=[8,8]', 'gaussian.iterations=2', 'gaussian.rank=4', 'em.sampling.steps=4']

describe('learning from a set alone', () => {
  it('chooses a recipe, writes its configuration and goes on from it', async () => {
    const cwd = scratch()
    await digits(join(cwd, 'mine.npz'))
    // Few laps: it is done well before the time is up.
    const laps = ['em.laps=3', 'em.early.laps=1']
    const args = ['learn', 'mine.npz', '-o', 'run', '--minutes', '1', ...small, ...laps]
    const first = tweedie(args, { cwd })
    expect([first.status, first.stderr.match(/^tweedie:.*/m)?.[0]]).toEqual([0, undefined])
    expect(first.stderr).toMatch(
      /own-images\.yaml: 40 of 40 observations; network unet, channels 8, 8; \d+ laps.*, then one on all/,
    )
    expect(first.stderr).toMatch(/Gaussian start, held-out measurements: RMSE [\d.]+, CRPS [\d.]+, 90 %/)
    const config = parse(readFileSync(join(cwd, 'run/config.yaml'), 'utf8'))
    expect(config).toMatchObject({ skip: 'gaussian', data: { observations: 'mine.npz' } })
    expect(config.net.channels).toEqual([8, 8])

    const readings = readJournal(join(cwd, 'run/journal.jsonl')).filter(({ event }) => event === 'held')
    expect(readings.map(({ lap }) => lap)).toEqual(readings.map((_, i) => i))
    const lines = readJournal(join(cwd, 'run/journal.jsonl'))
    const lap = lines.find(({ event }) => event === 'choice')?.lap
    expect(loadPrior(join(cwd, 'run')).laps).toBe(lap)
    expect(first.stderr).toContain(
      lap === 0 ? 'the Gaussian start again, of all 40' : `last lap on all 40 observations, from lap ${lap}`,
    )
    expect(lines.at(-1)).toMatchObject({ event: 'refit', lap, observations: 40 })
    expect(first.stdout).toMatch(/^prior .* all 40 observations$/m)

    const again = tweedie([...args, '--resume'], { cwd })
    expect(again.status).toBe(0)
    expect(parse(readFileSync(join(cwd, 'run/config.yaml'), 'utf8'))).toEqual(config)
  }, 120_000)

  it('stops in time with what there is, and goes on from there', async () => {
    const cwd = scratch()
    await digits(join(cwd, 'mine.npz'))
    const args = ['learn', 'mine.npz', '-o', 'run', '--minutes', '0.2', ...small, 'train.lastSteps=100000']
    const first = tweedie(args, { cwd })
    expect(first.status).toBe(0)
    expect(first.stdout).toMatch(/stopped/)
    const stops = () => readJournal(join(cwd, 'run/journal.jsonl')).filter(({ event }) => event === 'time')
    const [stop] = stops()
    expect(Number(stop.lap)).toBeGreaterThan(0)
    const drawn = tweedie(['sample', 'run', 'mine.npz', '--count', '2', '-n', '2', '--steps', '4'], { cwd })
    expect(drawn.status).toBe(0)

    expect(tweedie([...args, '--resume'], { cwd }).status).toBe(0)
    expect(Number(stops().at(-1)?.lap)).toBeGreaterThanOrEqual(Number(stop.lap))
  }, 120_000)
})
