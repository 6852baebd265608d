/**
 * A sampler's .onnx is one file for all: what onnxruntime-web computes in a browser is what
 * onnxruntime-node computes.
 */
import { describe, expect, it } from 'vitest'
import {
  type AmortizedSampler,
  drawingOf,
  exportSampler,
  type SamplerConfig,
} from '../../src/amortize/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import {
  loadProgram,
  mapArrays,
  type NdArray,
  ndarray,
  type Tree,
  toNumbers,
} from '../../src/tensor/index.ts'
import { tolerances } from '../tolerances.ts'
import { chromium, inBrowser, type NamedArray, type Provider } from './browser.ts'

const DRAWS = 3

const key = stream(0, 'web')

/** Weights that are not those of an identity. */
const shaken = (params: ReturnType<ReturnType<typeof drawingOf>['init']>) => {
  let leaf = 0
  return mapArrays((array) => {
    const noise = normal(key, array.shape, { draw: leaf++ }).data
    return ndarray(
      toNumbers(array).map((v, i) => v + 0.02 * noise[i]),
      array.shape,
    )
  }, params)
}

const samplerOf = (
  flow: SamplerConfig,
  event: readonly number[],
  statistics?: Tree<NdArray>,
): AmortizedSampler => {
  const params = drawingOf(flow).init(0)
  return {
    flow,
    params: { weights: shaken(params).weights, statistics: statistics ?? params.statistics },
    event,
    range: [0, 1],
    operator: { name: 'mask', settings: {} },
    condition: { y: event, beside: { mask: event }, crossing: 'operator' },
  }
}

const samplers: readonly [string, AmortizedSampler][] = [
  [
    'a RealNVP of digits, folded',
    samplerOf({ kind: 'realNvp', size: 784, condition: 1568, steps: 2, hidden: 32 }, [1, 28, 28]),
  ],
  [
    'a flow over photographs, kept in [0, 1]',
    samplerOf(
      {
        kind: 'image',
        event: [3, 16, 16],
        condition: [6, 16, 16],
        cells: [2],
        steps: 2,
        hidden: 8,
        range: { kind: 'interval', lo: -2, hi: 2 },
      },
      [3, 16, 16],
    ),
  ],
  [
    'a flow of networks over photographs',
    samplerOf(
      {
        kind: 'network',
        event: [3, 16, 16],
        condition: [6, 16, 16],
        encoder: { kind: 'unet', io: 8, channels: [8, 12], blocks: [1, 1], emb: 8 },
        coupling: { kind: 'unet', io: 11, channels: [8], blocks: [1], emb: 8, unshuffle: 2 },
        steps: 2,
      },
      [3, 16, 16],
    ),
  ],
  [
    'a conditional denoiser of digits',
    samplerOf(
      {
        kind: 'denoiser',
        event: [1, 12, 12],
        net: { kind: 'unet', io: 4, channels: [8, 12], blocks: [1, 1], emb: 8 },
        noise: 0.2,
        gaussian: { variance: 0.5, rank: 2 },
        sigmaMin: 0.02,
        sigmaMax: 20,
        steps: 3,
      },
      [1, 12, 12],
    ),
  ],
  [
    'a flow of networks that begins with the posterior of a fit',
    samplerOf(
      {
        kind: 'network',
        event: [1, 8, 8],
        condition: [2, 8, 8],
        encoder: { kind: 'unet', io: 4, channels: [8], blocks: [1], emb: 8 },
        coupling: { kind: 'unet', io: 5, channels: [8], blocks: [1], emb: 8, unshuffle: 2 },
        steps: 2,
        base: { variance: 0.2, rank: 8, observed: { noise: 0.2, masked: true } },
      },
      [1, 8, 8],
      [{ mean: normal(key, [64]), factor: normal(key, [64, 8]) }],
    ),
  ],
  [
    'a flow of networks over a small globe',
    samplerOf(
      {
        kind: 'network',
        event: [1, 96],
        condition: [2, 96],
        encoder: { kind: 'sphere', io: 4, grid: [8, 12], channels: [8], blocks: [1], emb: 8, unshuffle: 2 },
        coupling: { kind: 'sphere', io: 5, grid: [8, 12], channels: [8], blocks: [1], emb: 8, unshuffle: 2 },
        steps: 2,
      },
      [1, 96],
    ),
  ],
]

const inputsOf = ({ event, condition }: AmortizedSampler): NamedArray[] => {
  const named = (name: string, { shape, data }: NdArray): NamedArray => ({
    name,
    shape: [...shape],
    data: Array.from(data, Number),
  })
  return [
    named('y', normal(key, [1, ...condition.y])),
    named(
      'mask',
      ndarray(
        toNumbers(normal(key, [1, ...condition.beside.mask], { step: 1 })).map((v) => Number(v > 0)),
        [1, ...condition.beside.mask],
      ),
    ),
    named('z', normal(key, [DRAWS, ...event], { step: 2 })),
  ]
}

const named = { wasm: 'WebAssembly in a browser', webgpu: 'WebGPU in a browser' } as const

/** Largest difference relative to the largest value. */
const distance = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((v, i) => Math.abs(v - b[i]))) / Math.max(1, ...b.map(Math.abs))

const why = chromium ? '' : ' (skipped: no Chromium here; apt install chromium)'

describe.skipIf(!chromium)(`sampler.onnx in headless Chromium${why}`, () => {
  for (const [what, sampler] of samplers) {
    it.for<Provider>(['wasm', 'webgpu'])(
      `${what}: %s agrees with onnxruntime-node`,
      { timeout: 200_000 },
      async (provider, context) => {
        const { model } = await exportSampler(sampler, DRAWS)
        const inputs = inputsOf(sampler)
        const answer = await inBrowser(chromium ?? '', provider, model, inputs)
        if ('failed' in answer) {
          if (provider === 'webgpu' && answer.failed.includes('navigator.gpu'))
            return context.skip(answer.failed)
          throw new Error(answer.failed)
        }
        const here = await loadProgram(model)
        const feeds = Object.fromEntries(inputs.map(({ name, shape, data }) => [name, ndarray(data, shape)]))
        const expected = await here.run(feeds)
        await here.release()
        expect(answer.outputs.map(({ name }) => name).sort()).toEqual(Object.keys(expected).sort())
        for (const { name, shape, data } of answer.outputs) {
          expect(shape).toEqual([...expected[name].shape])
          expect(data.every(Number.isFinite)).toBe(true)
          expect(distance(data, toNumbers(expected[name]))).toBeLessThan(tolerances[named[provider]])
        }
      },
    )
  }
})
