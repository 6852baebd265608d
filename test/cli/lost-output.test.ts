/** What commands in a run folder do when their terminal closes, or nobody reads what they say. */
import { once } from 'node:events'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startTweedie, tweedie, type Working } from '../e2e/built.ts'
import { scratch } from '../run/scratch.ts'

const training = `
data: { clean: manifold, count: 64 }
net: { kind: mlp, hidden: [16, 16], emb: 8 }
gaussian: { rank: 2, iterations: 1 }
train: { steps: 1000000, batch: 16 }
monitor: { samples: 0 }
`

const learning = `
data: { clean: manifold, count: 64, observe: { operator: { kind: projection, dimension: 2 }, noise: 0.01 } }
net: { kind: mlp, hidden: [16, 16], emb: 8 }
gaussian: { rank: 2, iterations: 1 }
em: { laps: 1, sampling: { steps: 2 } }
train: { steps: 1000000, batch: 16 }
monitor: { samples: 0, held: { observations: 0 } }
`

/** A run at work, without end, that shows progress every second. */
const working = (command: 'learn' | 'train') => {
  const folder = scratch()
  writeFileSync(join(folder, 'config.yaml'), command === 'train' ? training : learning)
  const work = startTweedie([command, 'config.yaml', '-o', 'run', '--json'], { cwd: folder })
  onTestFinished(() => {
    work.child.kill('SIGKILL')
  })
  return { folder, run: join(folder, 'run'), work }
}

/** Waits for the progress of a phase. */
const shown = async (text: string, { child, stderr }: Working): Promise<void> => {
  while (!stderr().includes(text) && child.exitCode === null) await sleep(5)
}

/** Number of the newest resume point. */
const newest = (run: string): number =>
  Math.max(0, ...readdirSync(join(run, 'checkpoints')).map((name) => Number(name.slice(0, 6)) || 0))

describe.each(['learn', 'train'] as const)('%s', (command) => {
  it('saves itself and leaves with 130 when its output is closed', async () => {
    const { run, work } = working(command)
    await shown('"loss"', work)
    const before = newest(run)
    work.child.stderr?.destroy()
    work.child.stdout?.destroy()
    expect(await once(work.child, 'exit')).toEqual([130, null])
    expect(newest(run)).toBe(before + 1)
    expect(existsSync(join(run, 'lock'))).toBe(false)
  }, 60_000)

  it('saves itself and leaves with 129 when its terminal closes', async () => {
    const { folder, run, work } = working(command)
    await shown('"loss"', work)
    const before = newest(run)
    work.child.kill('SIGHUP')
    expect(await work.ended).toBe(129)
    expect(newest(run)).toBe(before + 1)
    expect(existsSync(join(run, 'lock'))).toBe(false)
    expect(work.stderr()).toMatch(/\ntweedie: [^\n]*interrupted\. To go on with it: tweedie [^\n]*\n$/)
    expect(tweedie(['info', 'run', '--json'], { cwd: folder }).status).toBe(0)
  }, 60_000)
})
