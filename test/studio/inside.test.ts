import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { writeArrays } from '../../src/formats/index.ts'
import type { RunsPage } from '../../src/studio/index.ts'
import { ndarray } from '../../src/tensor/index.ts'
import { scratch } from '../run/scratch.ts'
import { asking, said } from './asking.ts'
import { makeRun } from './make-run.ts'

/** A folder with a run, and beside it what nobody may see. */
const guarded = () => {
  const outside = scratch()
  const folder = join(outside, 'runs')
  mkdirSync(folder)
  writeArrays(join(outside, 'secret.npz'), { x: ndarray([1, 2], [2]) })
  makeRun(outside, 'other', [])
  makeRun(folder, 'own', [])
  writeFileSync(join(folder, 'own', '.hidden.npz'), 'x')
  writeArrays(join(folder, 'own', 'seen.npz'), { x: ndarray([1, 2], [2]) })
  symlinkSync(join(outside, 'secret.npz'), join(folder, 'own', 'link.npz'))
  symlinkSync(join(outside, 'other'), join(folder, 'way-out'))
  symlinkSync(join(folder, 'own', 'seen.npz'), join(folder, 'own', 'inner.npz'))
  return asking(undefined, folder)
}

const hostile = [
  '../secret.npz',
  'own/../../secret.npz',
  'own/..',
  '..',
  '.',
  '',
  '/etc/passwd',
  '//etc/passwd',
  'own/.hidden.npz',
  'own//seen.npz',
  '..\\secret.npz',
  'C:\\x',
  'own/seen.npz\0.txt',
  '%2e%2e/secret.npz',
  'own/link.npz',
  'way-out/config.yaml',
]

describe('paths', () => {
  it.each(hostile)('%j leads nowhere', async (path) => {
    const { get } = guarded()
    const answers = await Promise.all([
      get(`/api/arrays?path=${encodeURIComponent(path)}`),
      get(`/api/arrays/rows?field=x&path=${encodeURIComponent(path)}`),
      get(`/api/diagnosis?path=${encodeURIComponent(path)}`),
      get(`/api/comparison?path=${encodeURIComponent(path)}`),
      get(`/api/page?path=${encodeURIComponent(path)}`),
      ...(path === '' ? [] : [get(`/api/runs/${encodeURIComponent(path)}`)]),
    ])
    for (const answer of answers) {
      expect([400, 404]).toContain(answer.status)
      expect(await answer.text()).not.toMatch(/root:|"shape":|float32/)
    }
  })

  it.each([
    '/../secret.npz',
    '/%2e%2e/secret.npz',
    '/..%2fsecret.npz',
    '/%2e%2e%2f%2e%2e%2fetc%2fpasswd',
    '/.git',
    '//etc/passwd',
    '/%00',
    '/%',
  ])('the page has nothing at %s', async (path) => {
    expect([400, 404]).toContain((await guarded().get(path)).status)
  })

  it('links that stay inside are followed', async () => {
    const { get } = guarded()
    expect((await get('/api/arrays?path=own/inner.npz')).status).toBe(200)
    expect((await get('/api/arrays?path=own/seen.npz')).status).toBe(200)
    expect((await get('/api/runs/own')).status).toBe(200)
  })

  it('a run by a link out of the folder is no run', async () => {
    const { get } = guarded()
    expect((await get('/api/runs/way-out')).status).toBe(400)
    const table = await said<RunsPage>(await get('/api/runs'))
    expect(table.rows.map(({ name }) => name)).toEqual(['own'])
  })

  it('a run whose parts are links out of the folder is damaged, and shows nothing of them', async () => {
    const outside = scratch()
    const secret = join(outside, 'secret.yaml')
    writeFileSync(secret, 'password: hunter2\n')
    for (const part of ['config.yaml', 'journal.jsonl', 'draws']) {
      const { folder, get } = asking()
      const path = makeRun(folder, 'run', [])
      rmSync(join(path, part), { recursive: true })
      symlinkSync(part === 'draws' ? outside : secret, join(path, part))
      const table = await said<RunsPage>(await get('/api/runs'))
      expect(table.rows[0]).toMatchObject({ state: 'damaged' })
      for (const answer of [await get('/api/runs/run'), await get('/api/runs/run/story')]) {
        expect(answer.status).toBe(400)
        expect(await answer.text()).not.toMatch(/hunter2|password/)
      }
    }
  })

  it('nothing is written through a link', async () => {
    const { folder, post } = asking()
    const outside = scratch()
    const start = () => post('/api/runs', { kind: 'learn', name: 'x', configuration: 'net: 1' })
    symlinkSync(join(outside, 'new'), join(folder, 'x'))
    expect((await start()).status).toBe(400)
    rmSync(join(folder, 'x'))
    symlinkSync(outside, join(folder, '.studio'))
    expect((await start()).status).toBe(400)
    expect((await post('/api/plan', { kind: 'learn', configuration: 'net: 1' })).status).toBe(400)
    rmSync(join(folder, '.studio'))
    mkdirSync(join(folder, '.studio'))
    symlinkSync(join(outside, 'victim'), join(folder, '.studio/x.yaml'))
    expect((await start()).status).toBe(400)
    expect(readdirSync(outside)).toEqual([])
  })

  it('new runs have plain names, and replace nothing', async () => {
    const { post } = guarded()
    for (const name of ['../x', 'a/b', '.x', '', 'x'.repeat(100), 'a b', '-x', 'x\n'])
      expect((await post('/api/runs', { kind: 'learn', name, configuration: 'net: 1' })).status).toBe(400)
    expect((await post('/api/runs', { kind: 'learn', name: 'own', configuration: 'net: 1' })).status).toBe(
      409,
    )
  })
})
