/** `tweedie score` of prior samples of a small run, by the built command. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { tweedie } from './built.ts'

const folder = mkdtempSync(join(tmpdir(), 'tweedie-score-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const config = `
data: { clean: mnist, count: 40, observe: { operator: { kind: mask, keep: 0.5 }, noise: 0.05, seed: 1 } }
net: { kind: unet, channels: [4, 4], blocks: [1, 1], emb: 8, unshuffle: 2 }
gaussian: { rank: 4, iterations: 1 }
em: { laps: 1, batch: 40, sampling: { steps: 2 } }
train: { steps: 2, batch: 8 }
monitor: { samples: 0, held: { observations: 0 } }
`

const done = (line: string) => {
  const { status, stdout, stderr } = tweedie([...line.split(' '), '--json'], { cwd: folder })
  expect([status, stderr.split('\n').filter((text) => text.startsWith('tweedie:'))]).toEqual([0, []])
  return JSON.parse(stdout)
}

it('judges samples of a prior that was learned from masked digits', () => {
  writeFileSync(join(folder, 'config.yaml'), config)
  done('learn config.yaml -o run')
  done('sample run -n 70 --step ddim --steps 4 -o prior.npz')
  const scored = done('score prior.npz --against mnist --count 200 --kid-subsets 5')
  expect(scored).toMatchObject({
    images: 70,
    reference: 200,
    network: { name: 'features', features: 64, inception: false },
    fid: { label: 'Fréchet feature distance (features, n = 70 and 200)' },
    is: { label: 'class score (features, n = 70)' },
    kid: { label: 'kernel feature distance (features, 5 subsets of 35)' },
  })
  for (const name of ['precision', 'recall']) {
    expect(scored[name].value).toBeGreaterThanOrEqual(0)
    expect(scored[name].value).toBeLessThanOrEqual(1)
  }
  const wrong = tweedie(['score', 'prior.npz', '--against', 'photos', '-q'], { cwd: folder })
  expect([wrong.status, wrong.stdout, wrong.stderr]).toEqual([
    2,
    '',
    'tweedie: photos: images of 3 channels, those to be judged have 1\n',
  ])
}, 120_000)
