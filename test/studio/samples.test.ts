/** Pictures of the samples of a run, and where its observations are. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadBunny, SPHERE } from '../../src/datasets/index.ts'
import { writeArrays } from '../../src/formats/index.ts'
import type { JsonRecord } from '../../src/json.ts'
import { normal, stream } from '../../src/random/index.ts'
import { pngOf } from '../../src/report/index.ts'
import { surfacePicture } from '../../src/report/views/prior-samples.ts'
import { asking, said } from './asking.ts'
import { laps, makeRun } from './make-run.ts'

const samples = (points: number) => normal(stream(0, 'samples'), [4, 1, points])

/** A run with samples of the prior after its first lap. */
const sampled = (config: JsonRecord, points: number) => {
  const studio = asking()
  const run = makeRun(studio.folder, 'r', [], { ...laps, ...config })
  writeArrays(join(run, 'draws/prior-lap-001.npz'), { x: samples(points) })
  return { studio, run }
}

const pictureOf = async ({ studio }: ReturnType<typeof sampled>) => {
  const answer = await studio.get('/api/runs/r/samples/1')
  return { type: answer.headers.get('content-type'), bytes: new Uint8Array(await answer.arrayBuffer()) }
}

const bunny = loadBunny().vertices.shape[0]

describe('samples of a run', () => {
  it.each<[string, JsonRecord, number]>([
    ['a data set of the sphere', { data: { clean: 'winds' } }, 4144],
    ['a data set on a mesh', { data: { clean: 'bunny-mnist' } }, 1896],
    ['a network of the sphere', { net: { kind: 'sphere', grid: [6, 8] } }, 48],
    ['its own grid', { net: { kind: 'sphere' } }, SPHERE.rows * SPHERE.columns],
    ['a network on a mesh', { net: { kind: 'graph', mesh: 'bunny' } }, bunny],
  ])('are pictures of the surface: %s', async (_, config, points) => {
    const { type, bytes } = await pictureOf(sampled(config, points))
    expect(type).toBe('image/png')
    const head = new DataView(bytes.buffer)
    // Four samples of 112 pixels, two by two, a pixel between.
    expect([head.getUint32(16), head.getUint32(20)]).toEqual([225, 225])
  })

  it('are painted as reports paint them, in the units of the configuration', async () => {
    const grid = { kind: 'sphere', grid: [6, 8] }
    const { bytes } = await pictureOf(sampled({ net: grid, range: [-2, 2] }, 48))
    const expected = surfacePicture(samples(48), {
      view: { kind: 'globe', rows: 6, columns: 8 },
      range: [-2, 2],
    })
    expect(expected && Buffer.from(pngOf(expected)).equals(bytes)).toBe(true)
  })

  it('are curves of anything else', async () => {
    expect((await pictureOf(sampled({}, 48))).type).toBe('image/svg+xml')
  })
})

describe('observations of a run', () => {
  const told = async (data: JsonRecord, inside = true) => {
    const { studio, run } = sampled({ data }, 48)
    writeArrays(join(run, 'draws/posterior.npz'), { draws: normal(stream(0, 'd'), [3, 4, 1, 48]) })
    if (inside) writeFileSync(join(run, 'observations.safetensors'), '')
    const answer = await studio.get('/api/arrays?path=r/draws/posterior.npz')
    return (await said<{ observations?: string }>(answer)).observations
  }
  it('are told where they lie below the folder, and not elsewhere', async () => {
    expect(await told({})).toBe('r/observations.safetensors')
    expect(await told({ observations: '/etc/hostname' }, false)).toBeUndefined()
    expect(await told({ clean: 'mnist' }, false)).toBeUndefined()
  })
  it('of a damaged run are none, and its draws are shown all the same', async () => {
    const { studio, run } = sampled({}, 48)
    writeFileSync(join(run, 'config.yaml'), ': {')
    const answer = await studio.get('/api/arrays?path=r/draws/prior-lap-001.npz')
    expect([answer.status, (await said<{ observations?: string }>(answer)).observations]).toEqual([
      200,
      undefined,
    ])
  })
})
