/** A kind of cases that end differently here on purpose; docs/differences.md gives the reason. */
interface Difference {
  readonly kind: string
  /** Whether it explains why our `found` is not what was `recorded` (an error's message, or nothing). */
  explains(recorded: string, found: string): boolean
}

export const differences: readonly Difference[] = [
  {
    kind: 'an integer without a schema has no width',
    explains: (recorded) => /^TimestampConverter does not support class java\.lang\.(Byte|Short|Integer) /.test(recorded),
  },
  {
    kind: 'a date reaches 273,790 years from the epoch',
    explains: (_recorded, found) => /^Timestamp -?\d+ is too far from the epoch$/.test(found),
  },
]
