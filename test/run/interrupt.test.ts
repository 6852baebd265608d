import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { checkAborted } from '../../src/progress.ts'
import { startChild } from './child.ts'

const script = new URL('./interrupt-child.ts', import.meta.url)

const exitCode = async (child: ChildProcess): Promise<number | null> => (await once(child, 'exit'))[0]

describe('interruption', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('%s lets the work end by itself', async (name) => {
    const child = await startChild(script)
    child.kill(name)
    expect(await exitCode(child)).toBe(42)
  })

  it('the second SIGINT leaves at once with 130', async () => {
    const child = await startChild(script, 'stubborn')
    child.kill('SIGINT')
    if (child.stdout === null) throw new Error('no stdout')
    await once(child.stdout, 'data')
    expect(child.exitCode).toBe(null)
    child.kill('SIGINT')
    expect(await exitCode(child)).toBe(130)
  })

  it('checkAborted throws once the signal is aborted', () => {
    const controller = new AbortController()
    checkAborted(controller.signal)
    checkAborted(undefined)
    controller.abort()
    expect(() => checkAborted(controller.signal)).toThrow(expect.objectContaining({ code: 'interrupted' }))
  })
})
