/** Products of matrices, and of tensors by a formula (Einsum). */
import { add, matmul, mul, reshape, sum, transpose } from '../../ops/index.ts'
import type { Tensor } from '../../tensor.ts'
import type { Rules, Site } from '../site.ts'

/** Vectors are rows on the left and columns on the right, whose axis goes again. */
const product = (site: Site): Tensor => {
  const [a, b] = [site.input(0), site.input(1)]
  const left = a.shape.length === 1 ? reshape(a, [1, -1]) : a
  const right = b.shape.length === 1 ? reshape(b, [-1, 1]) : b
  const y = matmul(left, right)
  const [batch, rows, columns] = [y.shape.slice(0, -2), y.shape.slice(-2, -1), y.shape.slice(-1)]
  return reshape(y, [
    ...batch,
    ...(a.shape.length === 1 ? [] : rows),
    ...(b.shape.length === 1 ? [] : columns),
  ])
}

/** α A B + β C. */
const gemm = (site: Site): Tensor => {
  const transposed = { transA: site.int('transA', 0) !== 0, transB: site.int('transB', 0) !== 0 }
  const y = mul(matmul(site.input(0), site.input(1), transposed), site.float('alpha', 1))
  const c = site.maybe(2)
  return c ? add(y, mul(c, site.float('beta', 1))) : y
}

/** Sums over axes whose letters nobody else has. */
const without = (x: Tensor, letters: string, kept: string): { x: Tensor; letters: string } => {
  const axes = [...letters].flatMap((letter, i) => (kept.includes(letter) ? [] : [i]))
  return {
    x: axes.length > 0 ? sum(x, { axes }) : x,
    letters: [...letters].filter((letter) => kept.includes(letter)).join(''),
  }
}

const ordered = (x: Tensor, letters: string, wanted: string): Tensor =>
  transpose(
    x,
    [...wanted].map((letter) => letters.indexOf(letter)),
  )

/**
 * A product of two tensors as one batched matrix product: letters of both factors and the result are the
 * batch, those of both factors alone are summed.
 */
const contraction = (site: Site, equation: string): Tensor => {
  const [sources, result] = equation.split('->')
  const [first, second] = sources.split(',')
  const a = without(site.input(0), first, second + result)
  const b = without(site.input(1), second, first + result)
  const of = (letters: string, test: (letter: string) => boolean) => [...letters].filter(test).join('')
  const both = (letter: string) => a.letters.includes(letter) && b.letters.includes(letter)
  const batch = of(a.letters, (l) => both(l) && result.includes(l))
  const summed = of(a.letters, (l) => both(l) && !result.includes(l))
  const rows = of(a.letters, (l) => !both(l))
  const columns = of(b.letters, (l) => !both(l))
  const sizes = new Map([
    ...[...a.letters].map((letter, i) => [letter, a.x.shape[i]] as const),
    ...[...b.letters].map((letter, i) => [letter, b.x.shape[i]] as const),
  ])
  const sizesOf = (letters: string) => [...letters].map((letter) => sizes.get(letter) ?? 1)
  const count = (letters: string) => sizesOf(letters).reduce((n, d) => n * d, 1)
  const left = reshape(ordered(a.x, a.letters, batch + rows + summed), [
    ...sizesOf(batch),
    count(rows),
    count(summed),
  ])
  const right = reshape(ordered(b.x, b.letters, batch + summed + columns), [
    ...sizesOf(batch),
    count(summed),
    count(columns),
  ])
  const letters = batch + rows + columns
  return ordered(reshape(matmul(left, right), sizesOf(letters)), letters, result)
}

/** Letters of the factors and of the result, none twice in one of them. */
const FORMULA = /^([a-zA-Z]*)(?:,([a-zA-Z]*))?->([a-zA-Z]*)$/

const einsum = (site: Site): Tensor => {
  const equation = site.text('equation', '').replaceAll(' ', '')
  const match = FORMULA.exec(equation)
  const letters = match?.slice(1).flatMap((list) => (list === undefined ? [] : [list])) ?? []
  const factors = letters.slice(0, -1)
  const plain = letters.every((list) => new Set(list).size === list.length)
  const fits = factors.every((list, i) => list.length === site.maybe(i)?.shape.length)
  if (!match || !plain || !fits)
    site.refuse(`'${equation}': formulas of one or two factors without repeated letters are read`)
  if (factors.length === 2) return contraction(site, equation)
  const [only, result] = letters
  const summed = without(site.input(0), only, result)
  return ordered(summed.x, summed.letters, result)
}

export const matrices: Rules = { MatMul: product, Gemm: gemm, Einsum: einsum }
