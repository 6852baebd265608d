import { describe, expect, it } from 'vitest'
import { isLoopback, sameText } from '../../src/studio/door.ts'
import { doorOf } from '../../src/studio/index.ts'
import { asking, own } from './asking.ts'

const json = { 'content-type': 'application/json' }

describe('who may ask', () => {
  it.each(['localhost:8017', 'LOCALHOST:8017', '127.0.0.1:9000', '[::1]:8017', 'localhost'])(
    'a loopback studio answers to %s, through a tunnel too',
    async (host) => {
      expect((await asking().get('/api/runs', { host })).status).toBe(200)
    },
  )

  it.each([
    'evil.example:8017',
    'localhost.evil.example:8017',
    'evil.example:8017@localhost',
    '192.168.0.7:8017',
    '',
  ])('and not to the host %j: a name of another site may point here', async (host) => {
    const answer = await asking().get('/api/runs', { host })
    expect(answer.status).toBe(403)
    expect(await answer.json()).toEqual({ error: expect.stringContaining('does not answer to the host') })
  })

  it('nor without a host', async () => {
    expect((await asking().get('/api/runs', {})).status).toBe(403)
  })

  it.each(['http://evil.example', 'http://localhost:3000', 'http://localhost', 'null', 'nonsense'])(
    'refuses requests of the page %s',
    async (origin) => {
      const { get, post } = asking()
      expect((await get('/api/runs', { ...own, origin })).status).toBe(403)
      expect((await post('/api/runs/x/stop', {}, { ...own, origin, ...json })).status).toBe(403)
    },
  )

  it('refuses what a browser says comes from another site, but for visits of the page', async () => {
    const { get } = asking()
    const host = { host: own.host }
    const from = (site: string, mode: string) => ({ ...host, 'sec-fetch-site': site, 'sec-fetch-mode': mode })
    expect((await get('/api/runs', from('cross-site', 'no-cors'))).status).toBe(403)
    expect((await get('/api/runs', from('same-site', 'navigate'))).status).toBe(403)
    expect((await get('/', from('cross-site', 'navigate'))).status).toBe(200)
    expect((await get('/api/runs', from('same-origin', 'cors'))).status).toBe(200)
  })

  it('changes something only by POST, as JSON, with an origin', async () => {
    const { get, post } = asking()
    const change = '/api/runs/none/stop'
    expect((await post(change, {}, { ...own, 'content-type': 'text/plain' })).status).toBe(415)
    expect(
      (await post(change, {}, { ...own, 'content-type': 'application/x-www-form-urlencoded' })).status,
    ).toBe(415)
    expect((await post(change, {}, own)).status).toBe(415)
    expect((await post(change, {}, { host: own.host, ...json })).status).toBe(403)
    expect((await post(change, {}, { ...own, ...json })).status).toBe(404) // there is no such run
    expect((await get(change)).status).toBe(404) // not by GET
  })

  it('refuses other methods', async () => {
    const { studioApp } = await import('../../src/studio/index.ts')
    const app = studioApp({ folder: '.', page: '.', command: ['x'], schemas: '.' }, doorOf('127.0.0.1'))
    for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS'])
      expect((await app.request('/api/runs', { method, headers: own })).status).toBe(405)
  })

  it('bounds what is sent', async () => {
    const { post } = asking()
    const body = { kind: 'learn', name: 'x', configuration: 'x'.repeat(2 ** 21) }
    expect((await post('/api/runs', body)).status).toBe(413)
  })
})

describe('a studio that others can reach', () => {
  const door = doorOf('192.0.2.1')
  const host = { host: '192.0.2.1:8017' }
  const token = door.token ?? ''

  it('has a token of 192 bits, another one each time; a loopback studio has none', () => {
    expect(Buffer.from(token, 'base64url')).toHaveLength(24)
    expect(doorOf('192.0.2.1').token).not.toBe(token)
    expect(['127.0.0.1', 'localhost', '::1', '127.8.9.1'].map((name) => doorOf(name).token)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ])
    expect(['0.0.0.0', '::', '10.0.0.1', '127.0.0.1.evil.example'].some(isLoopback)).toBe(false)
  })

  it('gives nothing without it: not the page, not its scripts, not the runs', async () => {
    const { get, post } = asking(door)
    for (const path of ['/', '/main.js', '/api/runs', '/api/here', '/nothing'])
      expect((await get(path, host)).status).toBe(401)
    expect((await get('/?token=wrong', host)).status).toBe(401)
    expect((await get(`/api/runs?token=${token}`, host)).status).toBe(401) // only the page takes it there
    expect((await get('/api/runs', { ...host, authorization: `Bearer ${token}x` })).status).toBe(401)
    expect((await post('/api/runs', {}, { ...host, ...json, origin: `http://${host.host}` })).status).toBe(
      401,
    )
  })

  it('takes it from the link into a cookie that scripts and other sites cannot use', async () => {
    const { get } = asking(door)
    const visit = await get(`/?token=${token}`, host)
    expect([visit.status, visit.headers.get('location')]).toEqual([303, '/'])
    const cookie = visit.headers.get('set-cookie') ?? ''
    expect(cookie).toMatch(/^tweedie-studio-8017=[\w-]+; Path=\/; HttpOnly; SameSite=Strict$/)
    const back = { ...host, cookie: cookie.split(';')[0] }
    expect((await get('/api/runs', back)).status).toBe(200)
    expect((await get('/api/runs', { ...host, cookie: 'tweedie-studio-8017=guess' })).status).toBe(401)
  })

  it('takes it from a header too, of programs', async () => {
    const { get, post } = asking(door)
    const bearer = { ...host, authorization: `Bearer ${token}` }
    expect((await get('/api/runs', bearer)).status).toBe(200)
    expect((await post('/api/runs/none/stop', {}, { ...bearer, ...json })).status).toBe(404)
  })

  it('checks host and origin all the same', async () => {
    const { get } = asking(door)
    const bearer = { authorization: `Bearer ${token}` }
    expect((await get('/api/runs', { ...bearer, host: 'evil.example' })).status).toBe(403)
    expect((await get('/api/runs', { ...bearer, ...host, origin: 'http://evil.example' })).status).toBe(403)
  })

  it('compares digests, so texts of any length take the same way', () => {
    expect([sameText('a', 'a'), sameText('a', 'b'), sameText('', 'a'), sameText('a', 'aa')]).toEqual([
      true,
      false,
      false,
      false,
    ])
  })
})

describe('headers', () => {
  it.each(['/', '/main.js', '/api/runs', '/api/runs/none', '/nothing'])(
    'of %s: no script from elsewhere, no sniffing, no referrer, cross-origin isolation',
    async (path) => {
      const { headers } = await asking().get(path)
      const policy = headers.get('content-security-policy') ?? ''
      const scripts = /script-src ([^;]*)/.exec(policy)?.[1]
      expect(scripts).toBe("'self' 'wasm-unsafe-eval'")
      expect(policy).toContain("default-src 'none'")
      expect(policy).toContain("frame-ancestors 'none'")
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('referrer-policy')).toBe('no-referrer')
      expect(headers.get('cross-origin-opener-policy')).toBe('same-origin')
      expect(headers.get('cross-origin-embedder-policy')).toBe('require-corp')
      expect(headers.get('access-control-allow-origin')).toBeNull()
    },
  )

  it('says to the page that a studio serves it', async () => {
    const text = await (await asking().get('/')).text()
    expect(text).toContain('<meta name="tweedie-api" content="api/" />')
  })
})
