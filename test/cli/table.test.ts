import { describe, expect, it } from 'vitest'
import { formatFields, formatTable } from '../../src/cli/table.ts'

describe('tables', () => {
  it('align text to the left and numbers to the right', () => {
    const text = formatTable(
      ['prior', 'PSNR'],
      [
        ['Gaussian', 17.25],
        ['it', 9],
      ],
    )
    expect(text.split('\n')).toEqual([
      'prior      PSNR',
      '────────  ─────',
      'Gaussian  17.25',
      'it            9',
    ])
  })

  it('align fields', () => {
    expect(
      formatFields([
        ['a', 1],
        ['long', 'x'],
      ]),
    ).toBe('a     1\nlong  x')
  })

  it('hold without rows', () => {
    expect(formatTable(['a', 'b'], [])).toBe('a  b\n─  ─')
  })
})
