/** Numbers in the query of an address. */
import { Refusal } from '../refusal.ts'

/** A whole number ≥ 0 of a query. @throws Refusal 400 for another text, or for none without `otherwise` */
export const naturalOf = (text: string | undefined, name: string, otherwise?: number): number => {
  if (text === undefined && otherwise !== undefined) return otherwise
  if (text !== undefined && /^\d{1,15}$/.test(text)) return Number(text)
  throw new Refusal(400, `${name}: expected a whole number, got ${JSON.stringify(text ?? '')}`)
}
