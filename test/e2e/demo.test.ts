/** The quick demo from end to end: what it prints, what it writes, and that the figures make sense. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decode } from 'fast-png'
import { afterAll, describe, expect, it } from 'vitest'
import { psnr } from '../../src/diagnose/index.ts'
import { readArrays } from '../../src/formats/index.ts'
import { readJournal } from '../../src/run/index.ts'
import { NdArray, toNumbers } from '../../src/tensor/index.ts'
import { tweedie } from './built.ts'

const folder = mkdtempSync(join(tmpdir(), 'tweedie-demo-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const float32 = ({ shape, data }: NdArray, from = 0, count = shape[0]): NdArray<'float32'> => {
  if (!(data instanceof Float32Array)) throw new Error('expected float32')
  const size = data.length / shape[0]
  return new NdArray('float32', [count, ...shape.slice(1)], data.subarray(from * size, (from + count) * size))
}

const average = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0) / values.length

describe('tweedie demo --quick --json', () => {
  it('learns, restores, and tells its figures', () => {
    const run = join(folder, 'demo')
    const { status, stdout, stderr } = tweedie(['demo', '--quick', '--json', '-o', run])
    expect([status, stderr.match(/^tweedie:.*/m)]).toEqual([0, null])
    const phases = new Set(
      stderr
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line).phase),
    )
    for (const phase of ['gaussian start', 'sampling', 'training', 'restoring'])
      expect([...phases]).toContain(phase)

    expect(stdout).toMatch(/^\{.*\}\n$/)
    const result = JSON.parse(stdout)
    expect(result).toMatchObject({
      observations: 500,
      laps: 2,
      test: 32,
      draws: 20,
      report: join(run, 'report.html'),
    })
    expect(result.peakRssMB).toBeLessThan(3000)
    const { draws, y, mask, truth } = readArrays(join(run, 'draws', 'test.npz'))
    expect(draws.shape).toEqual([20, 32, 1, 28, 28])
    expect(average(toNumbers(mask))).toBeCloseTo(0.25, 1)
    const unrestored = psnr(float32(y), float32(truth))
    for (const prior of ['gaussian', 'learned']) {
      const { psnrMean, psnrDraw, coverage50, coverage90 } = result.figures[prior]
      expect(psnrMean).toBeGreaterThan(average(unrestored) + 3)
      // The mean has less error than a draw: half, if all is well.
      expect(psnrMean).toBeGreaterThan(psnrDraw + 1)
      expect(coverage90).toBeGreaterThan(0.6)
      expect(coverage90).toBeGreaterThan(coverage50)
    }

    const laps = readJournal(join(run, 'journal.jsonl')).filter(({ event }) => event === 'lap')
    expect(laps.map(({ lap }) => lap)).toEqual([0, 1, 2])
    const html = readFileSync(join(run, 'report.html'), 'utf8')
    expect(html).toMatch(/^<!doctype html>/i)
    expect(html).not.toMatch(/(src|href)="(https?:|\/|\.)/)
    const figures = readdirSync(join(run, 'figures')).filter((name) => name.endsWith('.png'))
    expect(figures.length).toBeGreaterThan(0)
    for (const name of figures) {
      const { width, height } = decode(readFileSync(join(run, 'figures', name)))
      expect(Math.min(height, width)).toBeGreaterThan(28)
    }
  }, 300_000)
})
