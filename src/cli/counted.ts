/** `1 lap`, `2 laps`. @param many - the plural; default with an s */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`
