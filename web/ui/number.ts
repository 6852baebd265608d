/** A number as a person reads it: so many significant digits, a true minus sign, no exponent near 1. */
export const shown = (value: number | undefined, digits = 3): string => {
  if (value === undefined || Number.isNaN(value)) return '–'
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞'
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return String(value).replace('-', '−')
  const size = Math.abs(value)
  const text = size >= 1e5 || size < 1e-3 ? value.toExponential(digits - 1) : value.toPrecision(digits)
  return text.replace('-', '−').replace('e+', 'e')
}
