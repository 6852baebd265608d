/** How the samples of a run look: as the data that it learned from, as far as its configuration says it. */
import { dataSetNames, meshNames, readClean, SPHERE } from '../datasets/index.ts'
import { isRecord, type JsonRecord } from '../json.ts'
import { openObservations } from '../observations/index.ts'
import type { SampleLook } from '../report/views/prior-samples.ts'
import { readConfig } from '../run/index.ts'
import { inside } from './inside.ts'
import { observationsOf } from './observations-beside.ts'

/** What is known of a look. */
export type KnownLook = Partial<SampleLook>

/** Data sets with a name are read once. */
const named = new Map<string, Promise<KnownLook>>()

const namedLook = (name: string): Promise<KnownLook> => {
  const known =
    named.get(name) ??
    readClean(name, { most: 1 }).then(({ view, range, valid }) => ({
      view,
      range,
      ...(valid ? { valid } : {}),
    }))
  named.set(name, known)
  return known
}

const isPair = (value: unknown): value is readonly [number, number] =>
  Array.isArray(value) && value.length === 2 && value.every((v) => Number.isInteger(v) && v > 1)

/** What a network says that knows how its points lie. */
const netLook = (net: unknown): KnownLook => {
  if (!isRecord(net)) return {}
  const { kind, grid, mesh } = net
  if (kind === 'sphere') {
    const [rows, columns] = isPair(grid) ? grid : [SPHERE.rows, SPHERE.columns]
    return { view: { kind: 'globe', rows, columns } }
  }
  return typeof mesh === 'string' && meshNames.includes(mesh) ? { view: { kind: 'mesh', mesh } } : {}
}

/** The units of the data, where the configuration says them. */
const rangeLook = ({ range }: JsonRecord): KnownLook => {
  if (!Array.isArray(range)) return {}
  const [low, high] = range.map(Number)
  return low < high ? { range: [low, high] } : {}
}

/** What observations say of their signals; nothing where these lie in no space that is known. */
const observedLook = (path: string): KnownLook => {
  const { view, valid, mesh, range, close } = openObservations(path)
  close()
  if (!view || view.kind === 'signal') return {}
  return { view, range, ...(valid ? { valid } : {}), ...(mesh ? { mesh } : {}) }
}

/**
 * The look of samples on points; of images and vectors their shape says enough, and this only their units.
 *
 * @param folder that is served: nothing outside of it is opened, but data sets that ship
 */
export const sampleLook = async (
  folder: string,
  run: string,
  event: readonly number[],
): Promise<KnownLook> => {
  const config = readConfig(run)
  const units = rangeLook(config)
  if (event.length !== 2) return units
  const [below] = observationsOf(folder, run)
  const own = below === undefined ? {} : observedLook(inside(folder, below))
  if (own.view) return { ...own, ...units }
  const { clean } = isRecord(config.data) ? config.data : {}
  const known = typeof clean === 'string' && dataSetNames.includes(clean) ? await namedLook(clean) : {}
  return { ...netLook(config.net), ...known, ...units }
}
