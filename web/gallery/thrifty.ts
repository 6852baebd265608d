const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined

/** Whether the reader has asked browsers to fetch little: then nothing large is fetched unasked. */
export const thrifty = (): boolean =>
  fieldOf(fieldOf(fieldOf(globalThis, 'navigator'), 'connection'), 'saveData') === true
