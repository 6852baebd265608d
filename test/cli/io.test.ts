import { describe, expect, it } from 'vitest'
import { makeIo } from '../../src/cli/io.ts'

/** What a command that says everything makes of both streams. */
const said = (options: { json?: boolean; quiet?: boolean }, isTTY = false) => {
  const out: string[] = []
  const err: string[] = []
  const streams = {
    stdout: { write: (text: string) => out.push(text) },
    stderr: { write: (text: string) => err.push(text), isTTY, columns: 80 },
  }
  const io = makeIo(streams, options, new AbortController().signal)
  io.progress({ phase: 'p', done: 0, total: 2 })
  io.note('by the way')
  io.progress({ phase: 'p', done: 2, total: 2 })
  io.result('text', { value: 1 })
  return { out: out.join(''), err: err.join('') }
}

describe('io', () => {
  it('keeps the result on stdout and everything else on stderr', () => {
    const { out, err } = said({})
    expect(out).toBe('text\n')
    expect(err).toMatch(/^p: 0\/2\nby the way\np: 2\/2.*\n$/)
  })

  it('ends the bar before a remark', () => {
    const lines = said({}, true).err.split('\n')
    expect(lines[0]).toContain('0/2')
    expect(lines.slice(1)).toEqual(['by the way', expect.stringContaining('2/2'), ''])
  })

  it('prints exactly one JSON object on stdout with --json, and JSON lines on stderr', () => {
    const { out, err } = said({ json: true })
    expect(out).toBe('{"value":1}\n')
    for (const line of err.trim().split('\n'))
      expect(JSON.parse(line)).toMatchObject({ phase: 'p', total: 2 })
  })

  it('says only the result with --quiet', () => {
    expect(said({ quiet: true }, true)).toEqual({ out: 'text\n', err: '' })
  })
})
