/**
 * What `exactly.once.source.support` of a worker may be (KIP-618). `preparing`: the leader's writes are fenced already, so
 * that a group can go on to `enabled` worker by worker; sources still deliver at least once.
 */
export const exactlyOnceSupports = ['disabled', 'preparing', 'enabled'] as const
export type ExactlyOnceSupport = (typeof exactlyOnceSupports)[number]

/** As a worker's properties have it, in any case. */
export const exactlyOnceSupportOf = (worker: Readonly<Record<string, string>>): ExactlyOnceSupport => {
  const given = worker['exactly.once.source.support']?.trim().toLowerCase()
  return exactlyOnceSupports.find((support) => support === given) ?? 'disabled'
}
