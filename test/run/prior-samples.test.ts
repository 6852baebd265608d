import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { standardGaussian } from '../../src/diffusion/index.ts'
import { network } from '../../src/nn/index.ts'
import { priorLatents } from '../../src/posterior/index.ts'
import { learnedPrior, openRun } from '../../src/run/index.ts'
import { priorSamples } from '../../src/run/prior-samples.ts'
import { expectClose } from '../numbers.ts'
import { scratch } from './scratch.ts'

const net = { kind: 'mlp', features: 3, hidden: [8], emb: 4 } as const
const prior = learnedPrior({
  net,
  params: network(net).init(0),
  gaussian: standardGaussian(3),
  sigmaMin: 0.02,
  sigmaMax: 10,
  event: [3],
  range: [-2, 2],
  laps: 1,
})
const options = { batch: 8, rate: () => 1e-3 }
const samples = { count: 150, steps: 3 }

it('samples of a prior lie in the folder shard by shard, and go on after an interruption', async () => {
  const run = openRun(join(scratch(), 'run'), { config: {} })
  onTestFinished(() => run.close())
  const folder = join(run.paths.draws, 'prior')
  const stop = new AbortController()
  const interrupted = priorSamples(
    run,
    { prior, options, seed: 4, signal: stop.signal, onProgress: ({ done }) => done >= 128 && stop.abort() },
    samples,
  )
  await expect(interrupted).rejects.toMatchObject({ code: 'interrupted' })
  expect(readdirSync(folder)).toEqual(['0000.safetensors', '0001.safetensors'])
  const first = readFileSync(join(folder, '0001.safetensors'))

  const told: number[] = []
  const request = { prior, options, seed: 4, onProgress: ({ done }: { done: number }) => told.push(done) }
  const found = await priorSamples(run, request, samples)
  expect(told).toEqual([150])
  expect(readFileSync(join(folder, '0001.safetensors'))).toEqual(first)
  const all = await priorLatents(prior, 150, { steps: 3, batch: 64, seed: 4 })
  expectClose(found.rowsAt(Array.from({ length: 150 }, (_, i) => i)).data, all.data, 1e-6)
  found.release()
})
