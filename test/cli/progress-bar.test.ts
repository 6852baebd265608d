import { describe, expect, it } from 'vitest'
import { formatSeconds, type ProgressStyle, progressDisplay } from '../../src/cli/progress-bar.ts'

/** A display whose clock the test sets, and what it wrote. */
const display = (style: ProgressStyle, columns = 100) => {
  const written: string[] = []
  const clock = { time: 0 }
  const target = { write: (text: string) => written.push(text), columns, now: () => clock.time }
  return { ...progressDisplay(style, target), written, clock }
}

describe('progress', () => {
  it('draws a bar with rate, time left and figures', () => {
    const { show, written, clock } = display('bar')
    show({ phase: 'learn', done: 0, total: 200 })
    clock.time = 10
    show({ phase: 'learn', done: 50, total: 200, loss: 0.12345, lap: 2, laps: 6 })
    expect(written.at(-1)).toBe(
      `\r\x1b[2Klearn  ${'█'.repeat(6)}${'░'.repeat(18)}  25%  50/200  5/s  30 s left  lap 2 of 6` +
        '  loss 0.123',
    )
    clock.time = 40
    show({ phase: 'learn', done: 200, total: 200 })
    expect(written.slice(-2)).toEqual([`\r\x1b[2Klearn  ${'█'.repeat(24)} 100%  200/200  5/s`, '\n'])
  })

  it('draws at most ten times a second, yet always the end', () => {
    const { show, written, clock } = display('bar')
    for (let step = 0; step <= 1000; step++) {
      clock.time = step / 1000
      show({ phase: 'learn', done: step, total: 1000 })
    }
    expect(written.filter((text) => text.includes('learn')).length).toBeLessThanOrEqual(12)
    expect(written.at(-2)).toContain('1000/1000')
  })

  it('counts the rate from where a resumed run began', () => {
    const { show, written, clock } = display('bar')
    show({ phase: 'learn', done: 100, total: 200 })
    clock.time = 10
    show({ phase: 'learn', done: 110, total: 200 })
    expect(written.at(-1)).toContain('110/200  1/s  1:30 min left')
  })

  it('fits the terminal', () => {
    const { show, written } = display('bar', 40)
    show({ phase: 'a phase with a long name', done: 1, total: 3, loss: 1 })
    expect(written[0].replace('\r\x1b[2K', '').length).toBeLessThan(40)
  })

  it('writes sparse lines for logs', () => {
    const { show, written, clock } = display('lines')
    for (let step = 0; step <= 25; step++) {
      clock.time = step
      show({ phase: 'draw', done: step, total: 25 })
    }
    show({ phase: 'next', done: 0, total: 9 })
    expect(written).toEqual([
      'draw: 0/25\n',
      'draw: 10/25  1/s  15 s left\n',
      'draw: 20/25  1/s  5 s left\n',
      'draw: 25/25  1/s\n',
      'next: 0/9\n',
    ])
  })

  it('writes JSON lines for programs', () => {
    const { show, written, clock } = display('json')
    show({ phase: 'draw', done: 0, total: 4, lap: 1 })
    clock.time = 2
    show({ phase: 'draw', done: 1, total: 4, lap: 1 })
    expect(written.map((line) => JSON.parse(line))).toEqual([
      { phase: 'draw', done: 0, total: 4, lap: 1 },
      { phase: 'draw', done: 1, total: 4, lap: 1, rate: 0.5, secondsLeft: 6 },
    ])
  })

  it('makes room for other output, and is silent when asked', () => {
    const { show, end, written } = display('bar')
    show({ phase: 'a', done: 0, total: 2 })
    end()
    end()
    expect(written.filter((text) => text === '\n')).toHaveLength(1)
    const silent = display('none')
    silent.show({ phase: 'a', done: 2, total: 2 })
    silent.end()
    expect(silent.written).toEqual([])
  })

  it.each([
    [0.4, '0 s'],
    [59.4, '59 s'],
    [59.6, '1:00 min'],
    [187, '3:07 min'],
    [3600, '1:00 h'],
    [7500, '2:05 h'],
  ])('%d seconds are %s', (seconds, text) => {
    expect(formatSeconds(seconds)).toBe(text)
  })
})
