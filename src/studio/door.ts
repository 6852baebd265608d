/**
 * Who may ask: requests for this host, from its own page, and with the token where there is one. A page of
 * another site can make a browser send requests here (CSRF), and its own name point here (DNS rebinding).
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { hostname, networkInterfaces } from 'node:os'
import type { Context, MiddlewareHandler } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'
import { Refusal } from './refusal.ts'

/** How the server is reached. */
export interface Door {
  /** Names that may stand in `Host`, without a port, in lower case. */
  readonly names: ReadonlySet<string>
  /** Asked for where others can reach the server. */
  readonly token?: string
}

/** Where files are sent to: the only bodies that are no JSON, and that may be large. */
export const UPLOADS = '/api/uploads'

const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]']

/** Whether only this machine can reach a host. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)

const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host)

const isEverywhere = (host: string): boolean => host === '0.0.0.0' || host === '::'

/** A host as an address says it: of a server that listens everywhere, an address that others can open. */
export const hostInUrl = (host: string): string => {
  if (!isEverywhere(host)) return bracketed(host)
  const outside = Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4')
  return outside?.address ?? hostname()
}

/** Addresses of this machine, for a server that listens on all of them. */
const ownNames = (): string[] =>
  [
    hostname(),
    ...Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address)),
  ].map((name) => bracketed(name).toLowerCase())

/** The door of a server that listens on a host; with a fresh token where others can reach it. */
export const doorOf = (host: string): Door => {
  const names = new Set([
    ...LOOPBACK,
    bracketed(host).toLowerCase(),
    ...(isEverywhere(host) ? ownNames() : []),
  ])
  return isLoopback(host) ? { names } : { names, token: randomBytes(24).toString('base64url') }
}

/** A host without its port. */
const nameOf = (host: string): string => host.toLowerCase().replace(/:\d*$/, '')

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Whether two texts are the same, in a time that does not depend on where they differ. */
export const sameText = (a: string, b: string): boolean => timingSafeEqual(digestOf(a), digestOf(b))

/** Cookies are shared by all ports of a host: the name says whose it is. */
const cookieName = (c: Context): string =>
  `tweedie-studio-${(c.req.header('host') ?? '').replace(/^.*?(?::(\d+))?$/, '$1') || '80'}`

const bearerOf = (c: Context): string | undefined =>
  /^Bearer (\S+)$/.exec(c.req.header('authorization') ?? '')?.[1]

/** The host that the request is for: `Host`, checked against the names of this server. */
const checkHost = (c: Context, { names }: Door): string => {
  const host = c.req.header('host')
  if (host === undefined || !names.has(nameOf(host)))
    throw new Refusal(403, `this server does not answer to the host ${JSON.stringify(host ?? '')}`)
  return host.toLowerCase()
}

const hostOfOrigin = (origin: string): string | undefined =>
  URL.canParse(origin) ? new URL(origin).host : undefined

/** A browser says from which page a request comes; only this server's own may ask. */
const checkOrigin = (c: Context, host: string): void => {
  const origin = c.req.header('origin')
  if (origin !== undefined && hostOfOrigin(origin) !== host)
    throw new Refusal(403, 'this server answers its own page only, not other sites')
  const site = c.req.header('sec-fetch-site')
  const isVisit = c.req.header('sec-fetch-mode') === 'navigate' && c.req.path === '/'
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && !isVisit)
    throw new Refusal(403, 'this server answers its own page only, not other sites')
}

/** What changes something: a POST of this page's own, in a type that a form of another site cannot send. */
const checkChange = (c: Context): void => {
  const { method } = c.req
  if (method === 'GET' || method === 'HEAD') return
  if (method !== 'POST') throw new Refusal(405, `${method} is not answered here`)
  if (c.req.header('origin') === undefined && bearerOf(c) === undefined)
    throw new Refusal(403, 'a request that changes something must say its origin')
  const wanted = c.req.path === UPLOADS ? 'application/octet-stream' : 'application/json'
  const type = (c.req.header('content-type') ?? '').split(';')[0].trim().toLowerCase()
  if (type !== wanted) throw new Refusal(415, `a request that changes something must be ${wanted}`)
}

/** Checks host, origin, method and token of every request. */
export const guarded =
  (door: Door): MiddlewareHandler =>
  async (c, next) => {
    checkOrigin(c, checkHost(c, door))
    checkChange(c)
    if (door.token === undefined) return next()
    const given = c.req.query('token')
    if (given !== undefined && c.req.path === '/' && sameText(given, door.token)) {
      setCookie(c, cookieName(c), door.token, { httpOnly: true, sameSite: 'Strict', path: '/' })
      return c.redirect('/', 303) // the token leaves the address line
    }
    const shown = bearerOf(c) ?? getCookie(c, cookieName(c))
    if (shown === undefined || !sameText(shown, door.token))
      throw new Refusal(401, 'open the link that tweedie studio has printed: it holds the token')
    return next()
  }
