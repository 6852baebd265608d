/** Files that are no ONNX models, told by how they begin, and what to do with them. */
import { TweedieError } from '../../error.ts'

const EXPORT =
  "export it in Python: torch.onnx.export(model, (x, t), 'model.onnx', input_names=['x', 't'], …)"

const startsWith = (bytes: Uint8Array, ...start: readonly number[]): boolean =>
  start.every((byte, i) => bytes[i] === byte)

/** What a file is, when it is a model of something else. */
const kindOf = (bytes: Uint8Array): string | undefined => {
  const isZip = startsWith(bytes, 0x50, 0x4b, 3, 4)
  const isPickle = startsWith(bytes, 0x80) && bytes[1] >= 2 && bytes[1] <= 5
  if (isZip || isPickle) return 'weights of PyTorch, which do not say what the network computes'
  if (bytes[8] === 0x7b && startsWith(bytes.subarray(5), 0, 0, 0))
    return 'weights in safetensors, which do not say what the network computes'
  if (startsWith(bytes, 0x89, 0x48, 0x44, 0x46)) return 'HDF5, as Keras saves weights'
  return undefined
}

/** @throws TweedieError `input` for files of PyTorch and others, with the way to an ONNX file */
export const checkOnnxFile = (bytes: Uint8Array): void => {
  const kind = kindOf(bytes)
  if (kind !== undefined) throw new TweedieError('input', `${kind}; ${EXPORT}`)
}
