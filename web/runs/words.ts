/** Numbers and times in words. */

/** Four significant digits, no more. */
export const short = (value: number | null | undefined): string => {
  if (value === undefined) return ''
  if (value === null || !Number.isFinite(value)) return 'not finite'
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return String(value)
  const size = Math.abs(value)
  return size >= 1e5 || size < 1e-3 ? value.toExponential(2) : String(Number(value.toPrecision(4)))
}

/** Seconds as `45 s`, `3 min`, `2 h 10 min`, `3 d 4 h`. */
export const duration = (seconds: number | undefined): string => {
  if (seconds === undefined) return ''
  if (seconds < 59.5) return `${Math.round(seconds)} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return `${hours} h ${minutes % 60} min`
  return `${Math.floor(hours / 24)} d ${hours % 24} h`
}

/** How long ago: `now`, `5 min ago`. */
export const ago = (changed: number, now: number = Date.now()): string => {
  const seconds = Math.max(0, (now - changed) / 1000)
  return seconds < 10 ? 'now' : `${duration(seconds)} ago`
}

/** Bytes as `12 kB`, `3.4 MB`. */
export const bytesOf = (bytes: number): string => {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3))
  return `${Number((bytes / 1000 ** power).toPrecision(3))} ${units[power]}`
}

/** Names of figures. */
const figureNames: Readonly<Record<string, string>> = {
  rmse: 'RMSE',
  crps: 'CRPS',
  coverage90: '90 % intervals hold',
  sinkhorn: 'Sinkhorn',
  loss: 'training loss',
}

/** A figure by its name, as people write it. */
export const figureName = (name: string): string => figureNames[name] ?? name

/** A figure with its unit. */
export const figureValue = (name: string, value: number | null): string =>
  name.startsWith('coverage') && value !== null ? `${(100 * value).toFixed(0)} %` : short(value)
