import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openJournal, readJournal } from '../../src/run/index.ts'
import { scratch } from './scratch.ts'

/** A clock that the test sets. */
const clock = () => {
  const state = { time: 0 }
  return { state, now: () => state.time }
}

describe('journal', () => {
  it('writes one JSON line per event with the seconds since the run began', () => {
    const path = join(scratch(), 'journal.jsonl')
    const { state, now } = clock()
    const journal = openJournal(path, now)
    journal.append({ event: 'lap', lap: 0 })
    state.time = 1.5
    journal.append({ event: 'step', step: 1, loss: 0.25 })
    expect(readFileSync(path, 'utf8')).toBe(
      '{"event":"lap","lap":0,"seconds":0}\n{"event":"step","step":1,"loss":0.25,"seconds":1.5}\n',
    )
    expect(journal.lines).toBe(2)
    journal.close()
  })

  it('cuts the line that a kill truncated, at every length of it', () => {
    const path = join(scratch(), 'journal.jsonl')
    const whole = '{"event":"step","step":1,"seconds":2}\n'
    const torn = '{"event":"step","step":2,"text":"é","seconds":3}'
    for (let length = 0; length <= Buffer.byteLength(torn); length++) {
      writeFileSync(path, Buffer.concat([Buffer.from(whole), Buffer.from(torn).subarray(0, length)]))
      expect(readJournal(path)).toEqual([{ event: 'step', step: 1, seconds: 2 }])
      const journal = openJournal(path)
      journal.append({ event: 'again' })
      journal.close()
      expect(readJournal(path).map(({ event }) => event)).toEqual(['step', 'again'])
    }
  })

  it('goes on counting time where the run stopped, also after a cut', () => {
    const path = join(scratch(), 'journal.jsonl')
    const first = clock()
    const before = openJournal(path, first.now)
    for (const time of [10, 20, 30]) {
      first.state.time = time
      before.append({ event: 'step', step: time })
    }
    before.close()

    const second = clock()
    second.state.time = 1000
    const after = openJournal(path, second.now)
    expect(after.seconds).toBe(30)
    after.cut(2)
    second.state.time = 1005
    after.append({ event: 'step', step: 25 })
    after.close()
    expect(readJournal(path).map(({ step, seconds }) => [step, seconds])).toEqual([
      [10, 10],
      [20, 20],
      [25, 25],
    ])
  })

  it('names the line that is damaged', () => {
    const path = join(scratch(), 'journal.jsonl')
    writeFileSync(path, '{"event":"a","seconds":0}\n{"event":\n')
    expect(() => readJournal(path)).toThrow(/journal.jsonl line 2: not JSON/)
    writeFileSync(path, '{"event":"a","seconds":0}\n[1]\n')
    expect(() => openJournal(path)).toThrow(/journal.jsonl line 2: expected an object with 'event'/)
  })

  it('keeps an empty journal empty and a missing one readable', () => {
    const path = join(scratch(), 'journal.jsonl')
    expect(readJournal(path)).toEqual([])
    appendFileSync(path, '{"eve')
    openJournal(path).close()
    expect(readFileSync(path, 'utf8')).toBe('')
  })
})
