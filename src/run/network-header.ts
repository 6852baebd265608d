/** A network as the header of a file says it: a mesh that ships is a name there, and points in memory. */
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { meshNames, meshPoints } from '../datasets/index.ts'
import { TweedieError } from '../error.ts'
import { type Json, parseJson } from '../json.ts'
import { type NetworkConfig, networks, readNetwork, readSpatialNetwork } from '../nn/index.ts'
import { OWN_MESH, type OwnMesh, pointsOf } from '../observations/index.ts'

type Fields = Readonly<Record<string, unknown>>

/** A record of a network whose fields of points are changed. */
const withPoints = (record: Fields, change: (points: unknown) => unknown): Fields => {
  const specs = networks.find(({ kind }) => kind === record.kind)?.settings ?? {}
  const ofPoints = Object.entries(specs).flatMap(([name, spec]) => (spec.kind === 'points' ? [name] : []))
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [name, ofPoints.includes(name) ? change(value) : value]),
  )
}

/**
 * Settings of a network with the points of meshes that they name.
 *
 * @param own - the mesh that observations have of their own, by the name `own`
 * @throws TweedieError `input` for unknown meshes
 */
export const withNamedMeshes = (settings: Fields, own?: OwnMesh): Fields =>
  withPoints(settings, (points) => {
    if (points === OWN_MESH && own) return pointsOf(own)
    if (points === OWN_MESH)
      throw new TweedieError('input', `net: mesh '${OWN_MESH}': the observations have none of their own`)
    return typeof points === 'string' ? meshPoints(points) : points
  })

/** A network in a header: its options as JSON, the meshes that ship by name. */
export const headerOf = (config: NetworkConfig): Json => {
  const named = withPoints(
    config,
    (points) => meshNames.find((name) => isDeepStrictEqual(points, meshPoints(name))) ?? points,
  )
  return parseJson(JSON.stringify(named), 'network')
}

const read = <T>(readOptions: (header: Fields) => T) =>
  z.record(z.string(), z.unknown()).transform((header, context): T => {
    try {
      return readOptions(withNamedMeshes(header))
    } catch (error) {
      if (!(error instanceof TweedieError)) throw error
      context.addIssue({ code: 'custom', message: error.message })
      return z.NEVER
    }
  })

/** All networks. */
export const networkHeader = read(readNetwork)

/** Networks over points in space. */
export const spatialNetworkHeader = read(readSpatialNetwork)
