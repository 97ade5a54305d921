import { type CreateCheck, each } from '#e2e/checker/check.ts'

interface Write {
  config: string | null
  askedAt: number
  /** When it was carried out for certain; infinite where nobody knows whether it will be. */
  doneAt: number
}

const nothingYet: Write = { config: null, askedAt: Number.NEGATIVE_INFINITY, doneAt: Number.NEGATIVE_INFINITY }

/**
 * I11: a read answers with a write that may have been the last one when it was asked: never with one that another write had
 * replaced for certain before, be it a delete. What a read has answered with, later reads do not go back behind.
 */
export const configLinearizable: CreateCheck = (report) => {
  const connectors = each(() => ({ writes: [nothingYet] }))

  return {
    see(one) {
      if (one.kind === 'config written') {
        const { config, at, doneAt = Number.POSITIVE_INFINITY } = one
        connectors.of(one.connector).writes.push({ config, askedAt: at, doneAt })
      } else if (one.kind === 'config read') {
        const known = connectors.of(one.connector)
        const replaced = replacedBefore(known.writes, one.askedAt)
        known.writes = known.writes.filter(({ doneAt }) => doneAt >= replaced)
        const [seen, another] = known.writes.filter(({ config }) => config === one.config)
        if (!seen) {
          const what = one.config === null ? 'is gone' : `has ${one.config}`
          report(`${one.connector} ${what}, which is not what was written last`)
        } else if (!another) seen.doneAt = Math.min(seen.doneAt, one.at)
      }
    },
  }
}

/** When the last write was asked for that was over before `at`: what was over before that is replaced for certain. */
const replacedBefore = (writes: readonly Write[], at: number) =>
  Math.max(Number.NEGATIVE_INFINITY, ...writes.filter(({ doneAt }) => doneAt < at).map(({ askedAt }) => askedAt))
