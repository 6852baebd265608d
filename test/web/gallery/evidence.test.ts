/** The page tells observations apart by the same figures as the library that measured the sampler. */
import { describe, expect, it } from 'vitest'
import { expectedLogq } from '../../../src/amortize/index.ts'
import { noiseLevels, type ObservationSet, observe } from '../../../src/observations/index.ts'
import { normal, stream } from '../../../src/random/index.ts'
import * as library from '../../../src/run/trust/evidence.ts'
import { NdArray, sizeOf, zeros } from '../../../src/tensor/index.ts'
import { evidenceOf } from '../../../web/gallery/evidence.ts'

const [COUNT, DRAWS] = [12, 3]

const draws = (event: readonly number[]): NdArray<'float32'> =>
  normal(stream(3, 'draws'), [DRAWS, COUNT, ...event])

/** What draws are on the page: those of one observation. */
const ofOne = (all: NdArray<'float32'>, i: number): Float32Array => {
  const size = all.size / (DRAWS * COUNT)
  const own = new Float32Array(DRAWS * size)
  for (let k = 0; k < DRAWS; k++)
    own.set(all.data.subarray((k * COUNT + i) * size, (k * COUNT + i + 1) * size), k * size)
  return own
}

const expectAlike = async (set: ObservationSet, space: Parameters<typeof evidenceOf>[2]): Promise<void> => {
  const { event, parameters } = set.operator
  const [all, logq] = [draws(event), normal(stream(4, 'logq'), [DRAWS, COUNT])]
  const residuals = await library.residualsOf(set, all)
  const told = library.evidenceOf(set, { residuals, logq })
  const levels = noiseLevels(set)?.data ?? []
  const [size, places] = [sizeOf(event), sizeOf(event.slice(1))]
  for (let i = 0; i < COUNT; i++) {
    const observed = {
      y: set.y.data.slice(i * size, (i + 1) * size),
      mask: parameters.mask.data.slice(i * places, (i + 1) * places),
      noise: levels[i],
    }
    const own = Float32Array.from({ length: DRAWS }, (_, k) => logq.data[k * COUNT + i])
    const found = evidenceOf(observed, { draws: ofOne(all, i), logq: own }, space)
    const { logq: dense = 0, ...rest } = found
    const excess = dense - expectedLogq(told.expectedLogq ?? [], rest)
    for (const [name, value] of Object.entries({ ...rest, excess })) {
      const wanted = Object.entries(told.evidence).find(([other]) => other === name)?.[1]?.[i] ?? Number.NaN
      expect([name, Math.abs(value - wanted) < 1e-5 * Math.max(1, Math.abs(wanted))]).toEqual([name, true])
    }
    expect(Object.keys(found).sort()).toEqual(['edges', 'hole', 'logq', 'noise', 'residual', 'seen'])
  }
}

const how = { operator: { name: 'masks' }, noise: { from: 0.01, to: 0.3 }, seed: 1 }

describe('evidence in the page is that of the library', () => {
  it('on colour images', async () => {
    const set = await observe(zeros([COUNT, 3, 8, 6]), how)
    await expectAlike(set, { kind: 'image', height: 8, width: 6 })
  })

  it('on points with padding behind them', async () => {
    const xyz = normal(stream(2, 'points'), [21, 3]).data
    const points = Array.from({ length: 24 }, (_, i) =>
      i < 21 ? Array.from(xyz.subarray(3 * i, 3 * i + 3)) : [0, 0, 0],
    )
    const set = await observe(zeros([COUNT, 1, 24]), {
      ...how,
      view: { kind: 'mesh', mesh: 'own' },
      valid: new NdArray(
        'float32',
        [24],
        Float32Array.from({ length: 24 }, (_, i) => (i < 21 ? 1 : 0)),
      ),
      places: () => points,
    })
    const mesh = { points: new NdArray('float32', [21, 3], xyz) }
    await expectAlike({ ...set, mesh }, { kind: 'points', coordinates: xyz })
  })
})
