/** Files of shards that are waited for, however many. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { fileExecutor } from '../../../src/run/index.ts'
import { shardFile } from '../../../src/run/shards/shard-file.ts'
import { scratch } from '../scratch.ts'

const lap = 'lap-001'
const jobOf = (shard: number) =>
  ({ kind: 'shard', lap, prior: 'c0ffee', shard, from: 8 * shard, to: 8 * shard + 8 }) as const

/** Somebody who waits in a folder of draws, with an empty folder of the lap. */
const waitingIn = (draws: string) => {
  const folder = join(draws, lap)
  mkdirSync(folder)
  const executor = fileExecutor(draws, 5)
  onTestFinished(() => executor.stop())
  return { ...executor, write: (shard: number) => writeFileSync(shardFile(folder, shard), '') }
}

it('waits for as many as there are, each until its file is there, without a warning', async () => {
  const warnings: Error[] = []
  const warned = (warning: Error): void => void warnings.push(warning)
  process.on('warning', warned)
  onTestFinished(() => void process.off('warning', warned))
  const { run, write } = waitingIn(scratch())
  const there: number[] = []
  const all = Array.from({ length: 40 }, (_, shard) => run(jobOf(shard)).then(() => there.push(shard)))
  for (const shard of [7, 3]) {
    write(shard)
    await all[shard]
  }
  expect(there).toEqual([7, 3])
  for (const shard of all.keys()) write(shard)
  await Promise.all(all)
  expect(there.length).toBe(40)
  await wait(20)
  expect(warnings).toEqual([])
})

it('waits before the lap has a folder', async () => {
  const draws = scratch()
  const executor = fileExecutor(draws, 5)
  const drawn = executor.run(jobOf(0))
  await wait(20)
  mkdirSync(join(draws, lap))
  writeFileSync(shardFile(join(draws, lap), 0), '')
  await drawn
})

it('gives up when it is stopped, and can be asked again', async () => {
  const { run, stop, write } = waitingIn(scratch())
  const drawn = run(jobOf(0))
  await stop()
  await expect(drawn).rejects.toMatchObject({ code: 'interrupted' })
  write(0)
  await run(jobOf(0))
})

it('says why a folder cannot be looked at', async () => {
  const draws = scratch()
  writeFileSync(join(draws, lap), 'not a folder')
  await expect(fileExecutor(draws, 5).run(jobOf(0))).rejects.toThrow('ENOTDIR')
})
