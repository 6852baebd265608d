/** How many nodes of an op an ONNX model holds: counts its field 4 (op_type, wire type 2) with that text. */
export const countNodes = (model: Uint8Array, op: string): number => {
  const field = Buffer.from([0x22, op.length, ...Buffer.from(op)])
  const bytes = Buffer.from(model)
  let count = 0
  for (let at = bytes.indexOf(field); at !== -1; at = bytes.indexOf(field, at + 1)) count++
  return count
}
