/** What docs/howto/python.md says in Python runs, with azula and deepinv or stand-ins of their interfaces. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { defaultFlow } from '../../src/amortize/index.ts'
import { standardGaussian } from '../../src/diffusion/index.ts'
import { flowOf } from '../../src/flows/index.ts'
import { network } from '../../src/nn/index.ts'
import { openRun, saveSampler, writePrior } from '../../src/run/index.ts'
import { said, torch } from './python.ts'

const root = join(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/howto/python.md'), 'utf8')
const code = [...page.matchAll(/^```python\n([\s\S]*?)^```/gm)].map(([, block]) => block)

const folder = mkdtempSync(join(tmpdir(), 'tweedie-python-'))
afterAll(() => rmSync(folder, { recursive: true }))

const event = [1, 6, 8]
const net = { kind: 'unet', io: 1, channels: [4, 4], blocks: [1, 1], emb: 8 } as const

beforeAll(async () => {
  const levels = { sigmaMin: 0.02, sigmaMax: 20, event, range: [0, 1] as const, laps: 1 }
  const params = network(net).init(0)
  await writePrior(join(folder, 'prior.safetensors'), {
    net,
    params,
    gaussian: standardGaussian(48),
    ...levels,
  })
  const condition = { y: event, beside: { mask: event }, crossing: 'operator' } as const
  const flow = defaultFlow({ net, event }, condition)
  const run = openRun(join(folder, 'run'), { config: {} })
  const path = await saveSampler(run, {
    ...{ flow, params: flowOf(flow).init(0), event, range: [0, 1], condition },
    operator: { name: 'mask', settings: {} },
    origin: { noise: 0.1, measurements: 1, steps: 1, batch: 1, prior: 'digest' },
  })
  renameSync(path, join(folder, 'sampler.safetensors'))
  run.close()
})

/** Runs code behind that of the page. @returns what it prints */
const python = (more: string): string => {
  const [ours, standins] = [join(root, 'python'), join(import.meta.dirname, 'standins')].map((path) =>
    JSON.stringify(path),
  )
  const behind = `import sys\nsys.path.insert(0, ${ours})\nsys.path.append(${standins})\n`
  const env = { ...process.env, OMP_NUM_THREADS: '1' }
  const { stdout, stderr, status } = spawnSync(torch ?? '', ['-c', behind + code.join('') + more], {
    ...{ cwd: folder, encoding: 'utf8', env },
  })
  expect([status, status === 0 ? '' : stderr]).toEqual([0, ''])
  return stdout
}

const CHECKS = `
import json
class Scaled:
    def __call__(self, t):
        return 0.6 * torch.ones_like(t), 0.3 * t
t = torch.tensor([0.5, 2.0])
posterior = as_azula(prior, Scaled())(0.6 * xt, t)
direct = prior.denoise(xt, 0.5 * t)
cleaned = denoiser(prior.to_data(xt), torch.tensor([0.05, 0.2]))
print(json.dumps({
    'shapes': [list(v.shape) for v in (xhat, gradient, score, restored, draws, clean, x, logq)],
    'finite': all(bool(torch.isfinite(v).all()) for v in (gradient, score, draws, clean, x, logq)),
    'azula': float((posterior.mean - direct).abs().max()),
    'deepinv': float((prior.to_prior(cleaned) - prior.denoise(xt, torch.tensor([0.2, 0.8]))).abs().max()),
    'score': float((xt + 0.25 * score - xhat).abs().max()),
}))
`

describe.skipIf(!torch)(`docs/howto/python.md${said}`, () => {
  it('runs as it stands; wrappers are the prior under another schedule, and in the units of the data', () => {
    expect(code).toHaveLength(4)
    const { shapes, finite, ...gaps } = JSON.parse(python(CHECKS).split('\n').at(-2) ?? '')
    const [two, four] = [2, 4].map((n) => [n, ...event])
    expect(shapes).toEqual([two, two, two, two, four, two, [3, 16, ...event], [3, 16]])
    expect(finite).toBe(true)
    for (const gap of Object.values(gaps)) expect(gap).toBeLessThan(1e-5)
  })
})
