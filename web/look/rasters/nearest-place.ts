/** Points on the unit sphere by boxes in space, to find the nearest. */

const radians = (degrees: number): number => (degrees * Math.PI) / 180

const onSphere = (latitude: number, longitude: number): readonly [number, number, number] => {
  const [phi, lambda] = [radians(latitude), radians(longitude)]
  return [Math.cos(phi) * Math.cos(lambda), Math.cos(phi) * Math.sin(lambda), Math.sin(phi)]
}

/**
 * The index of the point nearest to a latitude and a longitude, all in degrees.
 *
 * Boxes are about as wide as points are apart; a search looks at growing cubes of boxes until the nearest that
 * it found is nearer than what it has not looked at.
 */
export const nearestPlace = (
  latitude: ArrayLike<number>,
  longitude: ArrayLike<number>,
): ((latitude: number, longitude: number) => number) => {
  const count = latitude.length
  const side = Math.max(1, Math.round(Math.sqrt(count) / 1.8))
  const width = 2 / side
  const boxOf = (x: number): number => Math.min(side - 1, Math.max(0, Math.floor((x + 1) / width)))
  const points = Array.from({ length: count }, (_, i) => onSphere(latitude[i], longitude[i]))
  const boxes = new Map<number, number[]>()
  const key = (i: number, j: number, k: number): number => (i * side + j) * side + k
  points.forEach(([x, y, z], i) => {
    const at = key(boxOf(x), boxOf(y), boxOf(z))
    const own = boxes.get(at)
    if (own) own.push(i)
    else boxes.set(at, [i])
  })
  return (north, east) => {
    const at = onSphere(north, east)
    const [bi, bj, bk] = at.map(boxOf)
    let [best, least] = [-1, Number.POSITIVE_INFINITY]
    const look = (i: number, j: number, k: number): void => {
      for (const p of boxes.get(key(i, j, k)) ?? []) {
        const [x, y, z] = points[p]
        const distance = (x - at[0]) ** 2 + (y - at[1]) ** 2 + (z - at[2]) ** 2
        if (distance < least) [best, least] = [p, distance]
      }
    }
    for (let reach = 0; reach <= side; reach++) {
      for (let i = Math.max(0, bi - reach); i <= Math.min(side - 1, bi + reach); i++)
        for (let j = Math.max(0, bj - reach); j <= Math.min(side - 1, bj + reach); j++)
          for (let k = Math.max(0, bk - reach); k <= Math.min(side - 1, bk + reach); k++)
            if (Math.max(Math.abs(i - bi), Math.abs(j - bj), Math.abs(k - bk)) === reach) look(i, j, k)
      // What has not been looked at is at least `reach` boxes away.
      if (best >= 0 && least <= (reach * width) ** 2) break
    }
    return best
  }
}
