import { expect, test } from 'vitest'
import { validateOverrides } from '#server/core/connector-keys-overrides.ts'

const rules = { policy: 'All', allowlist: [] } as const
const key = 'consumer.override.partition.assignment.strategy'
const errorsOf = (value: string | null) =>
  validateOverrides({ [key]: value }, 'sink', rules).flatMap((info) => info.value.errors)

test('an assignor that no sink here has is refused with the field, the value and what to write', () => {
  expect(errorsOf('org.apache.kafka.clients.consumer.CooperativeStickyAssignor')).toEqual([])
  expect(errorsOf('com.acme.Mine')).toEqual([
    expect.stringMatching(
      /^Invalid value com\.acme\.Mine for configuration partition\.assignment\.strategy: .*CooperativeStickyAssignor$/,
    ),
  ])
})

test('what the policy does not allow is not looked at', () => {
  const none = { policy: 'None', allowlist: [] } as const
  const [info] = validateOverrides({ [key]: 'com.acme.Mine' }, 'sink', none)
  expect(info?.value.errors).toEqual([expect.stringContaining("The 'None' policy does not allow")])
})
