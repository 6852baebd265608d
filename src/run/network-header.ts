/** A network as the header of a checkpoint says it. */
import { z } from 'zod'

const sizes = z.array(z.int().positive())
const levels = {
  io: z.int(),
  channels: sizes,
  blocks: sizes,
  heads: z.array(z.int().nonnegative()).optional(),
  emb: z.int().optional(),
  dropout: z.number().optional(),
}

/** Networks over points in space. */
export const spatialNetworkHeader = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('unet'), ...levels, unshuffle: z.int().optional() }),
  z.object({
    kind: z.literal('ncsnpp'),
    io: z.int(),
    size: z.int(),
    width: z.int().optional(),
    multipliers: sizes.optional(),
    blocks: z.int().optional(),
    attention: sizes.optional(),
    dropout: z.number().optional(),
  }),
  z.object({ kind: z.literal('unet1d'), ...levels, unshuffle: z.int().optional() }),
  z.object({
    kind: z.literal('sphere'),
    ...levels,
    grid: z.tuple([z.int(), z.int()]).optional(),
    factors: sizes.optional(),
    unshuffle: z.int().optional(),
  }),
  z.object({
    kind: z.literal('graph'),
    ...levels,
    mesh: z.union([z.literal('bunny'), z.array(z.array(z.number()))]),
    k: z.int().optional(),
    factor: z.number().optional(),
  }),
])

/** All networks. */
export const networkHeader = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('mlp'), features: z.int(), hidden: sizes, emb: z.int() }),
  ...spatialNetworkHeader.options,
])
