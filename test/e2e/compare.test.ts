/** Methods compared and tuned through the command line, with a prior that has seen a few steps. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tweedie } from './built.ts'

const folder = mkdtempSync(join(tmpdir(), 'tweedie-compare-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const json = (...args: string[]) => {
  const { status, stdout, stderr } = tweedie([...args, '--json'], { cwd: folder })
  expect([status, stderr.split('\n').filter((line) => line.startsWith('tweedie:'))]).toEqual([0, []])
  return JSON.parse(stdout)
}

const config = `
data: { clean: photos, count: 16 }
net: { kind: unet, channels: [4, 4], blocks: [1, 1], emb: 8, unshuffle: 4 }
schedule: { sigmaMin: 0.05, sigmaMax: 10 }
train: { steps: 4, batch: 8 }
monitor: { samples: 1, steps: 2 }
`

const small = ['--prior', 'prior', '--images', '2', '--draws', '3', '--cache', 'cache']

describe('a comparison', () => {
  beforeAll(() => {
    writeFileSync(join(folder, 'config.yaml'), config)
    json('train', 'config.yaml', '-o', 'prior')
  }, 60_000)

  it('measures methods on tasks, and measures nothing twice', () => {
    const args = ['compare', ...small, '--tasks', 'box,motion,superresolution', '--steps', '2,3:1']
    const { cells, page } = json(...args, '--methods', 'mmps:iterations=1,dps', '--markdown', 'table.md')
    expect(cells).toHaveLength(12)
    for (const cell of cells) {
      for (const figure of ['psnr', 'ssim', 'perceptual', 'residual', 'seconds', 'peakMemory'] as const)
        expect(Number.isFinite(cell[figure])).toBe(true)
      expect(cell.evaluations).toBe(cell.steps + 1)
      // MMPS ends with one more guided denoise, DPS with the network alone.
      expect(cell.vjps).toBe(cell.method === 'mmps' ? cell.steps + 1 : cell.steps)
      expect('coverage' in cell).toBe(cell.draws === 3)
    }
    const markup = readFileSync(join(folder, page), 'utf8')
    expect(markup).toContain('MMPS(1)')
    expect(markup).not.toMatch(/https?:\/\//)
    expect(readFileSync(join(folder, 'table.md'), 'utf8').match(/^### .*/gm)).toHaveLength(3)
    const again = json(...args, '--methods', 'mmps:iterations=1,dps,diffpir')
    expect(again.cells.filter(({ method }: { method: string }) => method !== 'diffpir')).toEqual(cells)
  }, 120_000)

  it('takes the settings that tuning finds on other images', () => {
    const found = json(
      ...['tune', 'dps', '--task', 'deletion', '--prior', 'prior', '--images', '2', '--steps', '2'],
      ...['--budget', '3', '-o', 'tuned.json'],
    )
    expect(found.trials).toHaveLength(3)
    const scores = found.trials.map(({ psnr }: { psnr: number }) => psnr)
    expect(found.trials.find(({ psnr }: { psnr: number }) => psnr === Math.max(...scores)).value).toBe(
      found.best,
    )
    const tuned = ['--tasks', 'deletion', '--methods', 'dps', '--steps', '2', '--tuned', 'tuned.json']
    expect(json('compare', ...small, ...tuned).cells[0].settings).toEqual({ zeta: found.best })
  }, 60_000)

  it('draws by any method for its own sake', () => {
    json('observe', 'photos', '--split', 'test', '--count', '2', '-o', 'set.npz')
    const facts = json(
      'sample',
      'prior',
      'set.npz',
      '-n',
      '2',
      '--steps',
      '2',
      '--method',
      'ddnm',
      '-o',
      'x.npz',
    )
    expect(facts.shape).toEqual([2, 2, 3, 32, 32])
  }, 60_000)

  it.each<[string, string[], RegExp]>([
    ['an unknown task', ['compare', ...small, '--tasks', 'boks'], /unknown task 'boks'; did you mean 'box'/],
    ['an unknown method', ['compare', ...small, '--methods', 'dpz'], /unknown method 'dpz'.*dps/],
    ['an unknown setting', ['compare', ...small, '--methods', 'dps:eta=1'], /setting 'eta'/],
    ['steps that are none', ['compare', ...small, '--steps', '10,x'], /--steps/],
    [
      'a method that does not take the operator',
      ['compare', ...small, '--methods', 'noise2score'],
      /identity/,
    ],
    ['a method without settings', ['tune', 'ddnm', '--task', 'box', '--prior', 'prior'], /no setting/],
    ['a tuned file that is none', ['compare', ...small, '--tuned', 'config.yaml'], /not JSON/],
  ])('refuses %s in one line', (_, args, message) => {
    const { status, stderr } = tweedie(args, { cwd: folder })
    expect(status).toBe(2)
    expect(stderr.trim().split('\n').at(-1)).toMatch(message)
  })
})
