import { TweedieError } from './error.ts'

/** The values that JSON can hold. NaN and Inf cannot: they become `null` when written. */
export type Json = null | boolean | number | string | readonly Json[] | JsonRecord

/** A JSON object. */
export type JsonRecord = { readonly [key: string]: Json }

/** True for plain objects: neither `null` nor a list. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Value of JSON text. @throws TweedieError `input` that names `source` when the text is not JSON. */
export const parseJson = (text: string, source: string): Json => {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new TweedieError(
      'input',
      `${source}: not JSON: ${error instanceof Error ? error.message : error}`,
      {
        cause: error,
      },
    )
  }
}
