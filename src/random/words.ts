import { NdArray } from '../tensor/ndarray.ts'
import { type At, randomWords, type Stream } from './stream.ts'

/**
 * Random words as signed integers, int32 [B, D, W] with W at most 4: those of row i and entry j of it come
 * from the address with `observation` i and `draw` j. Seeds of what is made elsewhere.
 *
 * @throws TweedieError `input` when the address is out of range
 */
export const wordsBatch = (
  stream: Stream,
  at: Pick<At, 'lap' | 'step'>,
  [rows, draws, width]: readonly [number, number, number],
): NdArray<'int32'> => {
  const out = new Int32Array(rows * draws * width)
  const block = new Int32Array(4)
  for (let observation = 0; observation < rows; observation++)
    for (let draw = 0; draw < draws; draw++) {
      randomWords(block, 1, stream, { ...at, observation, draw })
      out.set(block.subarray(0, width), (observation * draws + draw) * width)
    }
  return new NdArray('int32', [rows, draws, width], out)
}
