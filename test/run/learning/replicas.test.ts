/** Learning by replicas in a run folder. */
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { scratch } from '../scratch.ts'
import { learned, priorOf, request } from '../shards/small-run.ts'

it('goes on from the rounds that were saved, bit for bit', async () => {
  const options = { ...request().options, replicas: { count: 2, steps: 1 }, steps: () => 8 }
  const whole = join(scratch(), 'run')
  await learned(whole, { options })
  for (const stop of [2, 5]) {
    const path = join(scratch(), 'run')
    const stopped = new AbortController()
    const onProgress = ({ phase, lap, done }: { phase: string; lap?: unknown; done: number }) => {
      if (phase === 'training' && lap === 1 && done === stop) stopped.abort()
    }
    await expect(learned(path, { options, onProgress, signal: stopped.signal })).rejects.toMatchObject({
      code: 'interrupted',
    })
    await learned(path, { options })
    expect(priorOf(path)).toEqual(priorOf(whole))
  }
})
