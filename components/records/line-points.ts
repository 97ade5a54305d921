const shownSeconds = 60
/** So that the line is not cut where it is highest. */
const margin = 2

/**
 * The points of a line over the last minute, as SVG writes them: now at the right edge, zero at the bottom, and the largest
 * value at the top, which stands for at least 1.
 */
export function linePoints(
  [seconds, values]: readonly [seconds: readonly number[], values: readonly number[]],
  { width, height }: { width: number; height: number },
): string {
  const top = Math.max(1, ...values)
  return seconds
    .map((second, index) => {
      const x = width * (1 + second / shownSeconds)
      const y = height - margin - ((values[index] ?? 0) / top) * (height - 2 * margin)
      return `${x.toFixed(1)},${y.toFixed(1)}`
    })
    .join(' ')
}
