import type { Result } from '../../../web/look/result.ts'
import type { Draws } from '../../../web/posterior/draws.ts'

/** The draws of an observation as its look has them, where any is finite. */
export const drawsIn = ({ of, look, name }: Result, i = 0): Draws => {
  const own = of(i, look)
  if (!own) throw new Error(`${name}: no draw of observation ${i} is finite`)
  return own
}
