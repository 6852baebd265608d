/** The arrays of a Zarr hierarchy, of version 2 or 3: one array, or those of a group by name. */
import { isRecord } from '../../json.ts'
import { wrong } from '../bytes/bytes.ts'
import { type ZarrArray, zarrArrayOfV3 } from './array-metadata.ts'
import { zarrArrayOfV2 } from './array-metadata-v2.ts'
import type { Dialogue } from './dialogue.ts'
import { jsonObject } from './json-text.ts'

type JsonObject = Readonly<Record<string, unknown>>

/** A node as its metadata stand there. */
type Node =
  | { readonly kind: 'array'; readonly array: ZarrArray; readonly attributes: JsonObject }
  | {
      readonly kind: 'group'
      readonly attributes: JsonObject
      /** Metadata of what is below it, by path, where they are kept together. */
      readonly below?: Readonly<Record<string, () => Node | undefined>>
    }

/** What a hierarchy holds. */
export interface ZarrNodes {
  /** Arrays by their path below the root; of a root that is one, by the empty path. */
  readonly arrays: Readonly<Record<string, ZarrArray>>
  readonly attributes: JsonObject
}

/** Bytes of metadata of one node, and of all of them kept together. */
const [NODE_BYTES, ALL_BYTES] = [2 ** 24, 2 ** 26]

/** Groups in groups, and arrays in all: more are a damaged or hostile folder. */
const [DEEPEST, MOST_ARRAYS] = [8, 10_000]

const metadataAt = ({ ask, where }: Dialogue, path: string, name: string, most = NODE_BYTES) => {
  const key = path === '' ? name : `${path}/${name}`
  const bytes = ask({ kind: 'metadata', key, most })
  return bytes instanceof Uint8Array ? jsonObject(bytes, `${where}/${key}`) : undefined
}

const objectOf = (value: unknown): JsonObject => (isRecord(value) ? value : {})

/** Paths of nodes that are below their root. @throws TweedieError `input` for others */
const checkPath = (path: string, where: string): string => {
  const parts = path.split('/')
  if (parts.length > DEEPEST || parts.some((part) => part === '' || part === '.' || part === '..'))
    throw wrong(where, `consolidated metadata: '${path.slice(0, 80)}' is no path of a node`)
  return path
}

const nodeV3 = (metadata: JsonObject, where: string): Node => {
  const attributes = objectOf(metadata.attributes)
  if (metadata.node_type === 'array')
    return { kind: 'array', array: zarrArrayOfV3(metadata, where), attributes }
  if (metadata.node_type !== 'group' || metadata.zarr_format !== 3)
    throw wrong(where, 'must be of an array or a group of zarr_format 3')
  const { consolidated_metadata: together } = metadata
  if (!isRecord(together) || !isRecord(together.metadata)) return { kind: 'group', attributes }
  const below = Object.entries(together.metadata).map(([path, value]) => {
    const own = `${where}: consolidated metadata of '${path}'`
    return [checkPath(path, where), () => nodeV3(objectOf(value), own)] as const
  })
  return { kind: 'group', attributes, below: Object.fromEntries(below) }
}

/** What is kept together in `.zmetadata`: keys of metadata, `y/.zarray`, and their values. */
const togetherV2 = (metadata: JsonObject, where: string) => {
  const entries = Object.entries(objectOf(metadata.metadata))
  const below = entries.flatMap(([key, value]) => {
    if (!key.endsWith('/.zarray')) return []
    const path = checkPath(key.slice(0, -'/.zarray'.length), where)
    const node = (): Node => ({
      kind: 'array',
      array: zarrArrayOfV2(objectOf(value), `${where}: ${key}`),
      attributes: {},
    })
    return [[path, node] as const]
  })
  return Object.fromEntries(below)
}

/** The node at a path, or undefined where there is none. */
const nodeAt = (dialogue: Dialogue, path: string): Node | undefined => {
  const at = path === '' ? dialogue.where : `${dialogue.where}/${path}`
  const found = metadataAt(dialogue, path, 'zarr.json', ALL_BYTES)
  if (found) return nodeV3(found, `${at}/zarr.json`)
  const array = metadataAt(dialogue, path, '.zarray')
  const attributes = () => metadataAt(dialogue, path, '.zattrs') ?? {}
  if (array) return { kind: 'array', array: zarrArrayOfV2(array, `${at}/.zarray`), attributes: attributes() }
  if (!metadataAt(dialogue, path, '.zgroup')) return undefined
  return { kind: 'group', attributes: attributes() }
}

/** The arrays below a group, where its names can be listed. */
const listedBelow = (dialogue: Dialogue, path: string, arrays: Record<string, ZarrArray>): boolean => {
  const names = dialogue.ask({ kind: 'below', key: path })
  if (names === undefined || names instanceof Uint8Array) return false
  for (const name of [...names].sort()) {
    const child = path === '' ? name : `${path}/${name}`
    const node = nodeAt(dialogue, child)
    if (node?.kind === 'array') arrays[child] = node.array
    else if (node?.kind === 'group' && child.split('/').length < DEEPEST) listedBelow(dialogue, child, arrays)
    if (Object.keys(arrays).length > MOST_ARRAYS)
      throw wrong(dialogue.where, `holds more than ${MOST_ARRAYS} arrays`)
  }
  return true
}

/** The arrays of a group: as listed, or where a server lists nothing, those of the consolidated metadata. */
const arraysBelow = (
  dialogue: Dialogue,
  group: Extract<Node, { kind: 'group' }>,
): Record<string, ZarrArray> => {
  const arrays: Record<string, ZarrArray> = {}
  if (listedBelow(dialogue, '', arrays)) return arrays
  const v2 = group.below ? undefined : metadataAt(dialogue, '', '.zmetadata', ALL_BYTES)
  const below = v2 ? togetherV2(v2, `${dialogue.where}/.zmetadata`) : group.below
  if (!below)
    throw wrong(
      dialogue.where,
      'is a group without consolidated metadata, and a server does not list its arrays; name one of them ' +
        '(…/y), or consolidate: zarr.consolidate_metadata in Python',
    )
  for (const [path, node] of Object.entries(below)) {
    const found = node()
    if (found?.kind === 'array') arrays[path] = found.array
  }
  return arrays
}

/**
 * What a hierarchy holds.
 *
 * @throws TweedieError `input` when there is none, for damaged metadata, and for arrays that are not read
 */
export const nodesOf = (dialogue: Dialogue): ZarrNodes => {
  const node = nodeAt(dialogue, '')
  if (!node)
    throw wrong(
      dialogue.where,
      'holds no array or group of Zarr (zarr.json, .zarray, .zgroup), or none that may be read',
    )
  const { attributes } = node
  return { attributes, arrays: node.kind === 'array' ? { '': node.array } : arraysBelow(dialogue, node) }
}
