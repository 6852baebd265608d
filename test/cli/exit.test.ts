import { describe, expect, it } from 'vitest'
import { exitCodeOf, explain } from '../../src/cli/exit.ts'
import { type ErrorCode, TweedieError } from '../../src/error.ts'

const codes: Readonly<Record<ErrorCode, number>> = {
  input: 2,
  shape: 2,
  device: 1,
  numeric: 1,
  io: 1,
  locked: 1,
  interrupted: 130,
}

describe('exit codes', () => {
  it.each(Object.entries(codes) as [ErrorCode, number][])('%s is %d', (code, exit) => {
    expect(exitCodeOf(new TweedieError(code, 'x'))).toBe(exit)
  })

  it('of a terminal that closed is 129, however often the error was wrapped', () => {
    const inner = new TweedieError('interrupted', 'x', { cause: 'SIGHUP' })
    expect(exitCodeOf(new TweedieError('interrupted', 'y', { cause: inner }))).toBe(129)
    expect(exitCodeOf(new TweedieError('interrupted', 'x', { cause: 'SIGINT' }))).toBe(130)
  })

  it('of what is not ours is 1', () => {
    expect(exitCodeOf(new TypeError('x'))).toBe(1)
    expect(exitCodeOf('x')).toBe(1)
  })
})

describe('explain', () => {
  it('is one line', () => {
    expect(explain(new TweedieError('io', 'disk\n\0full'), false)).toBe('tweedie: disk\\n\\x00full')
    expect(explain(new TypeError('x is not a function'), false)).toBe(
      'tweedie: unexpected error: x is not a function (--debug shows where)',
    )
  })

  it('shows stack and causes when asked', () => {
    const error = new TweedieError('io', 'outer', { cause: new Error('inner') })
    expect(explain(error, true)).toMatch(
      /^tweedie: TweedieError: outer\n[\s\S]*exit\.test\.ts[\s\S]*caused by Error: inner/,
    )
  })
})
