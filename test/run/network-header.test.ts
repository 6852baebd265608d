/** Networks in the headers of files, as version 0.1 wrote them and as they are written now. */
import { describe, expect, it } from 'vitest'
import { meshPoints } from '../../src/datasets/index.ts'
import {
  headerOf,
  networkHeader,
  spatialNetworkHeader,
  withNamedMeshes,
} from '../../src/run/network-header.ts'

/** Headers of 0.1, one of each kind, with what its configuration said. */
const old = [
  { kind: 'mlp', hidden: [256, 256, 256], emb: 64, features: 5 },
  { kind: 'unet', channels: [32, 64], blocks: [2, 2], emb: 256, dropout: 0, unshuffle: 1, io: 1 },
  {
    kind: 'ncsnpp',
    width: 64,
    multipliers: [1, 2, 2, 2],
    blocks: 4,
    attention: [16],
    dropout: 0.1,
    io: 3,
    size: 32,
  },
  { kind: 'unet1d', channels: [32, 64], blocks: [2, 2], emb: 256, dropout: 0, unshuffle: 1, io: 1 },
  { kind: 'sphere', channels: [8], blocks: [1], emb: 16, dropout: 0, grid: [46, 90], unshuffle: 2, io: 2 },
  { kind: 'graph', channels: [8], blocks: [1], emb: 16, dropout: 0, mesh: 'bunny', k: 8, factor: 4, io: 1 },
  {
    kind: 'graph',
    channels: [8],
    blocks: [1],
    mesh: [
      [0, 0],
      [0, 1],
      [1, 0],
    ],
    k: 1,
    factor: 2.5,
    io: 1,
  },
]

describe('networks in headers', () => {
  it.each(old)('$kind of 0.1 is read, and written as it was', (header) => {
    const config = networkHeader.parse(header)
    expect(headerOf(config)).toEqual(header)
    if (header.kind === 'mlp') expect(() => spatialNetworkHeader.parse(header)).toThrow(/unknown kind 'mlp'/)
    else expect(spatialNetworkHeader.parse(header)).toEqual(config)
  })

  it('name meshes that ship, whose points are known in memory', () => {
    const config = networkHeader.parse(old[5])
    expect(config).toMatchObject({ mesh: meshPoints('bunny') })
    expect(withNamedMeshes({ kind: 'unet', mesh: 'bunny' })).toEqual({ kind: 'unet', mesh: 'bunny' })
  })

  it.each([
    [{ kind: 'cnn' }, /unknown kind 'cnn'/],
    [{ kind: 3 }, /unknown kind '3'/],
    [[], /expected record/],
    [{ ...old[1], io: undefined }, /'io' is missing/],
    [{ ...old[1], channels: 'many' }, /'channels' must be a list of 1 or more integers of at least 1/],
    [{ ...old[5], mesh: 'hare' }, /unknown mesh 'hare', did you mean 'bunny'/],
  ])('%j is refused', (header, says) => {
    expect(() => networkHeader.parse(header)).toThrow(says)
  })
})
