import type { Progress, ProgressEvent } from '../progress.ts'

/**
 * How progress is shown: a bar that is redrawn, sparse lines for logs, JSON lines for programs, or not at
 * all.
 */
export type ProgressStyle = 'bar' | 'lines' | 'json' | 'none'

/** Progress that can make room for other output. */
export interface ProgressDisplay {
  readonly show: Progress
  /** Ends the line of a bar, so that what is written next stands on its own. */
  end(): void
}

/** Where and when progress is written; tests give their own. */
export interface ProgressTarget {
  write(text: string): void
  /** Width of the terminal in characters. */
  readonly columns: number
  /** Seconds. */
  now(): number
}

/** Least seconds between two displays of one phase. */
const interval: Readonly<Record<ProgressStyle, number>> = { bar: 0.1, lines: 10, json: 1, none: Infinity }

const CLEAR_LINE = '\r\x1b[2K'

/** The phase at work and when it began. */
interface Pace {
  readonly phase: string
  readonly start: number
  readonly startDone: number
  readonly shown: number
}

interface MeasuredPace extends Pace {
  /** Units per second since the phase began here; undefined while none is done. */
  readonly rate?: number
  /** Seconds. */
  readonly left?: number
}

const measure = (pace: Pace, { done, total }: ProgressEvent, now: number): MeasuredPace => {
  const worked = done - pace.startDone
  const rate = worked > 0 && now > pace.start ? worked / (now - pace.start) : undefined
  return { ...pace, rate, left: rate === undefined ? undefined : (total - done) / rate }
}

/** `42 s`, `3:07 min`, `2:05 h`. */
export const formatSeconds = (seconds: number): string => {
  const whole = Math.round(seconds)
  const two = (n: number): string => String(n).padStart(2, '0')
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)}:${two(whole % 60)} min`
  return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)} h`
}

/** Three significant digits. */
const short = (value: string | number): string =>
  typeof value === 'number' && !Number.isInteger(value) ? String(Number(value.toPrecision(3))) : String(value)

/** The other fields in words: `lap 2 of 11`, `loss 0.123`. */
const figuresOf = ({ phase, done, total, lap, laps, ...figures }: ProgressEvent): string[] => [
  ...(lap === undefined ? [] : [`lap ${lap}${laps === undefined ? '' : ` of ${laps}`}`]),
  ...Object.entries(figures).map(([name, value]) => `${name} ${short(value)}`),
]

const words = (event: ProgressEvent, { rate, left }: MeasuredPace): string =>
  [
    `${Number(event.done.toFixed(1))}/${event.total}`,
    ...(rate === undefined ? [] : [`${short(rate)}/s`]),
    ...(left === undefined || event.done >= event.total ? [] : [`${formatSeconds(left)} left`]),
    ...figuresOf(event),
  ].join('  ')

const BAR_WIDTH = 24

const bar = ({ done, total }: ProgressEvent): string => {
  const full = total > 0 ? Math.round((BAR_WIDTH * Math.min(done, total)) / total) : 0
  return '█'.repeat(full) + '░'.repeat(BAR_WIDTH - full)
}

const percent = ({ done, total }: ProgressEvent): string =>
  `${total > 0 ? Math.floor((100 * done) / total) : 0}%`.padStart(4)

/** Shows progress in the given style; cheap when called often, since it draws at most ten times a second. */
export const progressDisplay = (style: ProgressStyle, target: ProgressTarget): ProgressDisplay => {
  let pace: Pace | undefined
  let open = false
  const end = (): void => {
    if (open) target.write('\n')
    open = false
  }
  const draw = (event: ProgressEvent, measured: MeasuredPace): void => {
    if (style === 'json') {
      const { rate, left } = measured
      target.write(`${JSON.stringify({ ...event, rate, secondsLeft: left })}\n`)
    } else if (style === 'lines') {
      target.write(`${event.phase}: ${words(event, measured)}\n`)
    } else {
      const line = `${event.phase}  ${bar(event)} ${percent(event)}  ${words(event, measured)}`
      target.write(CLEAR_LINE + line.slice(0, target.columns - 1))
      open = true
    }
  }
  const show: Progress = (event) => {
    if (style === 'none') return
    const now = target.now()
    const fresh = pace?.phase !== event.phase
    if (fresh) {
      end()
      pace = { phase: event.phase, start: now, startDone: event.done, shown: -Infinity }
    }
    const current = pace ?? { phase: event.phase, start: now, startDone: event.done, shown: -Infinity }
    const finished = event.done >= event.total
    if (!finished && now - current.shown < interval[style]) return
    draw(event, measure(current, event, now))
    pace = { ...current, shown: now }
    if (finished) end()
  }
  return { show, end }
}
