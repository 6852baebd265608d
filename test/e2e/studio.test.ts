/** `tweedie studio` as it is used: its line, its end, what it refuses. */
import { chmodSync, existsSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { scratch } from '../run/scratch.ts'
import { startTweedie, tweedie, type Working } from './built.ts'

const addressOf = async (studio: Working): Promise<string> => {
  for (;;) {
    const found = /http:\S+/.exec(studio.stdout())?.[0]
    if (found) return found
    if (studio.child.exitCode !== null) throw new Error(studio.stderr())
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** The status of a request with any headers, a path as it stands. */
const statusOf = (
  url: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<number> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url)
    request({ host: hostname, port, path, headers }, (answer) => {
      answer.resume()
      resolve(answer.statusCode ?? 0)
    })
      .on('error', reject)
      .end()
  })

describe('tweedie studio', { timeout: 60_000 }, () => {
  it('prints its address, serves its page to this machine, and ends with 0 by Ctrl-C', async () => {
    const cwd = scratch()
    const studio = startTweedie(['studio', '--port', '0'], { cwd })
    const url = await addressOf(studio)
    expect(studio.stdout()).toMatch(/^studio of runs {2}http:\/\/127\.0\.0\.1:\d+\/\nCtrl-C ends it/)
    expect(existsSync(join(cwd, 'runs'))).toBe(true)
    const page = await (await fetch(url)).text()
    expect(page).toContain('<meta name="tweedie-api" content="api/" />')
    expect(await (await fetch(`${url}api/runs`)).json()).toMatchObject({ total: 0 })
    expect(await statusOf(url, '/api/runs', { host: 'evil.example' })).toBe(403)
    expect(await statusOf(url, '/../../package.json')).toBeGreaterThanOrEqual(400)
    studio.child.kill('SIGINT')
    expect(await studio.ended).toBe(0)
    expect(studio.stderr()).toBe('the studio ends; runs go on\n')
  })

  it('refuses a port in use, a host of another machine and what is no folder, in one line', async () => {
    const folder = scratch()
    const studio = startTweedie(['studio', folder, '--port', '0'])
    const { port } = new URL(await addressOf(studio))
    const second = tweedie(['studio', folder, '--port', port])
    expect([second.status, second.stderr, second.stdout]).toEqual([
      1,
      `tweedie: port ${port} is in use: choose another one with --port, or 0 for any that is free\n`,
      '',
    ])
    studio.child.kill('SIGTERM')
    expect(await studio.ended).toBe(0)
    const away = tweedie(['studio', folder, '--port', '0', '--host', '192.0.2.1'])
    expect([away.status, away.stderr]).toEqual([
      2,
      expect.stringMatching(/^tweedie: --host 192\.0\.2\.1: not an address of this machine.*\n$/),
    ])
    writeFileSync(join(folder, 'file'), '')
    expect(tweedie(['studio', join(folder, 'file')]).stderr).toMatch(/^tweedie: .*file: not a folder\n$/)
    expect(tweedie(['studio', folder, '--port', '70000']).status).toBe(2)
  })

  it('with --host prints a link with a token, once, without which there is nothing', async () => {
    const studio = startTweedie(['studio', scratch(), '--port', '0', '--host', '0.0.0.0'])
    const link = await addressOf(studio)
    const { port, searchParams } = new URL(link)
    const token = searchParams.get('token')
    expect(token).toMatch(/^[\w-]{32}$/)
    const here = `http://127.0.0.1:${port}`
    expect(await statusOf(here, '/')).toBe(401)
    expect(await statusOf(here, '/api/runs')).toBe(401)
    expect(await statusOf(here, `/?token=${token}`)).toBe(303)
    expect(await statusOf(here, '/api/runs', { authorization: `Bearer ${token}` })).toBe(200)
    studio.child.kill('SIGINT')
    expect(await studio.ended).toBe(0)
  })

  it.skipIf(process.platform !== 'linux')('opens the browser; that there is none is a remark', async () => {
    const tools = scratch()
    const seen = join(tools, 'seen')
    writeFileSync(join(tools, 'xdg-open'), `#!/bin/sh\necho "$1" > ${seen}\nexit 3\n`)
    chmodSync(join(tools, 'xdg-open'), 0o755)
    const before = process.env.PATH
    process.env.PATH = `${tools}:${before}`
    const studio = startTweedie(['studio', scratch(), '--port', '0', '--open'])
    process.env.PATH = before
    const url = await addressOf(studio)
    while (!studio.stderr().includes('browser')) await new Promise((resolve) => setTimeout(resolve, 50))
    expect(existsSync(seen)).toBe(true)
    expect(studio.stderr()).toContain('the browser could not be opened')
    expect((await fetch(url)).status).toBe(200)
    studio.child.kill('SIGINT')
    expect(await studio.ended).toBe(0)
  })
})
