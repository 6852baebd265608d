/**
 * Speed of the random fillers on one core, in millions of values a second:
 * `npx tsx bench/random.ts [--json]`. The median of repeated fills of 2^20 values; the target is
 * 20 million normals a second.
 */
import { bernoulli, beta, fillNormal, fillUniform, stream } from '../src/random/index.ts'

const SIZE = 2 ** 20
const out = new Float32Array(SIZE)
const key = stream(0, 'bench')

const fillers = {
  normal: (step: number) => fillNormal(out, key, { step }),
  uniform: (step: number) => fillUniform(out, key, { step }),
  bernoulli: (step: number) => bernoulli(key, 0.25, [SIZE], { step }),
  beta33: (step: number) => beta(key, 3, 3, [SIZE / 16], { step }),
}
const sizes = { normal: SIZE, uniform: SIZE, bernoulli: SIZE, beta33: SIZE / 16 }

const rate = (name: keyof typeof fillers): number => {
  const seconds: number[] = []
  for (let step = 0; step < 30; step++) {
    const start = performance.now()
    fillers[name](step)
    if (step >= 5) seconds.push((performance.now() - start) / 1000)
  }
  seconds.sort((a, b) => a - b)
  return sizes[name] / seconds[seconds.length >> 1] / 1e6
}

const rates = Object.fromEntries(
  (Object.keys(fillers) as (keyof typeof fillers)[]).map((name) => [name, rate(name)]),
)
if (process.argv.includes('--json'))
  console.log(JSON.stringify({ unit: 'million values a second', ...rates }))
else
  for (const [name, value] of Object.entries(rates))
    console.log(`${name.padEnd(10)} ${value.toFixed(1)} million/s`)
