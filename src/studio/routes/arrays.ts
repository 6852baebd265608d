/** Files of arrays below the folder: what they hold, and rows of them as float32 bytes, little-endian. */
import type { Context } from 'hono'
import { type ArrayFile, asFloat32, openArrays } from '../../formats/index.ts'
import { type NdArray, sizeOf } from '../../tensor/index.ts'
import { inside } from '../inside.ts'
import { observationsBeside } from '../observations-beside.ts'
import { Refusal } from '../refusal.ts'
import type { Family } from './family.ts'
import { naturalOf } from './query.ts'

/** Most bytes of an answer. */
const MOST = 2 ** 26

const withArrays = <T>(folder: string, c: Context, use: (file: ArrayFile, path: string) => T): T => {
  const path = c.req.query('path') ?? ''
  const file = openArrays(inside(folder, path))
  try {
    return use(file, path)
  } finally {
    file.close()
  }
}

const bytesOf = (c: Context, array: NdArray, field: string, path: string): Response => {
  const { shape, data } = asFloat32(array, field, false, path)
  c.header('content-type', 'application/octet-stream')
  c.header('x-shape', shape.join(','))
  return c.body(new Uint8Array(data.slice().buffer))
}

/** The part of an array that is asked for: rows, or columns of the second axis. */
const partOf = (axis: 0 | 1) => (folder: string) => (c: Context) =>
  withArrays(folder, c, (file, path) => {
    const field = c.req.query('field') ?? ''
    if (!Object.hasOwn(file.fields, field))
      throw new Refusal(404, `${path}: has no array ${JSON.stringify(field)}`)
    const { shape } = file.fields[field]
    const count = shape[axis] ?? 0
    const from = naturalOf(c.req.query('from'), 'from', 0)
    const to = naturalOf(c.req.query('to'), 'to', count)
    if (!(from < to && to <= count))
      throw new Refusal(
        400,
        `${path}: '${field}' has ${count} along axis ${axis}, asked for ${from} to ${to}`,
      )
    const bytes = (4 * sizeOf(shape) * (to - from)) / count
    if (bytes > MOST)
      throw new Refusal(413, `${path}: asked for ${bytes} bytes, ${MOST} go at once: ask for less`)
    return bytesOf(c, axis === 0 ? file.rows(field, from, to) : file.columns(field, from, to), field, path)
  })

export const arrays: Family = (app, { folder }) => {
  app.get('/api/arrays', (c) =>
    withArrays(folder, c, ({ fields, metadata }, path) => {
      const known = Object.entries(fields).map(([name, { dtype, shape }]) => ({ name, dtype, shape }))
      const observations = observationsBeside(folder, path)
      return c.json({
        path,
        fields: known.slice(0, 1000),
        metadata: Object.keys(metadata).slice(0, 100),
        ...(observations === undefined ? {} : { observations }),
      })
    }),
  )
  app.get('/api/arrays/rows', partOf(0)(folder))
  app.get('/api/arrays/columns', partOf(1)(folder))
}
