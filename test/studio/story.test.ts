import { appendFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openJournal } from '../../src/run/index.ts'
import type { Story } from '../../src/studio/index.ts'
import { follow } from '../../src/studio/journal-follower.ts'
import { thinned } from '../../src/studio/story.ts'
import { scratch } from '../run/scratch.ts'
import { asking, said } from './asking.ts'
import { makeLongRun, makeRun } from './make-run.ts'

const loss = (lap: number, step: number, value: number | null, seconds = step): string =>
  `${JSON.stringify({ event: 'loss', lap, step, loss: value, seconds })}\n`

describe('thinned curves', () => {
  it('keep ends of the range: no peak and no dip is lost', () => {
    const x = Array.from({ length: 10_000 }, (_, i) => i)
    const y = x.map((i) => (i === 1234 ? 50 : i === 8765 ? -50 : Math.sin(i)))
    const few = thinned({ x, y }, 100)
    expect(few.x.length).toBeLessThanOrEqual(100)
    expect(few.x).toContain(1234)
    expect(few.x).toContain(8765)
    expect(few.x).toEqual([...few.x].sort((a, b) => a - b))
    for (const [j, i] of few.x.entries()) expect(few.y[j]).toBe(y[i])
  })

  it('keep what is no number, and short ones as they are', () => {
    const x = [0, 1, 2, 3]
    expect(thinned({ x, y: [1, null, 3, 4] }, 4)).toEqual({ x, y: [1, null, 3, 4] })
    const long = {
      x: Array.from({ length: 100 }, (_, i) => i),
      y: Array.from({ length: 100 }, (_, i) => (i === 50 ? null : 1)),
    }
    expect(thinned(long, 10).y).toContain(null)
  })
})

describe('a journal that is followed', () => {
  it('is told once, then only what is new; a line that is being written waits for its end', async () => {
    const path = join(scratch(), 'journal.jsonl')
    const follower = follow(path)
    expect((await follower.look()).more.lines).toBe(0) // not there yet
    writeFileSync(path, loss(1, 1, 5) + loss(1, 2, 4))
    const first = await follower.look()
    expect([first.again, first.more.curves.loss]).toEqual([true, { x: [1, 2], y: [5, 4] }])
    const next = loss(1, 3, 3)
    appendFileSync(path, next.slice(0, 10))
    expect((await follower.look()).more.curves).toEqual({})
    appendFileSync(path, next.slice(10))
    const second = await follower.look()
    expect([second.again, second.more.curves.loss, second.more.lines]).toEqual([false, { x: [3], y: [3] }, 3])
    expect(follower.whole().curves.loss).toEqual({ x: [1, 2, 3], y: [5, 4, 3] })
  })

  it('goes on over the steps of all laps, and marks where a lap ended', async () => {
    const path = join(scratch(), 'journal.jsonl')
    const lap = `${JSON.stringify({ event: 'lap', lap: 1, seconds: 3 })}\n`
    writeFileSync(path, loss(1, 10, 3) + loss(1, 20, 2) + lap + loss(2, 10, 1))
    const { more } = await follow(path).look()
    expect(more.curves.loss).toEqual({ x: [10, 20, 30], y: [3, 2, 1] })
    expect(more.marks).toEqual([{ event: 'lap', at: 20, seconds: 3, figures: { lap: 1 } }])
  })

  it('is told anew when a resumed run has cut it back, even past where it was', async () => {
    const path = join(scratch(), 'journal.jsonl')
    writeFileSync(path, loss(1, 1, 5) + loss(1, 2, 4) + loss(1, 3, 3))
    const follower = follow(path)
    const before = await follower.look()
    // As openJournal cuts and appends: the same file, other lines.
    truncateSync(path, loss(1, 1, 5).length)
    appendFileSync(path, loss(1, 2, 40) + loss(1, 3, 30) + loss(1, 4, 20))
    const after = await follower.look()
    expect(after.again).toBe(true)
    expect(after.more.of).not.toBe(before.more.of)
    expect(after.more.curves.loss).toEqual({ x: [1, 2, 3, 4], y: [5, 40, 30, 20] })
    rmSync(path)
    writeFileSync(path, loss(1, 1, 7))
    expect((await follower.look()).more.curves.loss).toEqual({ x: [1], y: [7] })
  })

  it('passes over what is no line of a journal, of any length', async () => {
    const path = join(scratch(), 'journal.jsonl')
    writeFileSync(
      path,
      [
        'nonsense\n{"event":"loss"}\n',
        `${'x'.repeat(3 * 2 ** 20)}\n`,
        loss(1, 1, 2),
        '{"event":"loss","lap":1,"step":2,"loss":1e999,"seconds":1}\n',
      ].join(''),
    )
    const { more } = await follow(path).look()
    expect(more.curves.loss).toEqual({ x: [1, 2], y: [2, null] })
  })

  it('survives names of prototypes', async () => {
    const path = join(scratch(), 'journal.jsonl')
    writeFileSync(path, `{"event":"loss","step":1,"__proto__":3,"constructor":4,"seconds":1}\n`)
    const { more } = await follow(path).look()
    expect(more.curves.constructor).toEqual({ x: [1], y: [4] })
    expect(Object.prototype).not.toHaveProperty('x')
  })
})

describe('the story of a run', () => {
  it('of 10⁵ lines is about 1000 points, with its highest; what is added is told alone', async () => {
    const { folder, get } = asking()
    const path = makeLongRun(folder, 'long', 1e5)
    const story = await said<Story>(await get('/api/runs/long/story'))
    expect(story.lines).toBe(1e5)
    expect(story.curves.loss.x.length).toBeLessThanOrEqual(1000)
    expect(story.curves.loss.y).toContain(99)
    const journal = openJournal(join(path, 'journal.jsonl'))
    journal.append({ event: 'loss', lap: 1, step: 100_001, loss: 7 })
    journal.close()
    const next = await said<Story>(await get('/api/runs/long/story'))
    expect([next.lines, next.of]).toEqual([1e5 + 1, story.of])
    expect(next.curves.loss.y).toContain(7)
  })

  it('bounds texts in events', async () => {
    const { folder, get } = asking()
    makeRun(folder, 'run', [{ event: 'odd', text: 'x'.repeat(5000), list: [1, 2], more: { a: 1 } }])
    const story = await said<Story>(await get('/api/runs/run/story'))
    expect(story.marks[0].figures).toEqual({ text: 'x'.repeat(200) })
  })
})
