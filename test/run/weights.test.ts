/** Sizes in the header of a prior or a sampler that its arrays are not for. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { drawingOf, type SamplerConfig } from '../../src/amortize/index.ts'
import { encodeSafetensors } from '../../src/formats/index.ts'
import { network } from '../../src/nn/index.ts'
import { loadPrior, loadSampler } from '../../src/run/index.ts'
import { flatten, zeros } from '../../src/tensor/index.ts'
import { scratch } from './scratch.ts'

/** A checkpoint file with a state of any content. */
const checkpoint = (arrays: object, state: object): string => {
  const path = join(scratch(), 'a.safetensors')
  const metadata = { format: 'tweedie-checkpoint', version: '1', state: JSON.stringify(state) }
  writeFileSync(path, encodeSafetensors(flatten(arrays), metadata))
  return path
}

const unet = { kind: 'unet', io: 1, channels: [4], blocks: [1], emb: 4 } as const
type Kind = SamplerConfig['kind']
const flows: Readonly<Record<Kind, SamplerConfig>> = {
  realNvp: { kind: 'realNvp', size: 6, condition: 4, steps: 2, hidden: 3 },
  image: { kind: 'image', event: [1, 4, 4], condition: [1, 4, 4], cells: [2], steps: 2, hidden: 3 },
  network: {
    ...{ kind: 'network', event: [1, 4, 4], condition: [1, 4, 4], steps: 2 },
    ...{ encoder: { ...unet, io: 2 }, coupling: { ...unet, io: 3 }, base: { variance: 1, rank: 2 } },
  },
  gaussian: { kind: 'gaussian', size: 6, condition: 4 },
  denoiser: {
    ...{ kind: 'denoiser', event: [1, 4, 4], net: { ...unet, io: 3 }, noise: 0.1, steps: 3 },
    ...{ gaussian: { variance: 1, rank: 2 }, sigmaMin: 0.01, sigmaMax: 10 },
  },
}

const arraysOf = (kind: Kind) => ({ params: drawingOf(flows[kind]).init(0) })
const stateOf = (flow: object) => ({
  ...{ kind: 'sampler', flow, event: [1, 4, 4], range: [0, 1], operator: { name: 'identity', settings: {} } },
  condition: { y: [1, 4, 4], beside: {}, crossing: 'entries' },
  origin: { noise: 0.1, measurements: 4, steps: 4, batch: 2, prior: 'x' },
})

const HUGE = 1e9
const lies: readonly (readonly [Kind, object])[] = [
  ['realNvp', { steps: HUGE }],
  ['realNvp', { size: HUGE }],
  ['realNvp', { size: HUGE, steps: undefined }],
  ['realNvp', { condition: HUGE }],
  ['realNvp', { hidden: HUGE }],
  ['realNvp', { hidden: 100_000, condition: 100_000 }],
  ['image', { steps: HUGE }],
  ['image', { hidden: HUGE }],
  ['image', { event: [HUGE, 4, 4] }],
  ['image', { condition: [HUGE, 4, 4] }],
  ['network', { steps: HUGE }],
  ['network', { event: [1, HUGE, HUGE], condition: [1, HUGE, HUGE] }],
  ['network', { base: { variance: 1, rank: HUGE } }],
  ['network', { encoder: { ...unet, io: 2, blocks: [HUGE] } }],
  ['gaussian', { size: 1e5 }],
  ['gaussian', { condition: HUGE }],
  ['denoiser', { steps: HUGE }],
  ['denoiser', { event: [1, 1e5, 1e5] }],
  ['denoiser', { net: { ...unet, io: 3, channels: [1e6] } }],
]

describe('the header of a sampler', () => {
  it.each(Object.keys(flows) as Kind[])('of kind %s is believed where it is right', (kind) => {
    const { params } = loadSampler(checkpoint(arraysOf(kind), stateOf(flows[kind])))
    expect(flatten({ params })).toEqual(flatten(arraysOf(kind)))
  })

  it.each(lies)('of kind %s is not believed with %j', (kind, lie) => {
    const path = checkpoint(arraysOf(kind), stateOf({ ...flows[kind], ...lie }))
    const refused = { code: 'input', message: expect.stringMatching(/^\S+a\.safetensors: /) }
    expect(() => loadSampler(path)).toThrow(expect.objectContaining(refused))
  })
})

describe('the header of a prior', () => {
  const state = (net: object) => ({
    ...{ kind: 'prior', net, gaussian: { kind: 'isotropic', variance: 1 }, sigmaMin: 0.01, sigmaMax: 10 },
    ...{ event: [1, 4, 4], range: [0, 1], laps: 1 },
  })
  const arrays = { params: network(unet).init(0), gaussian: { mean: zeros([16]) } }

  it.each([{ channels: [1e6] }, { blocks: [HUGE] }, { emb: HUGE }, { io: HUGE }])(
    'is not believed with %j',
    (lie) => {
      expect(loadPrior(checkpoint(arrays, state(unet))).event).toEqual([1, 4, 4])
      expect(() => loadPrior(checkpoint(arrays, state({ ...unet, ...lie })))).toThrow(
        /a\.safetensors: the header describes far more weights than the \d+ numbers of the file/,
      )
    },
  )
})
