import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { checkAborted } from '../../src/progress.ts'
import { startChild } from './child.ts'

const script = new URL('./interrupt-child.ts', import.meta.url)

const exitCode = async (child: ChildProcess): Promise<number | null> => (await once(child, 'exit'))[0]

describe('interruption', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s lets the work end by itself', async (name) => {
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

  it('a second SIGHUP, as shells send it after that of the system, lets the work go on saving', async () => {
    const child = await startChild(script, 'stubborn')
    if (child.stdout === null) throw new Error('no stdout')
    child.kill('SIGHUP')
    await once(child.stdout, 'data')
    child.kill('SIGHUP')
    await sleep(100)
    expect([child.exitCode, child.signalCode]).toEqual([null, null])
    child.kill('SIGTERM')
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
