/** Whether the reader has asked browsers to fetch little: then nothing large is fetched unasked. */
export const thrifty = (): boolean => {
  const connection: unknown = Reflect.get(navigator, 'connection')
  return typeof connection === 'object' && connection !== null && Reflect.get(connection, 'saveData') === true
}
