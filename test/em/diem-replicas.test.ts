/** Learning whose M-steps are by replicas. */
import { describe, expect, it } from 'vitest'
import { type DiemOptions, type DiemPoint, diem } from '../../src/em/index.ts'
import { flatten } from '../../src/tensor/index.ts'
import { memorySamples, type SampleStore, type ShardLayout } from '../../src/training/index.ts'
import { net, set, options as small } from './small-learning.ts'

/** Seven steps of each. */
const options: DiemOptions = { ...small, steps: () => 14, replicas: { count: 2, steps: 3 } }

/** Samples that outlive a process, as those of a folder do. */
const lasting = () => {
  const stores = new Map<number, SampleStore>()
  return (lap: number, layout: ShardLayout): SampleStore => {
    const store = stores.get(lap) ?? memorySamples(layout)
    stores.set(lap, store)
    return { ...store, release: () => {} }
  }
}

const weights = ({ train }: Pick<DiemPoint, 'train'>) =>
  flatten({ params: train.params, average: train.average })

describe('replicas', () => {
  it('take the steps of a lap together, in rounds', async () => {
    const seen: string[] = []
    const states: string[] = []
    await diem(net, set, options, {
      wantsCheckpoint: () => true,
      onCheckpoint: ({ position: { lap, stage, done }, replicas }) => {
        states.push(`${lap} ${stage} ${done}${replicas ? ` by ${replicas.moments.length}` : ''}`)
      },
      onProgress: ({ phase, lap, done, total }) => {
        if (phase === 'training' && lap === 0) seen.push(`${done} of ${total}`)
      },
    })
    // Seven steps each: rounds of three, three and one.
    expect(seen).toEqual(Array.from({ length: 14 }, (_, i) => `${i + 1} of 14`))
    const trained = states.filter((state) => state.startsWith('0 train'))
    expect(trained).toEqual(['0 train 0', '0 train 6 by 2', '0 train 12 by 2'])
    expect(states.at(-1)).toBe('2 sample 0')
  })

  it('go on from any round, and from an interruption within one, to the same bytes', async () => {
    const points: DiemPoint[] = []
    const samples = lasting()
    const whole = await diem(net, set, options, {
      samples,
      wantsCheckpoint: () => true,
      onCheckpoint: ({ samples: _, ...point }) => points.push(point),
    })
    for (const point of points.filter(({ position }) => position.stage === 'train' && position.lap >= 0))
      expect(weights(await diem(net, set, options, { samples }, point))).toEqual(weights(whole))
    for (const stop of [1, 4, 9]) {
      const stopped = new AbortController()
      let last: DiemPoint | undefined
      const again = lasting()
      await expect(
        diem(net, set, options, {
          samples: again,
          signal: stopped.signal,
          onProgress: ({ phase, lap, done }) => {
            if (phase === 'training' && lap === 1 && done === stop) stopped.abort()
          },
          onCheckpoint: ({ samples: _, ...point }) => {
            last = point
          },
        }),
      ).rejects.toMatchObject({ code: 'interrupted' })
      expect(weights(await diem(net, set, options, { samples: again }, last))).toEqual(weights(whole))
    }
  })

  it('train otherwise than one alone, and otherwise by their number', async () => {
    const by = async (replicas: DiemOptions['replicas']) =>
      weights(await diem(net, set, { ...options, replicas }))
    const [one, two, three] = [await by(undefined), await by({ count: 2, steps: 3 }), await by({ count: 3 })]
    expect(two).not.toEqual(one)
    expect(three).not.toEqual(two)
  })
})
