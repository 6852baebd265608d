/** Observations in their file are learned from and drawn for as those in memory are, bit for bit. */
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { exponentialSchedule, preconditioned } from '../../src/diffusion/index.ts'
import { type DiemOptions, diem } from '../../src/em/index.ts'
import { constantRate, mlp } from '../../src/nn/index.ts'
import {
  countOf,
  neverSeen,
  type ObservationSource,
  observe,
  openObservations,
  seenShare,
  setAside,
  sourceOf,
  writeObservations,
} from '../../src/observations/index.ts'
import { posteriorDraws } from '../../src/posterior/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { average, flatten, frozen } from '../../src/tensor/index.ts'
import { scratch } from '../run/scratch.ts'

const COUNT = 37
const BATCH = 8
const set = await observe(normal(stream(0, 'latents'), [COUNT, 4]), {
  operator: { name: 'mask', settings: { keep: 0.6 } },
  noise: 0.1,
  range: [-2, 2],
  seed: 1,
})
const net = mlp({ features: 4, hidden: [8], emb: 4 })
const schedule = exponentialSchedule({ sigmaMin: 0.01, sigmaMax: 10 })
const options: DiemOptions = {
  laps: 2,
  gaussian: { rank: 2, iterations: 2 },
  sampling: () => ({ schedule, steps: 3 }),
  batch: BATCH,
  training: () => ({ batch: BATCH, rate: constantRate(1e-2), ema: 0.9, schedule }),
  steps: () => 3,
  seed: 3,
}

const inFile = (): { readonly source: ObservationSource; readonly asked: number[] } => {
  const path = join(scratch(), 'set.safetensors')
  writeObservations(path, set)
  const opened = openObservations(path)
  const asked: number[] = []
  const rows = (from: number, to: number) => {
    asked.push(to - from)
    return opened.rows(from, to)
  }
  return { source: { ...opened, rows }, asked }
}

it('DiEM, which asks for all of them once, for its start', async () => {
  const { source, asked } = inFile()
  const [own, read] = [await diem(net, set, options), await diem(net, source, options)]
  expect(read.position).toEqual(own.position)
  expect(flatten({ train: read.train, mean: read.gaussian.mean })).toEqual(
    flatten({ train: own.train, mean: own.gaussian.mean }),
  )
  expect(asked.filter((count) => count > BATCH)).toEqual([COUNT])
})

it('draws, which ask for a batch at a time', async () => {
  const { source, asked } = inFile()
  const prior = { denoiser: preconditioned(net, frozen(net.init(0))), event: [4], schedule, range: set.range }
  const known = { ...prior, mean: normal(stream(0, 'mean'), [4]) }
  const drawing = { steps: 3, draws: 2, batch: BATCH, seed: 5 }
  expect(await posteriorDraws(known, source, drawing)).toEqual(await posteriorDraws(known, set, drawing))
  expect(Math.max(...asked)).toBe(BATCH)
})

it('what is set aside, and what no observation shows', async () => {
  const { source } = inFile()
  const aside = { observations: 4, share: 0.5, seed: 1 }
  const [own, read] = [await setAside(set, aside), await setAside(source, aside)]
  if (!own || !read) throw new Error('there are enough')
  expect([read.given, read.held]).toEqual([own.given, own.held])
  const count = countOf(own.rest)
  expect(sourceOf(read.rest).rows(0, count)).toEqual(sourceOf(own.rest).rows(0, count))
  expect(neverSeen(source)).toEqual(neverSeen(set))
  expect(seenShare(source)).toBe(average(set.operator.parameters.mask.data))
})
